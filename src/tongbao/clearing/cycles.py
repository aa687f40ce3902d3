"""Cycles: on which working day an organisation is settled, and for which business dates."""

from contextlib import suppress
from datetime import date
from typing import Final, get_args

from msgspec import Struct
from psycopg import Connection

from tongbao.alliance.types import Cycle
from tongbao.clearing import calendar
from tongbao.clearing.calendar import DAY, Calendar, Cutover
from tongbao.kernel import sql

Q = sql.load(__package__, "calendar_queries.sql")

CYCLES: Final[tuple[Cycle, ...]] = get_args(Cycle)


class Period(Struct, frozen=True):
    """Business dates, from the first to the last."""

    first: date
    last: date


class Due(Struct, frozen=True, kw_only=True):
    """A cycle that is due, for which business dates, and the last window that belongs to them."""

    cycle: Cycle
    first: date
    last: date
    through_window: int


def end_of(cycle: Cycle, day: date) -> date:
    """Give the last business date that is settled together with ``day``."""
    if cycle == "weekly":
        return day + (7 - day.isoweekday()) * DAY
    if cycle == "monthly":
        return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY
    return day


def start_of(cycle: Cycle, day: date) -> date:
    """Give the first business date that is settled together with ``day``."""
    if cycle == "weekly":
        return day - (day.isoweekday() - 1) * DAY
    return day.replace(day=1) if cycle == "monthly" else day


def settled_on(known: Calendar, cycle: Cycle, day: date) -> date | None:
    """Give the day on which the business date ``day`` is settled: the first working day after.

    None for ``on_demand``: that day is asked for. Refuses ``calendar-not-announced``.
    """
    if cycle == "on_demand":
        return None
    return calendar.next_working_day(known, end_of(cycle, day))


def due(known: Calendar, day: date) -> dict[Cycle, Period]:
    """Give the cycles that are due on the business date ``day``, and for which business dates.

    Every day, week and month that has ended since the working day before; on a day that is none,
    nothing. Refuses ``calendar-not-announced``.
    """
    if not calendar.is_working_day(known, day):
        return {}
    ended = calendar.last_working_day(known, day)
    found: dict[Cycle, Period] = {}
    while ended < day:
        for cycle in CYCLES:
            if cycle == "on_demand" or end_of(cycle, ended) != ended:
                continue
            before = found.get(cycle)
            first = before.first if before else start_of(cycle, ended)
            found[cycle] = Period(first, ended)
        ended += DAY
    return found


class Day(Struct, frozen=True, kw_only=True):
    """A day of the calendar; ``working`` None: its year is not announced, so nothing is known."""

    day: date
    working: bool | None
    due: dict[Cycle, Period]


def day_of(known: Calendar, day: date) -> Day:
    """Say whether a day is worked and what is due on it, as far as the calendar is known."""
    working: bool | None = None
    settled: dict[Cycle, Period] = {}
    with suppress(calendar.CalendarNotAnnounced):
        working = calendar.is_working_day(known, day)
        settled = due(known, day)
    return Day(day=day, working=working, due=settled)


def days_from(known: Calendar, first: date, count: int) -> list[Day]:
    """Give so many days from ``first`` on; refuses ``calendar-not-announced`` beyond our years."""
    if first.year > calendar.LAST_YEAR:
        raise calendar.CalendarNotAnnounced(year=first.year)
    return [day_of(known, first + n * DAY) for n in range(count)]


def through_window(conn: Connection, day: date, cutover: Cutover) -> int | None:
    """Give the last window that belongs to the business date ``day`` or an earlier one, if any.

    A window belongs to the last business date that had ended when it was closed; to the date
    itself when it was opened and closed on one.
    """
    values = {
        "ends": calendar.begins(day + DAY, cutover),
        "next_ends": calendar.begins(day + 2 * DAY, cutover),
    }
    row = conn.execute(Q.through_window, values).fetchone()
    return None if row is None else int(row[0])


def due_windows(conn: Connection, day: date, cutover: Cutover) -> list[Due]:
    """Give the cycles that are due on ``day`` with the last window of each; shortest first.

    A cycle in whose dates, and before them, no window was closed is left out. Refuses
    ``calendar-not-announced``.
    """
    found = []
    for cycle, period in due(calendar.read(conn), day).items():
        window = through_window(conn, period.last, cutover)
        if window is not None:
            found.append(
                Due(cycle=cycle, first=period.first, last=period.last, through_window=window)
            )
    return sorted(found, key=lambda one: CYCLES.index(one.cycle))
