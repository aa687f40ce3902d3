"""The business of an organisation by day: summed once where it is closed, read where it is not."""

from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import fields
from psycopg.rows import class_row

from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

_NOON = 12


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


def catch_up(conn: Connection, organisation_id: int, cutover: Cutover) -> None:
    """Sum what closed windows have brought since the last time; mostly there is nothing.

    Needs a transaction. A closed window never changes, so nothing is read twice.
    """
    mine = {"organisation": organisation_id}
    (through,) = conn.execute(Q.newest_closed).fetchone() or (0,)
    row = conn.execute(Q.summed, mine).fetchone()
    if row is not None and row[0] >= through:
        return
    conn.execute(Q.begin_summing, mine)
    summed, after = conn.execute(Q.lock_summed, mine).fetchone() or (0, 0)
    if summed >= through:
        return
    values = {**place(cutover), **mine, "summed": summed, "after": after, "through": through}
    conn.execute(Q.add_days, values)
    conn.execute(Q.add_newcomers, values)
    conn.execute(Q.note_summed, values)


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

    ``summed`` and ``after``: through which window it was summed, and after which operation the
    rest begins.
    """
    mine = {"organisation": organisation_id}
    summed, after = conn.execute(Q.summed, mine).fetchone() or (0, 0)
    return {**place(cutover), **mine, "summed": summed, "after": after}
