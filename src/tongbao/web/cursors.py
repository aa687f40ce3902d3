"""Where a page of a list begins: the last row before it, written into the address."""

import base64
from datetime import date, datetime
from typing import Any

import msgspec

Value = int | str | datetime | date


class Cursor(msgspec.Struct, frozen=True):
    """The row next to a page, by its value in the order and its key; ``back``: the page before."""

    value: Value
    key: int | str
    back: bool = False


class _Written(msgspec.Struct, array_like=True):
    kind: str
    value: int | str
    key: int | str
    back: bool


def write(cursor: Cursor) -> str:
    """Write a cursor as text."""
    value: Any = cursor.value
    kind = "i" if isinstance(value, int) else "s"
    if isinstance(value, datetime):
        kind, value = "t", value.isoformat()
    elif isinstance(value, date):
        kind, value = "d", value.isoformat()
    packed = msgspec.json.encode(_Written(kind, value, cursor.key, cursor.back))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read(text: str) -> Cursor | None:
    """Read a cursor; one that cannot be read is none, and the list begins at its beginning."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        written = msgspec.json.decode(packed, type=_Written)
        value: Value = written.value
        if written.kind == "t":
            value = datetime.fromisoformat(str(value))
        elif written.kind == "d":
            value = date.fromisoformat(str(value))
    except (ValueError, msgspec.MsgspecError):
        return None
    return Cursor(value, written.key, written.back)
