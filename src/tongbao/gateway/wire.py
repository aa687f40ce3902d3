"""Messages as bytes: ISO 8583:1987 in ASCII, read and written by pyiso8583.

See ``docs/decisions/iso-8583-by-pyiso8583.md``.
"""

import re
from typing import Final

import iso8583
from iso8583.specs import default_ascii
from msgspec import Struct

from tongbao.gateway import texts
from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed

LENGTH: Final = 2
"""Bytes before each message that say how long it is, the higher one first."""

ANSWERS: Final = default_ascii | {"44": default_ascii["44"] | {"data_enc": texts.ENCODING}}
"""How answers are written: in ASCII, but for texts that a terminal has asked for to show them."""

_TYPE: Final = re.compile(r"0[1-8][024][01]")


class FieldMalformed(Malformed):
    code = "message-field-malformed"
    text = "field {field} of the message is missing or not as it should be"


class MessageUnknown(Malformed):
    code = "message-unknown"
    text = "messages {type} with processing code or function {given!r} are not served"


class Unreadable(Exception):
    """No message at all: there is nothing that could be answered."""


class Message(Struct, frozen=True):
    """A message: its type such as ``0200``, and its fields by number as texts."""

    type: str
    fields: dict[str, str]

    @property
    def kind(self) -> str:
        """Give the type without saying whether it is a repeat: 0201 is 0200."""
        return self.type[:3] + "0"

    def get(self, field: str) -> str | None:
        """Give a field without the spaces around it; None when there is nothing in it."""
        return self.fields.get(field, "").strip() or None

    def match(self, field: str, pattern: str) -> str:
        """Give a field that must be there; refuses ``message-field-malformed``."""
        found = self.get(field)
        if found is None or re.fullmatch(pattern, found, re.ASCII) is None:
            raise FieldMalformed(field=field)
        return found


class Broken(Struct, frozen=True):
    """A message of which only the type could be read."""

    type: str


def read(frame: bytes) -> Message | Broken:
    """Read a message; raises ``Unreadable`` for what has not even a type that is answered."""
    head = frame[:4].decode("ascii", "replace")
    if _TYPE.fullmatch(head) is None:
        raise Unreadable
    try:
        fields, _ = iso8583.decode(frame, default_ascii)
    except (ValueError, LookupError):
        return Broken(head)
    if not all(value.isascii() and value.isprintable() for value in fields.values()):
        return Broken(head)
    return Message(head, {name: value for name, value in fields.items() if name.isdecimal()})


def answer_type(asked: str) -> str:
    """Give the type of the answer: 0200 and 0201 are answered 0210, 0420 by 0430."""
    return f"{asked[:2]}{int(asked[2]) + 1}0"


def write(kind: str, fields: dict[str, str]) -> bytes:
    """Write a message with its length before it."""
    body, _ = iso8583.encode({"t": kind, **fields}, ANSWERS)
    assert len(body) <= limits.MESSAGE, "answers are short"
    return len(body).to_bytes(LENGTH, "big") + bytes(body)
