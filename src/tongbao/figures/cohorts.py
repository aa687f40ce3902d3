"""Points as debt of one issuer: what was given each month, and what became of it by week."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import accumulate
from typing import Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "cohort_queries.sql")

AT_ONCE: Final = 20
"""Windows that one transaction sums."""
_WEEK: Final = 7


class Flow(Struct, frozen=True, kw_only=True):
    """What happened in a week (its Monday) to the points given in a month (its first), fen.

    ``given``: less what was taken back. ``lost``: expired or given up.
    """

    cohort: date
    week: date
    given: int
    redeemed: int
    lost: int


class Through(Struct, frozen=True, kw_only=True):
    """The last window that was summed, and when it was closed."""

    window_id: int
    closed_at: datetime


def catch_up(conn: Connection, zone: str) -> bool:
    """Sum closed windows that were not, for all issuers; say whether there may be more.

    Needs a transaction, and is called again until there are no more. A closed window never
    changes, so nothing is read twice. Weeks and months are those of ``zone``.
    """
    conn.execute(Q.begin_cohorts)
    (after,) = conn.execute(Q.lock_cohorts).fetchone() or (0,)
    waiting = conn.execute(Q.windows_to_sum, {"after": after, "limit": AT_ONCE}).fetchall()
    for (window,) in waiting:
        conn.execute(Q.add_cohorts, {"window": window, "zone": zone})
        conn.execute(Q.note_cohorts, {"window": window})
    return len(waiting) == AT_ONCE


def through(conn: Connection) -> Through | None:
    """Say how far was summed; nothing before the first window is."""
    row = conn.execute(Q.cohorts_through).fetchone()
    return None if row is None else Through(window_id=row[0], closed_at=row[1])


def flows(conn: Connection, issuer_id: int) -> list[Flow]:
    """Give what became of an issuer's points, by month of issue and by week."""
    with conn.cursor(row_factory=class_row(Flow)) as cursor:
        return cursor.execute(Q.flows, {"issuer": issuer_id}).fetchall()


def outstanding(found: Iterable[Flow]) -> list[tuple[date, int]]:
    """Give what was owed at the end of each week in which anything happened."""
    moved: dict[date, int] = {}
    for flow in found:
        moved[flow.week] = moved.get(flow.week, 0) + flow.given - flow.redeemed - flow.lost
    weeks = sorted(moved)
    return list(zip(weeks, accumulate(moved[week] for week in weeks), strict=True))


def curves(found: Iterable[Flow], last: date) -> dict[date, list[int]]:
    """Give how much of each month's points was redeemed (ppm) by their age in weeks until ``last``.

    The first week is the one in which the month began. Months of which nothing stayed given are
    left out.
    """
    given: dict[date, int] = {}
    redeemed: dict[date, dict[int, int]] = {}
    for flow in found:
        given[flow.cohort] = given.get(flow.cohort, 0) + flow.given
        age = max(0, (flow.week - flow.cohort).days + _WEEK - 1) // _WEEK
        ages = redeemed.setdefault(flow.cohort, {})
        ages[age] = ages.get(age, 0) + flow.redeemed
    return {
        cohort: [
            paid * limits.RATE // whole
            for paid in accumulate(
                redeemed[cohort].get(age, 0) for age in range((last - cohort).days // _WEEK + 1)
            )
        ]
        for cohort, whole in given.items()
        if whole > 0
    }


def by_age(found: Iterable[Flow], last: date, bounds: tuple[int, ...]) -> list[int]:
    """Give what is owed by the age of the points in months: under each of ``bounds``, and older."""
    owed = [0] * (len(bounds) + 1)
    for flow in found:
        age = (last.year - flow.cohort.year) * 12 + last.month - flow.cohort.month
        place = sum(age >= bound for bound in bounds)
        owed[place] += flow.given - flow.redeemed - flow.lost
    return owed
