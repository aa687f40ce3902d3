"""Who owes whom at the end of a window, and how it is paid.

Owns: closing of windows, netting, settlements (schema ``clearing``).
Promises: closing loses no claim and lets none in afterwards, and costs the same after one sale
or a million; a window is settled once, in one transaction, after those before it; what
organisations pay in is what others are paid, with what the operator keeps.
Never: reads sales, or changes a claim; the claims are sums that posting keeps (``ledger``).
"""
