"""The overview: how the organisation does in the alliance, how it stands, and what waits."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from psycopg.rows import class_row

from tongbao.alliance import contracts, organisations
from tongbao.alliance.contracts import NoContract
from tongbao.alliance.types import Organisation, Terms
from tongbao.clearing import calendar, cycles, exposure, legs
from tongbao.clearing.calendar import DAY, CalendarNotAnnounced, Cutover
from tongbao.clearing.exposure import Exposure
from tongbao.clearing.types import Leg
from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionItem
from tongbao.figures import days as figures
from tongbao.figures.days import Business, Day
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.web import labels, pages, who
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "dispute_queries.sql")

SPANS: Final = {1: mark("Today"), 7: mark("7 days"), 30: mark("30 days")}
_USUAL: Final = 7
_CHART: Final = 30
_ITEMS: Final = 5


class Span(Struct, frozen=True, kw_only=True):
    """Some days until today, their business, and that of as many days before: ``earlier``."""

    length: int
    first: date
    last: date
    earlier: tuple[date, date]
    now: Business
    before: Business
    brought: int
    brought_before: int
    newcomers: int


class ToAnswer(Struct, frozen=True, kw_only=True):
    """A dispute to answer (fen); ``waiting`` is how many there are."""

    id: int
    answer_by: datetime
    amount: int
    waiting: int


class Picture(Struct, frozen=True, kw_only=True):
    """An organisation as its overview shows it.

    ``settled_on``: when today's position is paid, ``settled`` the newest payment. ``disputes``:
    the first of those it is to answer.
    """

    organisation: Organisation
    span: Span
    days: list[Day]
    exposure: Exposure
    terms: Terms | None
    settled_on: date | None
    settled: Leg | None
    items: list[ExceptionItem]
    disputes: list[ToAnswer]


@get("/merchant", opt=sees(*MERCHANT))
async def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show how the organisation does and stands."""
    at, mine = clock.now(), who.of(request).organisation_id
    cutover = calendar.cutover_of(parts.of(request).settings)
    length = _length(str(request.query_params.get("days", "")))
    await parts.write(request, lambda conn: figures.catch_up(conn, mine, cutover, few=figures.FEW))
    taken = await parts.read(request, lambda conn: _take(conn, mine, length, cutover, at))
    spoken = pages.words_of(request)
    sold = any(day.bills for day in taken.days)
    # The last day is open: a line through it would seem to fall to nothing.
    closed = taken.days[:-1]
    return pages.page(
        request,
        "merchant/overview.html",
        taken=taken,
        spans=SPANS,
        change=_change,
        kinds=labels.EXCEPTIONS,
        cycles=labels.CYCLES,
        leg_states=labels.LEG_STATES,
        sales=_sales(taken.days, spoken) if sold else None,
        points=_points(closed, spoken) if any(day.bills for day in closed) else None,
    )


def _length(given: str) -> int:
    return int(given) if given in map(str, SPANS) else _USUAL


def _take(conn: Connection, mine: int, length: int, cutover: Cutover, at: datetime) -> Picture:
    today = figures.today(conn, mine, cutover)
    found = figures.days(conn, mine, today - (2 * _CHART - 1) * DAY, today, cutover)
    terms = None
    with suppress(NoContract):
        terms = contracts.terms_at(conn, mine, at)
    return Picture(
        organisation=organisations.get(conn, mine),
        span=_span(conn, mine, length, found, cutover),
        days=found[-_CHART:],
        exposure=exposure.of(conn, mine, at),
        terms=terms,
        settled_on=None if terms is None else _settled_on(conn, terms, today),
        settled=next(iter(legs.of_organisation(conn, mine, limit=1)), None),
        items=exceptions.listed(conn, organisation=mine, now=at, limit=_ITEMS),
        disputes=_to_answer(conn, mine),
    )


def _to_answer(conn: Connection, mine: int) -> list[ToAnswer]:
    values = {"organisation": mine, "limit": _ITEMS}
    with conn.cursor(row_factory=class_row(ToAnswer)) as cursor:
        return cursor.execute(Q.disputes_to_answer, values).fetchall()


def _span(conn: Connection, mine: int, length: int, found: list[Day], cutover: Cutover) -> Span:
    now, before = found[-length:], found[-2 * length : -length]
    came = figures.brought(conn, mine, before[0].day, now[-1].day, cutover)
    lately = [one for one in came if one.day >= now[0].day]
    return Span(
        length=length,
        first=now[0].day,
        last=now[-1].day,
        earlier=(before[0].day, before[-1].day),
        now=figures.total(now),
        before=figures.total(before),
        brought=sum(one.brought for one in lately),
        brought_before=sum(one.brought for one in came if one.day < now[0].day),
        newcomers=sum(one.newcomers for one in lately),
    )


def _settled_on(conn: Connection, terms: Terms, today: date) -> date | None:
    """Give when today's business is settled; None: when it is asked for, or nobody knows yet."""
    try:
        return cycles.settled_on(calendar.read(conn), terms.cycle, today)
    except CalendarNotAnnounced:
        return None


def _change(now: int | None, before: int | None) -> int | None:
    """Give by how much a number has changed, in ppm; None: there was nothing before."""
    if now is None or not before or before < 0:
        return None
    return (now - before) * limits.RATE // before


def _sales(days: list[Day], spoken: Words) -> dict[str, Any]:
    so_far = spoken.say(mark("%(day)s so far"), day=spoken.short(days[-1].day))
    return {
        "kind": "bar",
        "unit": "money",
        "label": spoken.say(mark("Sales through the alliance by business day")),
        "x": [*(spoken.short(day.day) for day in days[:-1]), so_far],
        "series": [
            {"name": spoken.say(mark("Sales")), "values": [day.sales for day in days]},
            {
                "name": spoken.say(mark("Of it on bills paid with points")),
                "values": [day.with_points for day in days],
            },
        ],
    }


def _points(days: list[Day], spoken: Words) -> dict[str, Any]:
    return {
        "kind": "area",
        "unit": "points",
        "label": spoken.say(mark("Points given and accepted by closed business day")),
        "scale": spoken.say(mark("Points")),
        "x": [spoken.short(day.day) for day in days],
        "series": [
            {"name": spoken.say(mark("Given")), "values": [day.issued for day in days]},
            {"name": spoken.say(mark("Accepted")), "values": [day.accepted for day in days]},
            {
                "name": spoken.say(mark("Of other issuers")),
                "values": [day.foreign_points for day in days],
            },
        ],
    }


ROUTES: Final[list[BaseRouteHandler]] = [overview]
