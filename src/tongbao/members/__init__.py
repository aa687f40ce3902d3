"""Who holds points, and by what names they are known.

Owns: members, their identities and what they consented to (schema ``members``).
Promises: an identity leads to one member; a phone is never kept in the clear; a membership that
lives on in another one can be followed there; a member that is not closed has an identity.
Never: moves points. Merging and closing start in ``points``, which calls here when they are done.
"""
