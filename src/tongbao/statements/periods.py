"""Periods: which windows a statement is of.

A period is a range of closed windows. Every transfer carries the window in which it was posted,
so each is in exactly one period of any row of periods without gaps, and nothing that is posted
later can be in a period that is over.
"""

from datetime import date, datetime
from typing import Final

from tongbao.clearing import calendar, cycles, windows
from tongbao.clearing.calendar import Cutover
from tongbao.clearing.types import Window
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, NotFound, Refused
from tongbao.statements.types import Period

_LONGEST: Final = 3_660
_DIGITS: Final = 9


class PeriodMalformed(Malformed):
    code = "period-malformed"
    text = "a period goes from {first} to {last}, which is no period of at most ten years"


class PeriodMissing(Malformed):
    code = "period-missing"
    text = "say of which period: its first and last date, or its windows as in 7 or 7-12"


class PeriodOpen(Refused):
    code = "period-open"
    text = "the period is not over: window {window} is open and belongs to it"


class PeriodEmpty(NotFound):
    code = "period-empty"
    text = "no window was closed from {first} to {last}"


def asked(
    conn: Connection, first: date | None, last: date | None, window: str | None, cutover: Cutover
) -> Period:
    """Give the period that somebody asks for by dates, or by windows as in ``7`` or ``7-12``.

    Refuses ``period-missing`` unless it is one of the two, and what ``of_dates`` and
    ``of_windows`` refuse.
    """
    if (first is None) == (window is None) or (first is None and last is not None):
        raise PeriodMissing
    if first is not None:
        return of_dates(conn, first, first if last is None else last, cutover)
    assert window is not None, "it is one or the other"
    begins, _, ends = window.partition("-")
    return of_windows(conn, _number(begins), _number(ends or begins))


def of_windows(conn: Connection, first: int, last: int) -> Period:
    """Give the period from one window to another, both of them included.

    Refuses ``period-malformed``, ``window-not-found``, ``period-open``.
    """
    if first > last:
        raise PeriodMalformed(first=first, last=last)
    begins = windows.get(conn, first)
    ends = begins if first == last else windows.get(conn, last)
    return Period(
        first_window=first,
        last_window=last,
        opened_at=begins.opened_at,
        closed_at=_closed(ends),
    )


def of_dates(conn: Connection, first: date, last: date, cutover: Cutover) -> Period:
    """Give the period of the business dates from ``first`` to ``last``, both included.

    A window belongs to the business date that settlement counts it to (``clearing.cycles``).
    Refuses ``period-malformed``, ``period-open``, ``period-empty``.
    """
    if not 0 <= (last - first).days <= _LONGEST or first.year < 2 or last.year > 9_000:
        raise PeriodMalformed(first=first, last=last)
    current = windows.current(conn)
    if current.opened_at < calendar.begins(last + calendar.DAY, cutover):
        raise PeriodOpen(window=current.id)
    before = cycles.through_window(conn, first - calendar.DAY, cutover) or 0
    through = cycles.through_window(conn, last, cutover) or 0
    if through <= before:
        raise PeriodEmpty(first=first, last=last)
    return Period(
        first_window=before + 1,
        last_window=through,
        opened_at=windows.get(conn, before + 1).opened_at,
        closed_at=_closed(windows.get(conn, through)),
        first_date=first,
        last_date=last,
    )


def _closed(window: Window) -> datetime:
    if window.closed_at is None:
        raise PeriodOpen(window=window.id)
    return window.closed_at


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise PeriodMissing
    return int(text)
