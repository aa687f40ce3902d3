"""The calendar over HTTP: working days, what is settled on them, and what is announced."""

from datetime import date, datetime
from typing import Annotated, Final

from litestar import get, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from tongbao.alliance.types import Cycle
from tongbao.api.acting import Actor, Me, Req, note
from tongbao.api.listing import Page
from tongbao.api.nouns import tell_all
from tongbao.api.paging import whole
from tongbao.api.reach import everybody, operators
from tongbao.clearing import announced, calendar, cycles
from tongbao.clearing.announced import SpecialDay, Year
from tongbao.clearing.calendar import FIRST_YEAR, LAST_YEAR
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection

YearNumber = Annotated[int, PathParameter(ge=FIRST_YEAR, le=LAST_YEAR, description="The year.")]


class SpanOut(Struct, frozen=True, kw_only=True):
    """Business dates, from the first to the last."""

    first: date
    last: date


class DayOut(Struct, frozen=True, kw_only=True):
    """A day; ``working`` null: its year is not announced. ``due``: what is settled on it."""

    day: date
    working: bool | None
    due: dict[Cycle, SpanOut]


class CalendarOut(Struct, frozen=True, kw_only=True):
    """The business date, when it changes, which years are not announced, and days."""

    business_date: date
    changes_at: datetime
    not_announced: list[int]
    days: list[DayOut]


class SpecialDayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that is not what its weekday says."""

    day: date
    working: bool
    name: Annotated[str, Meta(max_length=limits.NAME)] = ""


class YearIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The announced days of a year; every other day is what its weekday says."""

    days: Annotated[list[SpecialDayIn], Meta(min_length=1, max_length=400)]


class DayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a day is worked, and why."""

    working: bool
    name: Annotated[str, Meta(max_length=limits.NAME)] = ""


class RecordedOut(Struct, frozen=True, kw_only=True):
    """A day as it was recorded, by whom and when."""

    day: date
    working: bool
    name: str
    recorded_by: str
    recorded_at: datetime


@get("/v1/calendar", **everybody("clearing:read"))
async def show_days(
    request: Req,
    first: Annotated[
        date | None, QueryParameter(name="from", description="The first day; unset: today.")
    ] = None,
    count: Annotated[
        int, QueryParameter(name="days", ge=1, le=400, description="Days shown.")
    ] = 14,
) -> CalendarOut:
    """Give which days are worked, what is settled on them, and when the business date changes."""
    at, cutover = clock.now(), calendar.cutover_of(parts.of(request).settings)
    today = calendar.business_date(at, cutover)

    def ask(conn: Connection) -> CalendarOut:
        known = calendar.read(conn)
        years = (today.year, today.year + 1)
        return CalendarOut(
            business_date=today,
            changes_at=calendar.cutover_after(at, cutover),
            not_announced=[year for year in years if not calendar.is_announced(known, year)],
            days=tell_all(DayOut, cycles.days_from(known, first or today, count)),
        )

    return await parts.read(request, ask)


@get("/v1/calendar/years/{year:int}", **everybody("clearing:read"))
async def get_year(request: Req, year: YearNumber) -> Page[RecordedOut]:
    """List what was recorded of the days of a year."""
    return await whole(request, RecordedOut, lambda conn: announced.recorded(conn, year))


@put("/v1/calendar/years/{year:int}", **operators("clearing:write"))
async def record_year(
    request: Req, caller: Me, actor: Actor, year: YearNumber, data: JSONBody[YearIn]
) -> Page[RecordedOut]:
    """Record the announced days of a year; they take the place of what was recorded of it."""
    days = [SpecialDay(day=one.day, is_off=not one.working, name=one.name) for one in data.days]

    def do(conn: Connection) -> Page[RecordedOut]:
        at = clock.now()
        note(conn, request, caller, actor, at)
        announced.record_year(conn, Year(year=year, days=days), by=actor, at=at)
        return Page(tell_all(RecordedOut, announced.recorded(conn, year)))

    return await parts.write(request, do)


@put("/v1/calendar/days/{day:date}", **operators("clearing:write"))
async def record_day(
    request: Req, caller: Me, actor: Actor, day: FromPath[date], data: JSONBody[DayIn]
) -> Page[RecordedOut]:
    """Record one day, whatever is known of its year; the year's recorded days are answered."""

    def do(conn: Connection) -> Page[RecordedOut]:
        at = clock.now()
        note(conn, request, caller, actor, at)
        announced.record_day(conn, day, working=data.working, name=data.name, by=actor, at=at)
        return Page(tell_all(RecordedOut, announced.recorded(conn, day.year)))

    return await parts.write(request, do)


ROUTES: Final[list[BaseRouteHandler]] = [show_days, get_year, record_year, record_day]
