"""What every door that is reached over the network shares.

Owns: the parts of one running service (settings, pool, teller), how handlers read and write in
transactions, request ids, how staff are let in, who decides a proposal of which kind.
Promises: a handler that reads sees one snapshot; one that writes commits before it answers.
Never: knows a route, a caller or a page.
"""
