"""What an organisation is told of a period: from its opening position to its closing one.

Owns: the participant statement, its lines and how it is printed.
Promises: every line adds up to the fen, one closing is the next opening, and both are the ledger's.
Never: writes anything.
"""
