"""Business days: the calendar days of the alliance's time zone, as instants and operation ids."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from psycopg import Connection

from tongbao.kernel import limits, sql
from tongbao.reconcile.refusals import DayMalformed

Q = sql.load(__package__)

_PLACE_BITS: Final = 13
_SLACK: Final = timedelta(hours=2)
"""How far the clocks of two servers may lie apart."""


def parse(text: str) -> date:
    """Read a day as in ISO 8601; refuses ``day-malformed``."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DayMalformed(given=text[:40]) from None


def bounds(day: date, zone: str, at: datetime) -> tuple[datetime, datetime]:
    """Give when a business day begins and when the next one does.

    Refuses ``day-malformed`` for one that has not begun at ``at`` or lies before all history.
    """
    where = ZoneInfo(zone)
    if not limits.EARLIEST.date() <= day <= at.astimezone(where).date():
        raise DayMalformed(given=str(day))
    begins = datetime.combine(day, time(), where).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), where).astimezone(UTC)
    return begins, ends


def first_operation(conn: Connection[Any], begins: datetime) -> int:
    """Give an operation id below which nothing was posted for the day that ``begins``.

    No business time lies further ahead of the server's than ``limits.AHEAD``, and batches are
    numbered in the order of their times, so a search by halves finds the first one.
    """
    wanted = begins - limits.AHEAD - _SLACK
    low, high = 0, conn.execute(Q.newest_batch).fetchone()[0]  # type: ignore[index]
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(Q.batch_from, {"id": middle}).fetchone()
        if row is None or row[1] >= wanted:
            high = middle
        else:
            low = row[0] + 1
    return int(low) << _PLACE_BITS
