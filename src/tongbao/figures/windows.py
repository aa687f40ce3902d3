"""What was done in each closed window, and what became of each month's points: summed once."""

from datetime import date, datetime

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "windows_queries.sql")


class Sums(Struct, frozen=True, kw_only=True):
    """Points issued, redeemed and expired in a closed window, fen."""

    id: int
    opened_at: datetime
    issued: int
    redeemed: int
    expired: int


class Cohort(Struct, frozen=True, kw_only=True):
    """What became in one month (``happened``) of the points that were earned in another, fen.

    ``ends`` is the last month in which points that were given then can be spent.
    """

    cohort: date
    happened: date
    given: int
    redeemed: int
    lost: int
    redemptions: int
    ends: date | None


def catch_up(conn: Connection, zone: str, limit: int) -> int:
    """Sum the newest closed windows that are not summed yet; mostly there is none. Give how many.

    Needs a transaction. ``zone`` says where months begin. A closed window never changes, so
    nothing is read twice.
    """
    summed = 0
    for (window,) in conn.execute(Q.windows_to_sum, {"limit": limit}).fetchall():
        if conn.execute(Q.sum_window, {"window": window}).fetchone() is not None:
            conn.execute(Q.sum_cohorts, {"window": window, "zone": zone})
            summed += 1
    return summed


def newest(conn: Connection, limit: int) -> list[Sums]:
    """Give the newest summed windows, the newest first."""
    with conn.cursor(row_factory=class_row(Sums)) as cursor:
        return cursor.execute(Q.newest_windows, {"limit": limit}).fetchall()


def cohorts(conn: Connection) -> list[Cohort]:
    """Give what became of each month's points, in the windows that are summed."""
    with conn.cursor(row_factory=class_row(Cohort)) as cursor:
        return cursor.execute(Q.cohort_sums).fetchall()
