"""When a participant fails: who bears what, booked in the order that was agreed before.

Owns: guarantee fund, first loss, declared defaults (schema ``losses``).
Promises: a dry run says exactly what the declaration will book; every loss is borne to the fen.
Never: unwinds a purchase; what a member has paid with stays paid.
"""
