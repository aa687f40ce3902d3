"""Read a page of a list: narrowed, searched, in its order, from where the page before it ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql as compose
from psycopg.rows import dict_row

from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed
from tongbao.web import searching
from tongbao.web.words import Words

if TYPE_CHECKING:
    from tongbao.web.lists import Asked, Listing


class ListPlaceUnknown(Malformed):
    code = "list-place-unknown"
    text = "this part of the list cannot be found; begin at its beginning"


def fetch(
    conn: Connection,
    listing: "Listing",
    asked: "Asked",
    values: Mapping[str, Any],
    limit: int,
    spoken: Words,
) -> list[dict[str, Any]]:
    """Give at most ``limit`` rows of a list as it was asked for; needs a transaction."""
    narrowed, given = searching.narrowed(listing, asked, spoken)
    searched, patterns = searching.searched(listing, asked, spoken)
    rows = _rows_of(listing)
    if searched and listing.reach is not None:
        rows = compose.SQL("SELECT * FROM ({}) AS whole {} ORDER BY {} DESC LIMIT {}").format(
            rows, _where(narrowed), compose.Identifier(listing.key), compose.Literal(listing.reach)
        )
        narrowed = []
    falling = asked.sort.startswith("-") != (asked.cursor is not None and asked.cursor.back)
    order = _order(listing, asked)
    ordered = compose.SQL(", ").join(
        column + compose.SQL(" DESC" if falling else " ASC") for column in order
    )
    begun, place = _begun(listing, asked, order, falling=falling)
    query = compose.SQL("SELECT * FROM ({}) AS listed {} ORDER BY {} LIMIT {}").format(
        rows, _where([*narrowed, *searched, *begun]), ordered, compose.Literal(limit)
    )
    if listing.more is not None:
        query = compose.SQL(
            "SELECT * FROM ({}) AS listed LEFT JOIN ({}) AS more USING ({}) ORDER BY {}"
        ).format(
            query,
            compose.SQL(listing.more.decode()),
            compose.Identifier(listing.key),
            ordered,
        )
    try:
        return _run(conn, query, {**values, **given, **patterns, **place})
    except (psycopg.DataError, psycopg.ProgrammingError) as error:
        if asked.cursor is None:
            raise
        raise ListPlaceUnknown from error


def looked_back(
    conn: Connection,
    listing: "Listing",
    asked: "Asked",
    values: Mapping[str, Any],
    spoken: Words,
) -> datetime | None:
    """Give when the newest row was that a search did not look through; None: there is none."""
    if listing.reach is None or listing.dates is None or not (listing.search and asked.search):
        return None
    narrowed, given = searching.narrowed(listing, asked, spoken)
    query = compose.SQL(
        "SELECT {} AS at FROM ({}) AS listed {} ORDER BY {} DESC OFFSET {} LIMIT 1"
    ).format(
        compose.Identifier(listing.dates),
        _rows_of(listing),
        _where(narrowed),
        compose.Identifier(listing.key),
        compose.Literal(listing.reach),
    )
    for row in _run(conn, query, {**values, **given}):
        at: datetime = row["at"]
        return at
    return None


def _run(
    conn: Connection, query: compose.Composed, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        # A plan for these very values: what is searched for, and whose list it is, decides where
        # reading begins. What posts has one plan for all values, which would read a list whole.
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return cursor.execute(query, values, prepare=False).fetchall()


def _rows_of(listing: "Listing") -> compose.Composable:
    return compose.SQL(listing.query.decode())


def _where(conditions: Sequence[compose.Composable]) -> compose.Composable:
    if not conditions:
        return compose.SQL("")
    return compose.SQL("WHERE {}").format(compose.SQL(" AND ").join(conditions))


def _order(listing: "Listing", asked: "Asked") -> list[compose.Composable]:
    """Give the columns by which a list is sorted; the last of them differs in each row."""
    name = asked.sort.lstrip("-")
    order: list[compose.Composable] = [compose.Identifier(name)] if name != listing.key else []
    return [*order, compose.Identifier(listing.key)]


def _begun(
    listing: "Listing", asked: "Asked", order: Sequence[compose.Composable], *, falling: bool
) -> searching.Conditions:
    """Say that rows come after the last of the page before."""
    if asked.cursor is None:
        return [], {}
    last = [compose.Placeholder("cursor_key")]
    if asked.sort.lstrip("-") != listing.key:
        last.insert(0, compose.Placeholder("cursor_value"))
    after = compose.SQL("({}) {} ({})").format(
        compose.SQL(", ").join(order),
        compose.SQL("<" if falling else ">"),
        compose.SQL(", ").join(last),
    )
    return [after], {"cursor_value": asked.cursor.value, "cursor_key": asked.cursor.key}
