"""Liability: what is owed to members in points, and how fast the points of each month go."""

from datetime import date
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from psycopg.rows import dict_row

from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.liability import months, triangle
from tongbao.liability.triangle import Row
from tongbao.web import lists, pages
from tongbao.web.lists import Column, Listing
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "people_queries.sql")

_ESTIMATES: Final = 6
_CURVES: Final = 8
_AGES: Final = 24

LISTING: Final = Listing(
    name="liability",
    query=Q.outstanding,
    sort="-circulation",
    search=("name", "code"),
    hint=mark("Name or code"),
    columns=(
        Column(
            name="name",
            title=mark("Issuer"),
            sort=True,
            second="code",
            to=lambda row: f"/operator/organisations/{row['id']}",
        ),
        Column(name="circulation", title=mark("In circulation"), kind="points", sort=True),
        Column(name="reserve", title=mark("Reserve"), kind="money", sort=True),
    ),
    empty=mark("No points are in circulation"),
    advice=mark("What issuers owe members is listed here once points are given."),
)


@get("/operator/liability", opt=sees(*OPERATOR))
async def liability(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what each issuer owes its members, and the estimates of breakage."""

    def ask(conn: Connection) -> list[dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(Q.estimates, {"limit": _ESTIMATES}).fetchall()

    estimates = await parts.read(request, ask)
    return await lists.show(request, "operator/liability.html", LISTING, estimates=estimates)


@get("/operator/liability/curves", opt=sees(*OPERATOR))
async def curves(request: Request[Any, Any, Any]) -> Response[str]:
    """Draw how much of each month's points has been redeemed at each age; reads the journal."""
    spoken = pages.words_of(request)
    through = months.of(clock.now(), spoken.zone.key)
    rows = await parts.read(request, lambda conn: _alliance(conn, spoken.zone.key, through))
    return pages.page(
        request,
        "operator/curves.html",
        rows=rows,
        chart=_chart(rows, spoken) if rows else None,
    )


def _alliance(conn: Connection, zone: str, through: date) -> list[Row]:
    for issuer, cells in triangle.read(conn, zone, through):
        return triangle.build(cells, through) if issuer is None else []
    return []


def _chart(rows: list[Row], spoken: Words) -> dict[str, Any]:
    shown = [row for row in rows if row.given][-_CURVES:]
    ages = min(_AGES, max(len(row.paid) for row in shown))
    return {
        "kind": "line",
        "unit": "percent",
        "label": spoken.say(mark("Part redeemed by age in months, a line for each month of issue")),
        "x": [str(age) for age in range(ages)],
        "series": [
            {
                "name": f"{row.cohort:%Y-%m}",
                "values": [paid * 1_000_000 // row.given for paid in row.paid[:ages]],
            }
            for row in shown
        ],
    }


ROUTES: Final[list[BaseRouteHandler]] = [liability, curves]
