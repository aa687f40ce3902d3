"""Business days of the alliance, as instants and operation ids."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.kernel import limits, sql
from tongbao.reconcile.refusals import DayMalformed

Q = sql.load(__package__)

_PLACE_BITS: Final = 13
_SOME_DAY: Final = date(2026, 1, 15)
_SLACK: Final = timedelta(hours=2)
"""How far the clocks of two servers may lie apart."""


def parse(text: str) -> date:
    """Read a day as in ISO 8601; refuses ``day-malformed``."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DayMalformed(given=text[:40]) from None


def bounds(day: date, cutover: Cutover, at: datetime) -> tuple[datetime, datetime]:
    """Give when a business day begins and when the next one does.

    Refuses ``day-malformed`` for one that has not begun at ``at`` or lies before all history.
    """
    if not limits.EARLIEST.date() < day <= calendar.business_date(at, cutover):
        raise DayMalformed(given=str(day))
    return calendar.begins(day, cutover), calendar.begins(day + calendar.DAY, cutover)


def shift(cutover: Cutover) -> timedelta:
    """Give how much later than midnight of its own date a business day begins."""
    midnight = datetime.combine(_SOME_DAY, datetime.min.time(), cutover.zone)
    begins = calendar.begins(_SOME_DAY, cutover)
    return begins.astimezone(cutover.zone).replace(tzinfo=None) - midnight.replace(tzinfo=None)


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
