"""Webhooks: organisations are told of what concerns them, by the Standard Webhooks specification.

Owns: endpoints and their secrets, deliveries and their log, what is sent once more (schema
``webhooks``); what of an event an organisation may see; how a call is made and to which addresses.
Promises: each event reaches each endpoint that wants it at least once, always with the same id,
or is given up where everybody can see it; nothing is called inside a transaction.
Never: calls a private address that the settings do not name; follows a redirect; shows a secret
twice.
"""
