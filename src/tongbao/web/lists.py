"""Lists: each searches, filters, sorts, pages by cursor and exports CSV, all from one description.

The query of a list selects its columns by name and has no order. What is asked of a list wraps
it, so that PostgreSQL sees only the conditions that are there and may use its indexes.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from litestar import Request, Response
from msgspec import Struct
from msgspec.structs import replace

from tongbao.hosting import parts
from tongbao.kernel.db import Connection
from tongbao.web import cursors, doers, pages
from tongbao.web.cursors import Cursor
from tongbao.web.export import csv_of
from tongbao.web.fetching import fetch, looked_back
from tongbao.web.words import Words, mark

PAGE: Final = 50
EXPORT: Final = 50_000
"""Rows of one CSV file; what is more is said in its last line."""

REACH: Final = 10_000
"""Rows that a search of a list that grows for ever looks through."""

_SEARCH: Final = 100


Kind = Literal[
    "text",
    "id",
    "number",
    "money",
    "points",
    "percent",
    "moment",
    "date",
    "state",
    "code",
    "person",
    "member",
]
Row = Mapping[str, Any]


class Column(Struct, frozen=True, kw_only=True):
    """A column: its name in the query, its heading, how it is written, where it leads.

    A ``person`` is somebody on the staff, or another text that says who did something; a
    ``member`` is a number, and shown by the end of a phone or card, in files beside the number.
    ``to`` gives the path of what the cell is about or made of. ``second`` names a column that is
    written small below, and has a heading of its own in files. ``says`` gives the word of a value
    such as a state, ``tells`` the text of one that is made of several, ``second_tells`` that of
    what is written below. ``tones`` colours states otherwise than ``ui.state`` does.
    """

    name: str
    title: str
    kind: Kind = "text"
    sort: bool = False
    to: Callable[[Row], str | None] | None = None
    second: str | None = None
    second_title: str = ""
    says: Mapping[str, str] = {}
    tells: Callable[[Any, Words], str] | None = None
    second_tells: Callable[[Any, Words], str] | None = None
    tones: Mapping[str, str] = {}


def by_name(title: str, to: Callable[[Row], str | None] | None = None) -> Column:
    """Make the column of what has a name and a code, which stands below it."""
    return Column(
        name="name", title=title, sort=True, second="code", second_title=mark("Code"), to=to
    )


class Choice(Struct, frozen=True, kw_only=True):
    """A filter by one of some values of a column; values and what they are called."""

    name: str
    title: str
    values: Mapping[str, str]


class Listing(Struct, frozen=True, kw_only=True):
    """A list: its query, its columns, and what may be asked of it.

    ``key`` is a column that is another in each row, with ``sort`` the order at first; a minus
    turns it round. ``more`` is a query with the ``key`` and what is dear to find out: it is asked
    only for the rows that are shown, so that its columns can be neither searched, filtered nor
    sorted by.

    ``search`` are the columns that are searched, by what stands in them and by what they ``say``;
    ``within`` says what parts of their texts are called. A search looks through the newest
    ``reach`` rows between the days asked for: what grows for ever is not read whole. With ``asks``
    the route itself looks up what is typed. ``dates`` is the column of time, one of whole ``days``
    or not; with ``sums`` the query itself adds up what was done between the days, which its route
    gives it. ``undated`` says why no day narrows a list.
    """

    query: bytes
    more: bytes | None = None
    columns: tuple[Column, ...]
    key: str = "id"
    sort: str = "-id"
    search: tuple[str, ...] = ()
    hint: str = ""
    asks: bool = False
    reach: int | None = None
    within: Mapping[str, Mapping[str, str]] = {}
    dates: str | None = None
    days: bool = False
    sums: bool = False
    undated: str = ""
    choices: tuple[Choice, ...] = ()
    empty: str
    advice: str = ""
    name: str


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked of a list; ``whose``: whose staff are found in it by name, None: anybody's."""

    search: str = ""
    since: date | None = None
    until: date | None = None
    chosen: Mapping[str, str] = {}
    sort: str
    cursor: Cursor | None = None
    whose: int | None = doers.NOBODY


class Shown(Struct, frozen=True, kw_only=True):
    """A page of a list, for the template ``parts/list.html``.

    ``beyond``: when the newest row was that a search did not look through; None: it did so to all.
    """

    listing: Listing
    asked: Asked
    path: str
    rows: list[dict[str, Any]]
    earlier: str | None
    later: str | None
    beyond: datetime | None = None

    @property
    def narrowed(self) -> bool:
        asked = self.asked
        return bool(asked.search or asked.since or asked.until or asked.chosen)

    def address(self, **changed: str | None) -> str:
        """Give the address of this list with some of what was asked changed."""
        said = {**_said(self.asked), **changed}
        kept = {name: value for name, value in said.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def sorted_by(self, column: Column) -> str:
        """Give the address of this list in the order of a column, or in the opposite one."""
        return self.address(
            sort=f"-{column.name}" if self.asked.sort == column.name else column.name
        )

    def order_of(self, column: Column) -> str | None:
        """Say how the list is sorted by a column, as ``aria-sort`` has it."""
        if self.asked.sort.lstrip("-") != column.name:
            return None
        return "descending" if self.asked.sort.startswith("-") else "ascending"


async def show(
    request: Request[Any, Any, Any],
    template: str,
    listing: Listing,
    values: Mapping[str, Any] | Callable[[Connection], Mapping[str, Any]] | None = None,
    *,
    path: str | None = None,
    status: int = 200,
    **shown: Any,
) -> Response[Any]:
    """Give the page with a list, or the whole list as CSV when it is asked for.

    ``values`` are the query's own parameters, such as the organisation that somebody belongs to, or
    give them in the snapshot in which the list is read; ``path`` is where the list is, when it is
    shown below a form that was refused.
    """
    where = path or request.scope["path"]
    spoken = pages.words_of(request)
    asked = ask(request, listing)

    def own(conn: Connection) -> Mapping[str, Any]:
        return values(conn) if callable(values) else values or {}

    if request.query_params.get("format") == "csv":
        found, names, more = await parts.read(
            request, lambda conn: _whole(conn, listing, asked, own(conn), spoken)
        )
        return csv_of(listing, found, spoken, names, more=more)
    part = await parts.read(
        request,
        lambda conn: part_of(conn, where, listing, asked, own(conn), spoken),
    )
    return pages.page(request, template, status=status, listed=part, path=where, **shown)


def part_of(
    conn: Connection,
    path: str,
    listing: Listing,
    asked: Asked,
    values: Mapping[str, Any],
    spoken: Words,
) -> Shown:
    """Give one page of a list, with the addresses of the pages before and after it."""
    rows = fetch(conn, listing, asked, values, PAGE + 1, spoken)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    back = asked.cursor is not None and asked.cursor.back
    if back:
        rows.reverse()
    begun, goes_on = (more, True) if back else (asked.cursor is not None, more)
    name = asked.sort.lstrip("-")

    def at(row: Row, *, back: bool) -> str:
        return cursors.write(Cursor(value=row[name], key=row[listing.key], back=back))

    shown = Shown(listing=listing, asked=asked, path=path, rows=rows, earlier=None, later=None)
    earlier = shown.address(cursor=at(rows[0], back=True)) if rows and begun else None
    later = shown.address(cursor=at(rows[-1], back=False)) if rows and goes_on else None
    return replace(
        shown,
        earlier=earlier,
        later=later,
        beyond=looked_back(conn, listing, asked, values, spoken),
    )


def _whole(
    conn: Connection, listing: Listing, asked: Asked, values: Mapping[str, Any], spoken: Words
) -> tuple[list[dict[str, Any]], dict[str, str], bool]:
    """Give the rows of a file, the names of staff and members in them, and if there is more."""
    rows = fetch(conn, listing, asked, values, EXPORT + 1, spoken)
    people = [column.name for column in listing.columns if column.kind == "person"]
    more = len(rows) > EXPORT or looked_back(conn, listing, asked, values, spoken) is not None
    rows = rows[:EXPORT]
    texts = {row[name] for name in people for row in rows if row[name]}
    known = [column.name for column in listing.columns if column.kind == "member"]
    members = {row[name] for name in known for row in rows if row[name]}
    return rows, doers.find(conn, texts, asked.whose, members), more


def ask(request: Request[Any, Any, Any], listing: Listing) -> Asked:
    """Read what is asked; what cannot be is left out, and days the wrong way round are turned."""
    said = request.query_params
    sortable = {column.name for column in listing.columns if column.sort}
    sort = str(said.get("sort", ""))
    chosen = {
        choice.name: str(said[choice.name])
        for choice in listing.choices
        if said.get(choice.name) in choice.values
    }
    since, until = _day(said.get("since")), _day(said.get("until"))
    if since and until and since > until:
        since, until = until, since
    return Asked(
        search=str(said.get("search", "")).replace("\0", "").strip()[:_SEARCH],
        since=since,
        until=until,
        chosen=chosen,
        sort=sort if sort.removeprefix("-") in sortable else listing.sort,
        cursor=cursors.read(str(said.get("cursor", ""))),
        whose=doers.whose(request),
    )


def _said(asked: Asked) -> dict[str, str | None]:
    return {
        "search": asked.search,
        "since": asked.since.isoformat() if asked.since else None,
        "until": asked.until.isoformat() if asked.until else None,
        "sort": asked.sort,
        **asked.chosen,
    }


def _day(given: str | None) -> date | None:
    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None
