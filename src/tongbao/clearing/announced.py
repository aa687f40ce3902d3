"""Announced days: what the operator records of a year's holidays and made-up working days."""

import csv
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from tongbao.clearing.calendar import DAY, FIRST_YEAR, LAST_YEAR
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed

Q = sql.load(__package__, "calendar_queries.sql")


_WORKING: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_NEIGHBOURS: Final = 31 * DAY


class CalendarMalformed(Malformed):
    code = "calendar-malformed"
    text = "the calendar cannot be read: {reason}"


class SpecialDay(Struct, frozen=True, kw_only=True):
    """A day that is not what its weekday says: off, or worked to make up for one."""

    day: date = field(name="date")
    is_off: bool = field(name="isOffDay")
    name: str = ""


class Year(Struct, frozen=True, kw_only=True):
    """The announced days of a year; every other day of it is what its weekday says."""

    year: int
    days: list[SpecialDay]


class RecordedDay(Struct, frozen=True, kw_only=True):
    """A day as it was recorded, by whom and when."""

    day: date
    working: bool
    name: str
    recorded_by: str
    recorded_at: datetime


def read_file(path: Path) -> Year:
    """Read a year from a file; refuses ``calendar-malformed``.

    JSON: ``{"year": 2027, "days": [{"date": "2027-01-01", "isOffDay": true, "name": …}]}``. Else
    CSV with the columns ``date``, ``working`` (yes, no) and, if need be, ``name``; it is of the
    year that most of its dates are in.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(limits.CALENDAR + 1)
    except OSError as error:
        raise CalendarMalformed(reason=error.strerror or "it cannot be opened") from None
    if len(raw) > limits.CALENDAR:
        raise CalendarMalformed(reason=f"it has more than {limits.CALENDAR} bytes")
    try:
        text = raw.decode("utf-8-sig")
        year = msgspec.json.decode(text, type=Year) if text.lstrip()[:1] == "{" else _of_csv(text)
    except (ValueError, csv.Error) as error:
        raise CalendarMalformed(reason=str(error)) from None
    check(year)
    return year


def check(year: Year) -> None:
    """Refuse ``calendar-malformed`` unless the days are some, of that year, each named once."""
    if not FIRST_YEAR <= year.year <= LAST_YEAR:
        raise CalendarMalformed(reason=f"{year.year} is no year of ours")
    if not year.days:
        raise CalendarMalformed(reason=f"it lists no days, so {year.year} is not announced yet")
    days = [special.day for special in year.days]
    if len(set(days)) != len(days):
        raise CalendarMalformed(reason="it lists a day twice")
    first, last = date(year.year, 1, 1) - _NEIGHBOURS, date(year.year, 12, 31) + _NEIGHBOURS
    for day in days:
        if not first <= day <= last:
            raise CalendarMalformed(reason=f"{day} does not belong to {year.year}")
    if not any(special.is_off and special.day.year == year.year for special in year.days):
        raise CalendarMalformed(reason=f"no day of {year.year} is off")


def record_year(conn: Connection, year: Year, *, by: str, at: datetime) -> None:
    """Record a year as a whole; it takes the place of what was recorded of it before.

    Refuses ``calendar-malformed`` and ``text-malformed``.
    """
    check(year)
    by = texts.line("by", by)
    names = [_name(special.name) for special in year.days]
    conn.execute(Q.write_calendar_year, {"year": year.year, "by": by, "at": at})
    conn.execute(Q.drop_calendar_days, {"year": year.year})
    _write(conn, year.days, names, year.year, by, at)


def record_day(
    conn: Connection, day: date, *, working: bool, name: str, by: str, at: datetime
) -> None:
    """Record one day, whatever is known of its year; refuses ``text-malformed``."""
    special = SpecialDay(day=day, is_off=not working, name=name)
    _write(conn, [special], [_name(name)], None, texts.line("by", by), at)


def recorded(conn: Connection, year: int) -> list[RecordedDay]:
    """Give what was recorded of the days of a year, in their order."""
    values = {"first": date(year, 1, 1), "last": date(year, 12, 31)}
    fields = RecordedDay.__struct_fields__
    rows = conn.execute(Q.recorded_days, values)
    return [RecordedDay(**dict(zip(fields, row, strict=True))) for row in rows]


def _write(
    conn: Connection,
    days: Sequence[SpecialDay],
    names: Sequence[str],
    year: int | None,
    by: str,
    at: datetime,
) -> None:
    values = {
        "days": arrays.words([special.day.isoformat() for special in days]),
        "working": arrays.ints(not special.is_off for special in days),
        "names": arrays.texts(names),
    }
    conn.execute(Q.write_calendar_days, {**values, "year": year, "by": by, "at": at})


def _name(name: str) -> str:
    return texts.line("name", name) if name else ""


def _of_csv(text: str) -> Year:
    rows = csv.DictReader(text.splitlines(), strict=True)
    if not {"date", "working"} <= set(rows.fieldnames or ()):
        raise CalendarMalformed(reason="it is no JSON and has no columns date and working")
    days = []
    for row in rows:
        said = (row["working"] or "").strip().lower()
        if said not in _WORKING:
            raise CalendarMalformed(
                reason=f"line {rows.line_num} does not say yes or no to working"
            )
        day = date.fromisoformat((row["date"] or "").strip())
        name = (row.get("name") or "").strip()
        days.append(SpecialDay(day=day, is_off=not _WORKING[said], name=name))
    years = Counter(special.day.year for special in days).most_common(1)
    return Year(year=years[0][0] if years else FIRST_YEAR, days=days)
