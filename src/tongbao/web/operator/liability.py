"""Liability: what is owed to members in points, and how fast the points of each month go."""

from datetime import date
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from msgspec import structs
from psycopg.rows import dict_row

from tongbao.desk import proposals
from tongbao.figures import windows
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.liability import estimates, months, triangle
from tongbao.liability.triangle import Cell, Row
from tongbao.web import facts, forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Column, Listing
from tongbao.web.operator.proposing import noted
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "people_queries.sql")

_ESTIMATES: Final = 6
_CURVES: Final = 8
_AGES: Final = 24
_SUMMED_AT_ONCE: Final = 40

LISTING: Final = Listing(
    name="liability",
    query=Q.outstanding,
    sort="-circulation",
    search=("name", "code"),
    hint=mark("Name or code"),
    undated="it says how each stands now",
    columns=(
        lists.by_name(mark("Issuer"), lambda row: f"/operator/organisations/{row['id']}"),
        Column(name="circulation", title=mark("In circulation"), kind="points", sort=True),
        Column(name="reserve", title=mark("Reserve"), kind="money", sort=True),
    ),
    empty=mark("No points are in circulation"),
    advice=mark("What issuers owe members is listed here once points are given."),
)


@get("/operator/liability", opt=sees(*OPERATOR))
async def liability(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what each issuer owes its members, and the estimates of breakage."""
    return await _page(request, None, None)


@post("/operator/liability/estimate", opt=sees("admin", "settlement"))
async def propose_estimate(request: Request[Any, Any, Any]) -> Response[Any]:
    """Propose an estimate of breakage of a month; another person decides."""
    at, me = clock.now(), who.of(request)
    zone = pages.words_of(request).zone.key

    def do(conn: Connection, form: Form) -> Done:
        month, reason = months.parse(form.text("month")), form.text("reason")
        made = estimates.propose(conn, zone, month, by=me.login, reason=reason, at=at)
        return noted(request, conn, proposals.get(conn, made.proposal_id), at)

    return await forms.submit(request, do, lambda form, no: _page(request, form, no))


@get("/operator/liability/curves", opt=sees(*OPERATOR))
async def curves(request: Request[Any, Any, Any]) -> Response[str]:
    """Draw how much of each month's points has been redeemed at each age, in closed windows."""
    spoken = pages.words_of(request)
    zone = parts.of(request).settings.time_zone
    through = months.of(clock.now(), zone)
    await parts.write(request, lambda conn: windows.catch_up(conn, zone, _SUMMED_AT_ONCE))
    rows = await parts.read(request, lambda conn: _alliance(conn, through))
    return pages.page(
        request,
        "operator/curves.html",
        rows=rows,
        chart=_chart(rows, spoken) if rows else None,
    )


async def _page(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    def ask(conn: Connection) -> list[dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(Q.estimates, {"limit": _ESTIMATES}).fetchall()

    known = await parts.read(request, ask)
    zone = pages.words_of(request).zone.key
    return await lists.show(
        request,
        "operator/liability.html",
        LISTING,
        path="/operator/liability",
        status=422 if refusal else 200,
        estimates=known,
        methods=facts.METHODS,
        states=labels.PROPOSAL_STATES,
        month=months.show(months.last_complete(clock.now(), zone)),
        form=form,
        refused=forms.beside(refusal, {"month-malformed": "month", "period-not-over": "month"}),
    )


def _alliance(conn: Connection, through: date) -> list[Row]:
    cells = (Cell(issuer_id=None, **structs.asdict(one)) for one in windows.cohorts(conn))
    return triangle.build(cells, through)


def _chart(rows: list[Row], spoken: Words) -> dict[str, Any]:
    shown = [row for row in rows if row.given][-_CURVES:]
    ages = min(_AGES, max(len(row.paid) for row in shown))
    return {
        "kind": "line",
        "unit": "percent",
        "label": spoken.say(mark("Part redeemed by age in months, a line for each month of issue")),
        "across": spoken.say(mark("Months since they were given")),
        "x": [str(age) for age in range(ages)],
        "series": [
            {
                "name": spoken.month(row.cohort),
                "values": [paid * 1_000_000 // row.given for paid in row.paid[:ages]],
            }
            for row in shown
        ],
    }


ROUTES: Final[list[BaseRouteHandler]] = [liability, propose_estimate, curves]
