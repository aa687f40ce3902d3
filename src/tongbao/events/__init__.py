"""Everything announced: what happened, for whoever wants to know.

Owns: the list of event types and the outbox they are written to (schema ``events``).
Promises: an event is written in the transaction that makes it true; readers see each exactly
once in a stable order and skip none.
Never: carries a phone, a name, or anything else that says who a member is.
"""
