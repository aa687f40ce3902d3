"""Points as debt: what issuers owe, how much of it will ever be asked for, and the accounts of it.

Owns: estimates of redemption, the revenue recognised by them period by period (schema
``liability``), the chart of accounts of a general ledger.
Promises: the cohorts of an issuer add up to its account, to the fen; an estimate counts once a
second person has approved it, and says how well it would have done before; a period is closed
once, and what turns up later is caught up in the next; books exported equal the ledger's
balances, and the same journal position gives the same bytes.
Never: moves a balance, names a member in somebody's books, lets a float become an amount.
"""
