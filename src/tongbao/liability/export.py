"""A general ledger as text: CSV for any bookkeeping, Beancount for ``bean-check``."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal, TextIO

from msgspec import Struct

from tongbao.kernel.amounts import show
from tongbao.kernel.db import Connection
from tongbao.liability import book as books
from tongbao.liability.book import Balance, Book, Entry

Format = Literal["csv", "beancount"]

_COLUMNS: Final = (
    "date", "position", "operations", "account", "debit", "credit", "currency", "counterparty",
    "memo",
)  # fmt: skip


class Written(Struct, frozen=True, kw_only=True):
    """What an export has written; the amounts are the sums of its debits, in fen."""

    entries: int
    accounts: int
    points: int
    money: int
    position: int


class _Tally(Struct):
    """What was written so far; ``accounts`` with the unit in which each was used."""

    entries: int = 0
    accounts: set[tuple[str, str]] = set()
    points: int = 0
    money: int = 0


def export(conn: Connection, book: Book, form: Format, out: TextIO) -> Written:
    """Write a book to ``out`` as it is read. Call it in a transaction that sees one snapshot.

    The same book gives the same bytes, whenever it is written.
    """
    tally = _Tally()
    if form == "csv":
        _write_csv(conn, book, out, tally)
    else:
        _write_beancount(conn, book, out, tally)
    return Written(
        entries=tally.entries,
        accounts=len({account for account, _ in tally.accounts}),
        points=tally.points,
        money=tally.money,
        position=book.position,
    )


def _write_csv(conn: Connection, book: Book, out: TextIO, tally: _Tally) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for entry in _entries(conn, book, tally):
        place = entry.day.isoformat(), entry.position, entry.operations
        amount = _plain(entry.amount)
        memo = f"{entry.name}: {entry.memo}"
        writer.writerow((*place, entry.debit, amount, "", entry.unit, entry.debited, memo))
        writer.writerow((*place, entry.credit, "", amount, entry.unit, entry.credited, memo))


def _write_beancount(conn: Connection, book: Book, out: TextIO, tally: _Tally) -> None:
    whose = "the alliance" if book.whose is None else book.chart.codes[book.whose]
    since = "the beginning" if book.first is None else book.first.isoformat()
    out.write(
        f";; General ledger of {whose}, {since} to {book.last}, journal up to {book.position}.\n"
        f'option "title" "{whose}"\n'
        'option "operating_currency" "CNY"\n'
    )
    begins = book.first
    for entry in _entries(conn, book, tally):
        begins = entry.day if begins is None else begins
        _write_entry(out, entry)
    out.write("\n")
    after = book.last + timedelta(days=1)
    for balance in books.closing(conn, book):
        if balance.amount or (balance.account, balance.unit) in tally.accounts:
            tally.accounts.add((balance.account, balance.unit))
            out.write(_assertion(after.isoformat(), balance))
    out.write("\n")
    for account, pairs in groupby(sorted(tally.accounts), key=itemgetter(0)):
        units = ",".join(unit for _, unit in pairs)
        out.write(f"{begins or book.last} open {account} {units}\n")


def _write_entry(out: TextIO, entry: Entry) -> None:
    amount = _plain(entry.amount)
    out.write(
        f'\n{entry.day} * "{entry.name}" "{entry.memo}"\n'
        f"  position: {entry.position}\n  operations: {entry.operations}\n"
        f"  {entry.debit}  {amount} {entry.unit}\n  {entry.credit}  -{amount} {entry.unit}\n"
    )


def _assertion(day: str, balance: Balance) -> str:
    """Write what an account must hold; without ``~ 0`` a fen more or less would do."""
    return f"{day} balance {balance.account}  {_plain(balance.amount)} ~ 0 {balance.unit}\n"


def _entries(conn: Connection, book: Book, tally: _Tally) -> Iterator[Entry]:
    for source in (books.opening(conn, book), books.entries(conn, book)):
        for entry in source:
            tally.entries += 1
            tally.accounts |= {(entry.debit, entry.unit), (entry.credit, entry.unit)}
            if entry.unit == "PTS":
                tally.points += entry.amount
            else:
                tally.money += entry.amount
            yield entry


def _plain(amount: int) -> str:
    return show(amount).replace(",", "")
