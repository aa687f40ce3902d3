"""Who may do what: keys of organisations, their roles and scopes.

Owns: API keys (schema ``access``), the closed lists of roles and scopes.
Promises: a secret is shown once and kept as a hash; what is revoked or past its date lets nobody
in; a key never allows more than its role.
Never: decides what a caller may see of a resource; the doors ask by the caller's organisation.
"""
