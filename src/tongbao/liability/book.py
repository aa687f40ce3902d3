"""A general ledger read from the journal: opening balances, entries in order, closing balances."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed
from tongbao.ledger.movements import MOVEMENTS, M
from tongbao.liability import months, periods
from tongbao.liability.chart import (
    CONTRACT,
    DEFERRED,
    EARNED,
    OPENING,
    Chart,
    Side,
    chart,
    side,
)
from tongbao.liability.cohorts import stream

Q = sql.load(__package__, "book_queries.sql")

_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


class DaysMalformed(Malformed):
    code = "days-malformed"
    text = "the last day {last} lies before the first day {first}"


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """An amount (fen, above zero) debited to one account and credited to another.

    ``operations`` is how many transfers it sums up, ``position`` the last operation among them.
    ``debited`` and ``credited`` name the counterparty that each side's line shows.
    """

    day: date
    position: int
    operations: int
    name: str
    debit: str
    credit: str
    amount: int
    unit: str
    debited: str
    credited: str
    memo: str


class Balance(Struct, frozen=True, gc=False):
    """What an account of the book holds: debits less credits, in fen."""

    account: str
    amount: int
    unit: str


class Book(Struct, frozen=True, kw_only=True):
    """Which book, of which days (``first`` none: from the beginning), in which journal."""

    chart: Chart
    zone: str
    first: date | None
    last: date
    position: int
    detail: bool = False

    @property
    def whose(self) -> int | None:
        """Give the organisation whose own book it is; none: the alliance's."""
        return self.chart.whose


def open_book(
    conn: Connection,
    zone: str,
    first: date | None,
    last: date,
    position: int,
    whose: int | None = None,
    *,
    detail: bool = False,
) -> Book:
    """Open the alliance's book, or ``whose`` own, for business days ``first`` to ``last``.

    ``position`` is how far in the journal it looks: the same one gives the same book for ever.
    Refuses ``days-malformed`` and ``organisation-not-found``.
    """
    if first is not None and last < first:
        raise DaysMalformed(first=first.isoformat(), last=last.isoformat())
    if whose is not None:
        organisations.get(conn, whose)
    made = chart(_everybody(conn), whose)
    return Book(chart=made, zone=zone, first=first, last=last, position=position, detail=detail)


def opening(conn: Connection, book: Book) -> Iterator[Entry]:
    """Give one entry for each account that held something before the first day."""
    if book.first is None:
        return
    balances = list(_balances(conn, book, Q.moved_before))
    if book.whose is not None:
        balances += _contract(conn, book, months.add(book.first.replace(day=1), -1))
    for balance in balances:
        if balance.amount:
            yield _opened(book.first, balance)


def entries(conn: Connection, book: Book) -> Iterator[Entry]:
    """Give what moved, day by day, a page of rows in memory at a time; needs a transaction."""
    query = Q.entries_one_by_one if book.detail else Q.entries_by_day
    for row in stream(conn, query, _values(book)):
        yield _entry(book.chart, row)
    if book.whose is not None:
        yield from _recognised(conn, book, book.whose)


def closing(conn: Connection, book: Book) -> Iterator[Balance]:
    """Give what every account holds after the last day, from the balances of the ledger."""
    yield from _balances(conn, book, Q.balances_at)
    if book.whose is not None:
        yield from _contract(conn, book, _last_month(book))


def _balances(conn: Connection, book: Book, query: bytes) -> Iterator[Balance]:
    for owner, kind, unit, amount in stream(conn, query, _values(book)):
        if kind == "budget":  # no movement touches it yet, so no book has a name for it
            assert not amount
            continue
        signed = book.chart.sign(unit) * amount
        yield Balance(book.chart.account(Side(owner, kind)), signed, unit)


def _entry(chart: Chart, row: tuple[Any, ...]) -> Entry:
    day, number, source, target, amount, operations, position, kind = row
    movement = M(number)
    rule = MOVEMENTS[movement]
    ends = side(rule.from_kind, source), side(rule.to_kind, target)
    left, entered = chart.sides(movement, *ends)
    turned = chart.sign(rule.unit) < 0
    return Entry(
        day=day,
        position=position,
        operations=operations,
        name=kind or movement.name.lower(),
        debit=left if turned else entered,
        credit=entered if turned else left,
        amount=amount,
        unit=rule.unit,
        debited=chart.counterparty(*((target, source) if turned else (source, target))),
        credited=chart.counterparty(*((source, target) if turned else (target, source))),
        memo=rule.meaning,
    )


def _opened(day: date, balance: Balance) -> Entry:
    held = balance.amount > 0
    return Entry(
        day=day, position=0, operations=0, name="opening",
        debit=balance.account if held else OPENING,
        credit=OPENING if held else balance.account,
        amount=abs(balance.amount), unit=balance.unit, debited="", credited="",
        memo="opening balance",
    )  # fmt: skip


def _recognised(conn: Connection, book: Book, whose: int) -> Iterator[Entry]:
    """Give what closed periods deferred and recognised, on the last days of their months."""
    for period in _closed(conn, book):
        day = months.add(period.month, 1) - _DAY
        if book.first is not None and day < book.first:
            continue
        for moved in periods.roll_forward(conn, period.month, whose):
            text = f"period {months.show(period.month)}"
            if moved.added:
                yield _accrued(period, day, DEFERRED, CONTRACT, moved.added, text, "deferred")
            if moved.revenue:
                yield _accrued(period, day, CONTRACT, EARNED, moved.revenue, text, "recognised")


def _accrued(
    period: periods.Period, day: date, debit: str, credit: str, amount: int, text: str, what: str
) -> Entry:
    if amount < 0:
        debit, credit = credit, debit
    return Entry(
        day=day, position=period.position, operations=1, name=what, debit=debit, credit=credit,
        amount=abs(amount), unit="CNY", debited="", credited="", memo=f"{text}: {what}",
    )  # fmt: skip


def _contract(conn: Connection, book: Book, month: date) -> Iterator[Balance]:
    """Give the contract liability as the newest period closed by the end of ``month`` left it."""
    assert book.whose is not None
    for period in reversed(_closed(conn, book)):
        if period.month <= month:
            moved = periods.roll_forward(conn, period.month, book.whose)
            yield Balance(CONTRACT, -sum(one.closing for one in moved), "CNY")
            return


def _closed(conn: Connection, book: Book) -> list[periods.Period]:
    """Give the periods that were closed before the book's position and end in its days."""
    return [
        period
        for period in reversed(periods.newest(conn))
        if period.position <= book.position and period.month <= _last_month(book)
    ]


def _last_month(book: Book) -> date:
    """Give the last month that ends within the book's days."""
    this = book.last.replace(day=1)
    return this if months.add(this, 1) - _DAY == book.last else months.add(this, -1)


def _values(book: Book) -> dict[str, Any]:
    first = book.first
    return {
        "zone": book.zone,
        "since": _BEGINNING if first is None else months.midnight(first, book.zone),
        "before": months.midnight(book.last + _DAY, book.zone),
        "position": book.position,
        "whose": book.whose,
    }


def _everybody(conn: Connection) -> Iterator[Organisation]:
    after = 0
    while page := organisations.list_after(conn, after, limits.PAGE):
        yield from page
        after = page[-1].id
