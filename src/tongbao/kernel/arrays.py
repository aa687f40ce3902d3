"""Lists that travel to PostgreSQL as array literals.

One text such as ``{1,2,3}`` per column is twice as fast to build and read as a list of Python
objects adapted one by one; see ``docs/decisions/lists-travel-as-array-literals.md``.
"""

from collections.abc import Iterable
from datetime import datetime


def ints(values: Iterable[int]) -> str:
    """Write whole numbers (or booleans) as an array literal."""
    return "{" + ",".join(map(str, values)) + "}"


def ints_or_null(values: Iterable[int | None]) -> str:
    """Write whole numbers or nulls as an array literal."""
    return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"


def words(values: Iterable[str]) -> str:
    """Write words that need no quoting (our own names: kinds, states, hex) as an array literal."""
    return "{" + ",".join(values) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Write any texts or nulls as an array literal, quoted and escaped."""
    return "{" + ",".join(["NULL" if v is None else _quote(v) for v in values]) + "}"


def _quote(text: str) -> str:
    # Two searches in C; one pass of str.translate takes ten times as long.
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


SEPARATOR = "\x1e"
"""Between texts that cannot contain it: JSON escapes it, and no key or code has it."""


def joined(values: Iterable[str]) -> str:
    """Write texts without the separator one after the other, for ``string_to_array`` in SQL.

    Nothing is quoted here or unquoted there, character by character.
    """
    return SEPARATOR.join(values)


def times(values: Iterable[datetime | None]) -> str:
    """Write times as an array literal."""
    return "{" + ",".join(["NULL" if v is None else f'"{v.isoformat()}"' for v in values]) + "}"
