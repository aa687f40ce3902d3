"""Who may do what: staff and members who sign in, keys of organisations, roles and scopes.

Owns: staff, sessions, second factors, members' devices, API keys, the log of what people did
(schema ``access``), the closed lists of roles and scopes.
Promises: a secret is shown once and kept as a hash, or encrypted where it must be read again;
what is revoked or past its date lets nobody in; nobody is told which names there are; a key never
allows more than its role.
Never: decides what a caller may see of a resource; the doors ask by the caller's organisation.
"""
