"""Points that were neither given nor spent: which way they went, in words.

How many it were, and of which kinds of operations, figures say (``figures.otherwise``).
"""

from typing import Any, Final

from tongbao.web.lists import Column
from tongbao.web.words import Words, mark

WAYS: Final = {
    "hold": mark("set aside"),
    "void": mark("free again"),
    "expire_hold": mark("free again"),
    "reversal-hold": mark("free again"),
    "gift": mark("given on"),
    "reversal-gift": mark("came back"),
    "expire_lots": mark("ended"),
    "release_pending": mark("may be spent now"),
    "merge": mark("now of another membership"),
    "close": mark("given up or given on"),
}


def _way(moved: Any, spoken: Words) -> str:
    return spoken.say(WAYS.get(moved, ""))


COLUMN: Final = Column(
    name="otherwise",
    title=mark("Moved otherwise"),
    kind="points",
    second="way",
    second_title=mark("Which way"),
    second_tells=_way,
)
"""The column of lists of operations: negative where its member has less to spend by it."""
