"""Tills against the ledger, and disputes about what differs.

Owns: reconciliations and disputes (schema ``reconcile``).
Promises: every line that differs says what to do about it; a dispute ends in balanced entries,
with a reason and two people.
Never: changes what was posted.
"""
