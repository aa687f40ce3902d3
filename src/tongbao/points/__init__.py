"""The spine: every operation on points, posted in batches.

Owns: the operations and their plans, adjustments and exception items (schema ``points``).
Promises: an operation happens once or not at all, whoever repeats it; a refused one leaves
nothing but its answer; claims arise in the same commit as the spending.
Never: opens or ends a transaction, reads the clock, or calls anybody outside.
"""
