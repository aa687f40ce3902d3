"""The business of an organisation by day: summed once, a few operations read as they are.

What is summed is what transactions have written that had ended, as everything before them had:
nobody writes there any more. So each operation is summed once, and none is missed.
"""

from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import fields
from psycopg.rows import class_row

from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

FEW: Final = 200
"""Operations that are rather read each time than summed, for nothing is written then."""

_MANY: Final = 20_000
"""Batches of the alliance since an organisation was summed that are too many to look through."""

_NOON: Final = 12
_BATCH: Final = 13
"""Bits of an operation's id that are its place in its batch."""


class Business(Struct, frozen=True, kw_only=True):
    """What was done in some time, fen; what was taken back is taken off.

    ``bills`` are counted and never taken off. ``issued``: points given. ``accepted``: points taken
    as payment, ``foreign_points`` those of other issuers among them. ``with_points``: the whole of
    bills that were paid with points.
    """

    sales: int = 0
    bills: int = 0
    issued: int = 0
    accepted: int = 0
    foreign_points: int = 0
    with_points: int = 0

    @property
    def drove(self) -> int | None:
        """Give the fen of sales that came with each yuan of points accepted; None: with none."""
        return None if self.accepted <= 0 else self.with_points * 100 // self.accepted


class Day(Business, frozen=True, kw_only=True):
    """The business of one business day."""

    day: date


class Brought(Struct, frozen=True, kw_only=True):
    """Members who came for the first time on a day.

    ``brought``: those of them who paid with points of other issuers, or were registered by others;
    ``with_points`` the former.
    """

    day: date
    newcomers: int
    brought: int
    with_points: int


def catch_up(conn: Connection, organisation_id: int, cutover: Cutover, *, few: int = 0) -> None:
    """Sum what was done since the last time, unless it is ``few`` operations in the open window.

    Needs a transaction. An operation is summed once all that began before it has ended.
    """
    mine = {"organisation": organisation_id}
    (through,) = conn.execute(Q.ended).fetchone() or (0,)
    (window,) = conn.execute(Q.newest_closed).fetchone() or (0,)
    closed, summed = conn.execute(Q.summed, mine).fetchone() or (0, 0)
    after, batches = _after(conn, summed)
    if closed >= window and batches <= _MANY:
        waiting = {**mine, "after": after, "few": few}
        (more,) = conn.execute(Q.has_more, waiting).fetchone() or (False,)
        if not more:
            return
    conn.execute(Q.begin_summing, mine)
    (summed,) = conn.execute(Q.lock_summed, mine).fetchone() or (0,)
    if summed >= through:
        return
    values = {**place(cutover), **mine, "summed": summed, "after": _after(conn, summed)[0]}
    values |= {"through": through, "window": window}
    conn.execute(Q.add_days, values)
    conn.execute(Q.add_newcomers, values)
    conn.execute(Q.note_summed, values)


def behind(conn: Connection, limit: int, after: int = 0) -> list[int]:
    """Give organisations above ``after`` whose closed windows are not summed to the last."""
    return [one for (one,) in conn.execute(Q.behind, {"after": after, "limit": limit})]


def today(conn: Connection, organisation_id: int, cutover: Cutover) -> date:
    """Give the business day that is on: that of the open window, or a later one with business."""
    (opened,) = conn.execute(Q.open_window).fetchone() or (None,)
    assert opened is not None, "one window is always open"
    (last,) = conn.execute(Q.last_day, bounds(conn, organisation_id, cutover)).fetchone() or (None,)
    current = calendar.business_date(opened, cutover)
    return current if last is None else max(current, last)


def days(
    conn: Connection, organisation_id: int, first: date, last: date, cutover: Cutover
) -> list[Day]:
    """Give the days from ``first`` to ``last``, each of them, also those without business."""
    values = bounds(conn, organisation_id, cutover) | {"first": first, "last": last}
    with conn.cursor(row_factory=class_row(Day)) as cursor:
        found = {one.day: one for one in cursor.execute(Q.days, values)}
    return [
        found.get(day) or Day(day=day)
        for day in (first + n * calendar.DAY for n in range((last - first).days + 1))
    ]


def brought(
    conn: Connection, organisation_id: int, first: date, last: date, cutover: Cutover
) -> list[Brought]:
    """Give how many members came for the first time on each day that has any."""
    values = bounds(conn, organisation_id, cutover) | {"first": first, "last": last}
    with conn.cursor(row_factory=class_row(Brought)) as cursor:
        return cursor.execute(Q.brought, values).fetchall()


def total(found: list[Day]) -> Business:
    """Add days up."""
    return Business(
        **{one.name: sum(getattr(day, one.name) for day in found) for one in fields(Business)}
    )


def place(cutover: Cutover) -> dict[str, Any]:
    """Give what turns an instant into its business day in SQL: a zone, and a shift of hours."""
    at = timedelta(hours=cutover.at.hour, minutes=cutover.at.minute, seconds=cutover.at.second)
    shift = calendar.DAY - at if cutover.at.hour >= _NOON else -at
    return {"zone": cutover.zone.key, "shift": shift}


def bounds(conn: Connection, organisation_id: int, cutover: Cutover) -> dict[str, Any]:
    """Give the parameters that queries of an organisation's business have in common.

    ``summed`` and ``after``: below which transaction it was summed, and after which operation the
    rest begins. They are good for the snapshot that they were read in.
    """
    mine = {"organisation": organisation_id}
    _, summed = conn.execute(Q.summed, mine).fetchone() or (0, 0)
    return {**place(cutover), **mine, "summed": summed, "after": _after(conn, summed)[0]}


def _after(conn: Connection, summed: int) -> tuple[int, int]:
    """Give the operation after which those begin that transactions from ``summed`` on wrote.

    With it comes how many batches of the whole alliance these are; none where nothing is summed.
    """
    if not summed:
        return 0, 0
    batch, count = conn.execute(Q.first_not_summed, {"summed": summed}).fetchone() or (0, 0)
    return (int(batch) << _BATCH) - 1, int(count)
