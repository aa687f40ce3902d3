"""What waits for a person: a proposal for a second one, an exception item for a decision.

Owns: proposals and exception items (schema ``desk``).
Promises: nobody decides what they have proposed; each is decided once, with a reason.
Never: posts anything; the package whose proposal it is does that, in the same transaction.
"""
