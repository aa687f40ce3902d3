"""Secrets and signatures as the Standard Webhooks specification has them (symmetric, v1)."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET: Final = 32
"""Bytes of a secret; the specification wants 24 to 64."""


def shown(secret: bytes) -> str:
    """Write a secret as it is shown, this once, to whoever will check signatures with it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(secrets: Iterable[bytes], event: str, at: datetime, body: bytes) -> dict[str, str]:
    """Give the headers that sign ``body``, one signature for each secret that is valid."""
    seconds = int(at.timestamp())
    signed = f"{event}.{seconds}.".encode() + body
    return {
        "webhook-id": event,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
