"""Lists over HTTP: a page at a time, each with an opaque cursor to the next.

A cursor says after which row to go on, so that rows written meanwhile neither repeat nor hide any.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.kernel import limits, texts
from tongbao.kernel.errors import Malformed

Row = TypeVar("Row")
Told = TypeVar("Told")
Place = TypeVar("Place")

ROWS: Final = 50
"""Rows of a page unless the caller wants another number."""

_LONGEST: Final = 500

Cursor = Annotated[
    str | None,
    QueryParameter(
        description="Where to go on: the `next` of the page before.", max_length=_LONGEST
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=limits.PAGE, description="Rows of a page at most.")]
Expand = Annotated[
    str | None,
    QueryParameter(
        description="What to show in full, with commas between; else it is left out.",
        max_length=_LONGEST,
    ),
]


class CursorMalformed(Malformed):
    code = "cursor-malformed"
    text = "this cursor is not one of this list"


class Page(Struct, Generic[Told], frozen=True):
    """One page of a list; ``next`` is the cursor of the one after it, none at the end."""

    data: list[Told]
    next: str | None = None


def after(name: str, cursor: str | None, kind: type[Place]) -> Place | None:
    """Give the place in the list called ``name`` that a cursor says, or none at the beginning.

    ``kind`` is what a place is: an id, or a tuple. Refuses ``cursor-malformed``.
    """
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        said, place = msgspec.json.decode(text, type=tuple[str, kind])  # type: ignore[valid-type]
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise CursorMalformed from None
    if said != name:
        raise CursorMalformed
    found: Place = place
    return found


def page(
    name: str,
    rows: Sequence[Row],
    limit: int,
    tell: Callable[[Row], Told],
    place: Callable[[Row], Any],
) -> Page[Told]:
    """Make a page of the first ``limit`` rows; there must be one more if the list goes on."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page([tell(row) for row in shown], cursor_of(name, place(shown[-1])) if more else None)


def expanded(wanted: str | None, allowed: Sequence[str]) -> frozenset[str]:
    """Give what a caller wants to see in full; refuses ``choice-malformed``."""
    words = frozenset(wanted.split(",")) if wanted else frozenset()
    for word in words:
        texts.choice("expand", word, allowed)
    return words


def cursor_of(name: str, place: object) -> str:
    """Write a place in the list called ``name`` as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode((name, place))).decode()
