"""Idempotency keys: what makes two messages one, and which message a reversal is about.

The terminal's own numbers do it: the outlet (field 42), the terminal (41), when it was sent (7),
the trace number (11) and the reference (37). A repeat carries them all again.
"""

from typing import Final

from tongbao.gateway.wire import Message
from tongbao.kernel import once
from tongbao.points.operations import Asked

OUTLET: Final = "[A-Za-z0-9._-]{1,15}"
TERMINAL: Final = "[A-Za-z0-9._-]{1,8}"
_REFERENCE: Final = "[A-Za-z0-9._-]{1,12}"
_TIME: Final = "[0-9]{10}"
_TRACE: Final = "[0-9]{6}"
_ORIGINAL: Final = "0[12][02][01][0-9]{6}[0-9]{10}[0-9]{22}"

_MEANT: Final = ("2", "3", "4", "12", "13", "48", "49", "61", "62")
"""The fields that say what is wanted; another value under the same key is another request."""


def of(message: Message) -> str:
    """Give the key of a message; refuses ``message-field-malformed``."""
    return _key(message, message.match("7", _TIME), message.match("11", _TRACE))


def of_original(message: Message) -> str:
    """Give the key of the message that a reversal names in field 90."""
    original = message.match("90", _ORIGINAL)
    return _key(message, original[10:20], original[4:10])


def of_reversal(original: str) -> str:
    """Give the key of a reversal: however often something is reversed, it is reversed once."""
    return f"undo:{original}"


def asked(message: Message, key: str) -> Asked:
    """Give what a message asks, whichever time it is sent."""
    meant = [message.kind[:2], *(message.get(field) for field in _MEANT)]
    return Asked(mark=once.fingerprint(meant), request_id=key)


def asked_back(original: str) -> Asked:
    """Give what a reversal asks."""
    return Asked(mark=once.fingerprint(["undo", original]), request_id=of_reversal(original))


def _key(message: Message, time: str, trace: str) -> str:
    outlet, terminal = message.match("42", OUTLET), message.match("41", TERMINAL)
    return f"8583:{outlet}:{terminal}:{time}:{trace}:{message.match('37', _REFERENCE)}"
