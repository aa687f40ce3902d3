"""The only code that moves a balance.

Owns: accounts, the journal (operations and transfers), lots, holds, claims, clearing windows,
the hash chain and the laws (schema ``ledger``).
Promises: what is posted is posted whole, in one transaction; balances, lots and claims are the
sums of the transfers at every commit; the journal is never changed.
Never: knows why something moves; that is decided above.
"""
