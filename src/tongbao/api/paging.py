"""Pages of what packages list: one row more is asked for than is shown, to see if there is one."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tongbao.api import listing
from tongbao.api.acting import Req
from tongbao.api.listing import CursorMalformed, Page
from tongbao.api.nouns import Told, tell, tell_all
from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

Row = TypeVar("Row")
Place = TypeVar("Place")
Shown = TypeVar("Shown")


async def pages(
    request: Req,
    kind: type[Told],
    cursor: str | None,
    limit: int,
    start: Place,
    place: Callable[[Row], Place],
    ask: Callable[[Connection, Place, int], Sequence[Row]],
) -> Page[Told]:
    """Answer with one page of what ``ask`` lists after a place, at most so many rows.

    ``start`` is the place before the first row, ``place`` that of a row. Lists end with their
    package's page, so that a page here has one row less at most. Refuses ``cursor-malformed``.
    """
    name = request.scope["path"]
    found = listing.after(name, cursor, _kind(start))
    begins = start if found is None else found
    if not all(_is_sound(one) for one in (begins if isinstance(begins, tuple) else (begins,))):
        raise CursorMalformed
    limit = min(limit, limits.PAGE - 1)
    rows = await parts.read(request, lambda conn: ask(conn, begins, limit + 1))
    return listing.page(name, rows, limit, lambda row: tell(kind, row), place)


async def by_id(
    request: Req,
    cursor: str | None,
    limit: int,
    ask: Callable[[Connection, int, int], Sequence[Row]],
    told: Callable[[Row], Shown],
) -> Page[Shown]:
    """Answer with one page of what ``ask`` lists in the order of ids, after one, so many at most.

    ``told`` writes a row. Refuses ``cursor-malformed``.
    """
    name = request.scope["path"]
    after = listing.after(name, cursor, int) or 0
    if not _is_sound(after):
        raise CursorMalformed
    rows = await parts.read(request, lambda conn: ask(conn, after, limit + 1))
    return listing.page(name, rows, limit, told, _id)


def _id(row: Any) -> int:
    number: int = row.id
    return number


def _kind(start: Place) -> Any:
    """Give what places are: of a tuple, of its parts, too."""
    if isinstance(start, tuple):
        return tuple.__class_getitem__(tuple(type(one) for one in start))
    return type(start)


def _is_sound(part: object) -> bool:
    """Say whether a part of a place can be one: nobody but us makes others."""
    return not isinstance(part, int) or 0 <= part < 2**63


async def whole(
    request: Req, kind: type[Told], ask: Callable[[Connection], Sequence[Any]]
) -> Page[Told]:
    """Answer with a list that is one page, because it is short."""
    return Page(await parts.read(request, lambda conn: tell_all(kind, ask(conn))))
