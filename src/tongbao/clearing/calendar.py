"""The calendar: which days are working days, and when a business date begins.

China's working days are announced once a year, with weekends that are worked to make up for long
holidays. They are read from a library, and from what the operator has recorded, which goes first.
A year that nobody has announced is refused, never guessed.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import chinese_calendar
from msgspec import Struct
from psycopg import Connection

from tongbao.kernel import sql
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

Q = sql.load(__package__, "calendar_queries.sql")

DAY: Final = timedelta(days=1)
_OFF: Final = frozenset(chinese_calendar.holidays)
_MADE_UP: Final = frozenset(chinese_calendar.workdays)
_YEARS: Final = frozenset(day.year for day in _OFF)
_NOON: Final = time(12)

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200
"""The years that can be recorded."""


class CalendarNotAnnounced(Refused):
    code = "calendar-not-announced"
    text = "the working days of {year} are not known; record them when they are announced"


class Calendar(Struct, frozen=True):
    """What the operator has recorded: single days, and the years it has recorded as a whole."""

    days: dict[date, bool] = {}
    years: frozenset[int] = frozenset()


class Cutover(Struct, frozen=True):
    """When one business date ends and the next begins: at a time of day in a zone.

    Before noon a business date begins at that time of its own day; from noon on it has begun the
    day before, as with clearing houses that change the date at 23:00.
    """

    zone: ZoneInfo
    at: time = time()


LIBRARY: Final = Calendar()
"""Nothing but what the library knows."""


def cutover_of(settings: Settings) -> Cutover:
    """Give the cut-over that the settings name."""
    return Cutover(ZoneInfo(settings.time_zone), time.fromisoformat(settings.cutover))


def read(conn: Connection) -> Calendar:
    """Read what the operator has recorded."""
    days: dict[date, bool] = dict(iter(conn.execute(Q.calendar_days)))
    return Calendar(days, frozenset(year for (year,) in conn.execute(Q.calendar_years)))


def is_announced(known: Calendar, year: int) -> bool:
    """Say whether the working days of a year are known."""
    return year in known.years or year in _YEARS


def is_working_day(known: Calendar, day: date) -> bool:
    """Say whether banks work on a day; refuses ``calendar-not-announced``."""
    recorded = known.days.get(day)
    if recorded is not None:
        return recorded
    if not is_announced(known, day.year):
        raise CalendarNotAnnounced(year=day.year)
    ordinary = day.isoweekday() <= 5
    if day.year in known.years:
        return ordinary
    return day in _MADE_UP or (ordinary and day not in _OFF)


def next_working_day(known: Calendar, day: date) -> date:
    """Give the first working day after ``day``; refuses ``calendar-not-announced``."""
    day += DAY
    while not is_working_day(known, day):
        day += DAY
    return day


def last_working_day(known: Calendar, day: date) -> date:
    """Give the last working day before ``day``; refuses ``calendar-not-announced``."""
    day -= DAY
    while not is_working_day(known, day):
        day -= DAY
    return day


def begins(day: date, cutover: Cutover) -> datetime:
    """Give the instant (UTC) at which the business date ``day`` begins."""
    on = day if cutover.at < _NOON else day - DAY
    return datetime.combine(on, cutover.at, cutover.zone).astimezone(UTC)


def business_date(at: datetime, cutover: Cutover) -> date:
    """Give the business date of an instant; it never goes back, whatever clocks do."""
    day = at.astimezone(cutover.zone).date()
    while begins(day, cutover) > at:
        day -= DAY
    while begins(day + DAY, cutover) <= at:
        day += DAY
    return day


def cutover_after(at: datetime, cutover: Cutover) -> datetime:
    """Give the next instant (UTC) after ``at`` at which the business date changes."""
    return begins(business_date(at, cutover) + DAY, cutover)
