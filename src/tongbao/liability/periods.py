"""Periods: closing one says what was earned in it, for ever; what turns up later is caught up."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from msgspec import Struct, structs
from psycopg.rows import class_row

from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.amounts import WHOLE
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound
from tongbao.liability import cohorts, months, revenue
from tongbao.liability.estimates import PeriodNotOver
from tongbao.liability.types import AsOf

Q = sql.load(__package__)

_LOCK: Final = 7_407_016
"""Key of the advisory lock under which periods are closed one after the other."""

_PAGE: Final = 10_000


class PeriodOutOfOrder(Conflict):
    code = "period-out-of-order"
    text = "period {month} cannot be closed: {last} is closed already"


class PeriodNotClosed(NotFound):
    code = "period-not-closed"
    text = "period {month} is not closed"


class Period(Struct, frozen=True, kw_only=True):
    """A closed period: from the end of the one before it (none: the beginning) to its month's end.

    ``allocated`` and ``recognised`` are sums over all ``cohorts`` since they began, ``revenue`` is
    this period's. ``position`` is how far in the journal the close has looked, ``changed`` how
    many cohorts had moved. ``replayed``: it had been closed before, and nothing was written now.
    """

    month: date
    begins_at: datetime | None
    ends_at: datetime
    position: int
    cohorts: int
    changed: int
    allocated: int
    recognised: int
    revenue: int
    closed_by: str
    closed_at: datetime
    replayed: bool = False

    @property
    def deferred(self) -> int:
        """The contract liability at the end of the period."""
        return self.allocated - self.recognised


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """Where one cohort stood at the close of period ``month``: sums since it began, in fen.

    ``price`` was paid for the sales that gave ``priced`` of its points. ``rate`` (ppm) is the
    approved estimate's, ``first_rate`` the one by which the price was allocated when the cohort
    was first closed. ``revenue`` is the period's own.
    """

    issuer_id: int
    cohort: date
    month: date
    issued: int
    redeemed: int
    lost: int
    clawed_back: int
    outstanding: int
    price: int
    priced: int
    first_rate: int
    estimate_id: int | None
    rate: int
    expected: int
    allocated: int
    recognised: int
    revenue: int

    @property
    def deferred(self) -> int:
        """The contract liability that is left of it."""
        return self.allocated - self.recognised


class RollForward(Struct, frozen=True, kw_only=True):
    """How an issuer's contract liability went from one period's end to the next's (fen)."""

    issuer_id: int
    opening: int
    revenue: int
    closing: int

    @property
    def added(self) -> int:
        """What was deferred anew, less what returned sales undid."""
        return self.closing - self.opening + self.revenue


def close(
    conn: Connection,
    zone: str,
    month: date,
    *,
    by: str,
    at: datetime,
    position: int | None = None,
) -> Period:
    """Close the period that ends with ``month``: recognise what was earned, cohort by cohort.

    Closed once: asked again, by whomever, it writes nothing and gives the first answer,
    ``replayed``. Without an approved estimate no breakage is assumed. ``position``: how far in
    the journal to look; none: all that is committed, and postings wait. Refuses
    ``period-not-over``, ``period-out-of-order`` and ``text-malformed``.
    """
    by = texts.line("by", by, limits.NAME)
    ends = months.end(month, zone)
    if ends > at:
        raise PeriodNotOver(month=months.show(month))
    conn.execute(Q.lock_periods, {"key": _LOCK})
    before = newest(conn, 1)
    for closed in find(conn, month):
        return structs.replace(closed, replayed=True)
    if before and before[0].month > month:
        raise PeriodOutOfOrder(month=months.show(month), last=months.show(before[0].month))
    seen = cohorts.position(conn) if position is None else position
    totals = _recognise_all(conn, zone, month, AsOf(before=ends, position=seen))
    made = Period(
        month=month, begins_at=before[0].ends_at if before else None, ends_at=ends,
        position=seen, closed_by=by, closed_at=at,
        cohorts=totals["cohorts"], changed=totals["changed"], allocated=totals["allocated"],
        recognised=totals["recognised"], revenue=totals["revenue"],
    )  # fmt: skip
    conn.execute(Q.write_period, structs.asdict(made))
    return made


def find(conn: Connection, month: date) -> list[Period]:
    """Give the closed period that ends with ``month``; nothing while it is not closed."""
    return _periods(conn, month, 1)


def newest(conn: Connection, limit: int = limits.PAGE) -> list[Period]:
    """Give at most ``limit`` closed periods, newest first."""
    return _periods(conn, None, min(limit, limits.PAGE))


def rows(conn: Connection, month: date, issuer: int) -> list[Row]:
    """Give where each cohort of an issuer stood when a period was closed, by month.

    Refuses ``period-not-closed``.
    """
    _check_closed(conn, month)
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(Q.cohort_rows, {"month": month, "issuer": issuer}).fetchall()


def roll_forward(
    conn: Connection, month: date, issuer: int | None = None, limit: int = limits.PAGE
) -> list[RollForward]:
    """Give how the contract liability of each issuer (or one) moved in a closed period.

    Refuses ``period-not-closed``.
    """
    _check_closed(conn, month)
    values = {"month": month, "issuer": issuer, "limit": min(limit, limits.BULK)}
    with conn.cursor(row_factory=class_row(RollForward)) as cursor:
        return cursor.execute(Q.roll_forward, values).fetchall()


def _check_closed(conn: Connection, month: date) -> None:
    if not find(conn, month):
        raise PeriodNotClosed(month=months.show(month))


def _periods(conn: Connection, month: date | None, limit: int) -> list[Period]:
    with conn.cursor(row_factory=class_row(Period)) as cursor:
        return cursor.execute(Q.periods, {"month": month, "limit": limit}).fetchall()


def _recognise_all(conn: Connection, zone: str, month: date, as_of: AsOf) -> dict[str, int]:
    """Write the rows of the cohorts that have moved; give the totals over all of them."""
    totals = dict.fromkeys(("cohorts", "changed", "allocated", "recognised", "revenue"), 0)
    page: list[Row] = []
    values = {"zone": zone, "month": month, **cohorts.bounds(as_of)}
    for found in cohorts.stream(conn, Q.standing, values):
        row = _stand(month, found)
        totals["cohorts"] += 1
        for name in ("allocated", "recognised", "revenue"):
            totals[name] += getattr(row, name)
        if found[11]:
            totals["changed"] += 1
            page.append(row)
        if len(page) == _PAGE:
            _write(conn, month, page)
            page = []
    _write(conn, month, page)
    return totals


def _stand(month: date, found: Sequence[Any]) -> Row:
    """Work out where a cohort stands: what it has deferred, and earned by now."""
    issuer, cohort, issued, redeemed, lost, clawed_back, price, priced = found[:8]
    rate, estimate, known, _, first, recognised_before = found[8:]
    now = WHOLE if rate is None else rate
    first_rate = first if known else now
    given = issued - clawed_back
    outstanding = given - redeemed - lost
    expected = revenue.expect(given, redeemed, outstanding, now)
    allocated = revenue.deferred_in_all(price, priced, first_rate, issued, given)
    recognised = revenue.recognise(allocated, redeemed, expected, outstanding)
    return Row(
        issuer_id=issuer, cohort=cohort, month=month, issued=issued, redeemed=redeemed,
        lost=lost, clawed_back=clawed_back, outstanding=outstanding, price=price, priced=priced,
        first_rate=first_rate, estimate_id=estimate, rate=now, expected=expected,
        allocated=allocated, recognised=recognised, revenue=recognised - recognised_before,
    )  # fmt: skip


def _write(conn: Connection, month: date, page: Sequence[Row]) -> None:
    if not page:
        return
    columns: dict[str, str] = {
        name: arrays.ints_or_null(getattr(row, name) for row in page)
        for name in Row.__struct_fields__
        if name not in ("cohort", "month")
    }
    columns["cohort"] = arrays.words(row.cohort.isoformat() for row in page)
    conn.execute(Q.write_revenue, {"month": month, **columns})
