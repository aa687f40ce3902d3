"""The HTTP API: a door for tills, apps and partners.

Owns: routes under ``/v1``, what travels over the wire, how refusals become problems (RFC 9457),
how a caller is known.
Promises: no logic of its own; what a caller may not see looks as if it were not there; every
money call has a key and may be repeated.
Never: moves a balance but through the teller.
"""
