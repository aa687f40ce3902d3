"""The till: who stands before it, what it may risk, and what it did while it was offline.

Owns: payment codes, members' devices and PINs, one-time codes for amounts, the watch over staff and
refunds, allowances of offline tills and what they bring home (schema ``till``).
Promises: a payment code is good once; a guess costs the terminal a try; a line that an offline
till signed has one effect, however often it comes.
Never: moves a balance; what it lets through is an operation for the teller.
"""
