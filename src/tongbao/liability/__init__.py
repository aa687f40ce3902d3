"""Points as debt: what issuers owe, how much of it will ever be asked for, and the accounts of it.

Owns: estimates of breakage and the revenue that followed from them (schema ``liability``).
Promises: estimates say how well they would have done before; books exported equal the ledger's.
Never: moves a balance.
"""
