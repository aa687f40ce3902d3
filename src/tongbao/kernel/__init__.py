"""The ground that every package stands on.

Owns: exact amounts, the clock, refusals, limits, settings, named SQL, database connections,
the embedded PostgreSQL, migrations and idempotency records (schema ``kernel``).
Promises: nothing here knows what a point, a member or an organisation is.
Never: uses a float for an amount, or reads the clock on behalf of somebody else.
"""
