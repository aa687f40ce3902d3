"""When a participant fails: who bears what, booked in the order that was agreed before.

Owns: contributions and caps of the guarantee fund, the operator's first loss, defaults, recoveries
(schema ``losses``); the run-off simulation.
Promises: a dry run says exactly what the declaration books if nothing was posted between; every
loss is borne to the fen; nobody bears more than its cap; what comes back goes to who bore it.
Never: unwinds a purchase; what a member has paid with stays paid.
"""
