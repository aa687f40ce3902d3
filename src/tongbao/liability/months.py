"""Months of the alliance's calendar: when one begins, and how many lie between two. Pure.

A month is the date of its first day.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tongbao.kernel.errors import Malformed
from tongbao.kernel.texts import shown

_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST: Final = 2000
_LAST: Final = 2199


class MonthMalformed(Malformed):
    code = "month-malformed"
    text = "{given!r} is not a month such as 2026-05"


class DayMalformed(Malformed):
    code = "book-day-malformed"
    text = "{given!r} is not a day such as 2026-05-31"


def parse_day(text: str) -> date:
    """Read a day such as ``2026-05-31``; refuses ``book-day-malformed``."""
    try:
        day = date.fromisoformat(text.strip()) if _DAY.fullmatch(text.strip()) else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day.year <= _LAST:
        raise DayMalformed(given=shown(text))
    return day


def parse(text: str) -> date:
    """Read a month such as ``2026-05``; refuses ``month-malformed``."""
    match = _MONTH.fullmatch(text.strip())
    if match is None or not _FIRST <= int(match[1]) <= _LAST:
        raise MonthMalformed(given=shown(text))
    return date(int(match[1]), int(match[2]), 1)


def show(month: date) -> str:
    """Write a month the way ``parse`` reads it."""
    return f"{month:%Y-%m}"


def add(month: date, months: int) -> date:
    """Give the month so many months later, or (negative) earlier."""
    year, place = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, place + 1, 1)


def between(earlier: date, later: date) -> int:
    """Count the months from ``earlier`` to ``later``."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def of(when: datetime, zone: str) -> date:
    """Give the month in which a moment lies."""
    return when.astimezone(ZoneInfo(zone)).date().replace(day=1)


def midnight(day: date, zone: str) -> datetime:
    """Give the moment (UTC) at which a day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def check_day(day: date) -> date:
    """Give a day as it is; refuses ``book-day-malformed`` unless it is in our years."""
    return parse_day(day.isoformat())


def end_of_day(day: date, zone: str) -> datetime:
    """Give the moment (UTC) at which a day is over; refuses ``book-day-malformed``."""
    return midnight(check_day(day) + timedelta(days=1), zone)


def last_day_over(when: datetime, zone: str) -> date:
    """Give the newest day that is over."""
    return when.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def end(month: date, zone: str) -> datetime:
    """Give the moment (UTC) at which a month is over."""
    return midnight(add(month, 1), zone)


def last_complete(when: datetime, zone: str) -> date:
    """Give the newest month that is over."""
    return add(of(when, zone), -1)
