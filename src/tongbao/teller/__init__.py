"""Collects operations that arrive together and posts them as one batch.

Owns: the transaction of a batch: its retries, and who has to suffer when it fails.
Promises: nothing is answered before it is committed; a lone operation waits for nobody; one bad
operation fails alone; whoever repeats an operation with its key gets the first answer.
Never: decides anything about points.
"""
