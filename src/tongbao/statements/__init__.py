"""What an organisation is told of a period: from its opening position to its closing one.

Owns: the sums of closed windows by organisation (schema ``statements``), participant statements,
how they are written as JSON, CSV and PDF.
Promises: every line adds up to the fen, one closing is the next opening, and both are the ledger's;
the same statement is the same bytes; a window is read once, after its close, and nobody waits.
Never: changes a balance, or reads a window that is open.
"""
