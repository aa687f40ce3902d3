"""Sales files: from a merchant's CSV or Parquet to operations, and back as rejects with reasons.

Owns: how files are read and mapped, the rejects file, and how far each file has come (schema
``intake``).
Promises: every row of a file becomes an operation, a part of one, or a reject with its line and a
code; a file imported twice changes nothing; an import that was killed goes on where it was; memory
does not grow with the file.
Never: decides what a sale earns or owes; leaves out a row without saying so.
"""
