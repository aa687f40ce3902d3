"""The ISO 8583 gateway: a door for tills and hosts that speak card messages over TCP.

Owns: the frames, which field says what, how terminals sign on, which response code a refusal
becomes.
Promises: repeats of a message, however they come, have one effect; what a message cannot mean is
answered so or the connection is closed; no connection ends another or the gateway.
Never: moves a balance but through the teller; serves who has not signed on.
"""
