"""Points as debt: what the organisation owes members, how old it is, how fast it is asked for."""

from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tongbao.clearing import exposure
from tongbao.clearing.exposure import Exposure
from tongbao.figures import cohorts
from tongbao.figures.cohorts import Flow, Through
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.liability import months, periods
from tongbao.liability.periods import RollForward
from tongbao.web import lists, pages, who
from tongbao.web.lists import Column, Listing
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "debt_queries.sql")

AGES: Final = (3, 6, 12, 24)
"""Bounds of the ages, in months."""
AGE_NAMES: Final = (
    mark("under 3 months"),
    mark("3 to 5 months"),
    mark("6 to 11 months"),
    mark("1 year"),
    mark("2 years and more"),
)
_CURVES: Final = 8
_WEEKS: Final = 104
LISTING: Final = Listing(
    name="cohorts",
    query=Q.cohorts,
    key="month",
    sort="-month",
    search=("month",),
    hint=mark("Month, such as 2026-05"),
    dates="cohort",
    days=True,
    columns=(
        Column(name="month", title=mark("Given in"), sort=True),
        Column(name="age", title=mark("Age in months"), kind="number", sort=True),
        Column(
            name="given",
            title=mark("Given"),
            kind="points",
            sort=True,
            to=lambda row: f"/merchant/operations?since={row['cohort']}&until={row['last']}",
        ),
        Column(name="redeemed", title=mark("Redeemed"), kind="points", sort=True),
        Column(name="share", title=mark("Part redeemed"), kind="percent", sort=True),
        Column(name="lost", title=mark("Ended unspent"), kind="points", sort=True),
        Column(name="outstanding", title=mark("Owed"), kind="points", sort=True),
    ),
    empty=mark("No points have been given yet"),
    advice=mark("They are listed by month once the window in which they were given is closed."),
)


class Debt(Struct, frozen=True, kw_only=True):
    """What an organisation owes in points; ``flows`` as of ``through``, ``exposure`` of now.

    ``moved``: how its contract liability went in ``period``, the newest month that was closed.
    """

    exposure: Exposure
    through: Through | None
    flows: list[Flow]
    period: date | None
    moved: RollForward | None

    @property
    def owed(self) -> int:
        return sum(flow.given - flow.redeemed - flow.lost for flow in self.flows)


@get("/merchant/debt", opt=sees(*MERCHANT))
async def debt(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what the organisation owes in points, by the month in which it gave them."""
    at, mine = clock.now(), who.of(request).organisation_id
    spoken = pages.words_of(request)
    zone = spoken.zone.key
    while await parts.write(request, lambda conn: cohorts.catch_up(conn, zone)):
        pass
    taken = await parts.read(request, lambda conn: _take(conn, mine, at))
    last = (taken.through.closed_at if taken.through else at).astimezone(spoken.zone).date()
    return await lists.show(
        request,
        "merchant/debt.html",
        LISTING,
        {"organisation": mine, "last": last},
        taken=taken,
        month=months.show(taken.period) if taken.period else "",
        charts=_charts(taken.flows, last, spoken) if taken.flows else [],
    )


def _take(conn: Connection, mine: int, at: datetime) -> Debt:
    newest = periods.newest(conn, 1)
    moved = periods.roll_forward(conn, newest[0].month, mine) if newest else []
    return Debt(
        exposure=exposure.of(conn, mine, at),
        through=cohorts.through(conn),
        flows=cohorts.flows(conn, mine),
        period=newest[0].month if newest else None,
        moved=moved[0] if moved else None,
    )


def _charts(flows: list[Flow], last: date, spoken: Words) -> list[tuple[str, dict[str, Any]]]:
    """Give the pictures of the debt, each with its title."""
    weeks = cohorts.outstanding(flows)[-_WEEKS:]
    owed = {
        "kind": "area",
        "unit": "points",
        "label": spoken.say(mark("Points owed at the end of each week")),
        "scale": spoken.say(mark("Points")),
        "x": [spoken.date(week) for week, _ in weeks],
        "series": [{"name": spoken.say(mark("Owed")), "values": [left for _, left in weeks]}],
    }
    ages = {
        "kind": "bar",
        "unit": "points",
        "label": spoken.say(mark("Points owed by their age")),
        "scale": spoken.say(mark("Points")),
        "x": [spoken.say(name) for name in AGE_NAMES],
        "series": [{"name": spoken.say(mark("Owed")), "values": cohorts.by_age(flows, last, AGES)}],
    }
    found = sorted(cohorts.curves(flows, last).items())[-_CURVES:]
    length = min(_WEEKS, max((len(values) for _, values in found), default=0))
    curves = {
        "kind": "line",
        "unit": "percent",
        "label": spoken.say(mark("Part redeemed by age in weeks, a line for each month of issue")),
        "across": spoken.say(mark("Weeks since they were given")),
        "x": [str(week) for week in range(length)],
        "series": [
            {"name": spoken.month(cohort), "values": values[:length]} for cohort, values in found
        ],
    }
    return [
        (mark("Owed, week by week"), owed),
        (mark("By age"), ages),
        (mark("How fast they are redeemed"), curves),
    ]


ROUTES: Final[list[BaseRouteHandler]] = [debt]
