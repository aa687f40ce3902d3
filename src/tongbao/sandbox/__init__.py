"""Made-up alliances and load, to try Tongbao out and to measure it.

Owns: the demo's alliance and its month, generated alliances of any size, generated traffic, and
the databases they live in.
Promises: the same seed gives the same operations, times and ids; everything is posted through the
same door as real sales; a database that it did not make is never dropped.
Never: reads the clock, or writes to the database of the real alliance.
"""
