"""Tables as the layout takes them: titles, columns, and cells that are texts."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

_LONG: Final = re.compile(r"[!-~]{18}(?=[!-~])")
_HERE: Final = "\u200b"


class Column(Struct, frozen=True):
    """A column: its head, whether it takes the space that is left, whether it is set right."""

    label: str
    width: str
    right: bool


class Table(Struct, frozen=True, kw_only=True):
    """A table; ``strong`` are the places of the rows that stand out."""

    title: str
    note: str
    columns: list[Column]
    rows: list[list[str]]
    strong: list[int]


def column(label: str, *, wide: bool = False, right: bool = True) -> Column:
    """Describe a column."""
    return Column(label, "rest" if wide else "fit", right)


def table(
    title: str,
    columns: list[Column],
    rows: list[list[str]],
    strong: Sequence[int] = (),
    note: str = "",
) -> Table:
    """Describe a table."""
    return Table(title=title, note=note, columns=columns, rows=rows, strong=list(strong))


def breakable(text: str) -> str:
    """Let a text that has no spaces be broken; Chinese is broken anywhere as it is."""
    return _LONG.sub(lambda found: found[0] + _HERE, text)
