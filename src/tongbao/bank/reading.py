"""Reading a file from the bank: all of it is written down, or nothing.

What it means for legs is decided afterwards, in ``matching`` and ``statuses``.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.bank import accounts, camt, pain_002
from tongbao.bank.camt import Statement
from tongbao.bank.camt_line import Line
from tongbao.bank.pain_002 import Status
from tongbao.bank.refusals import (
    BankAccountUnknown,
    BankCurrency,
    BankFileReused,
    BankFileTooLarge,
    BankFileUnreadable,
    BankMessageUnknown,
    BankReportNotFound,
)
from tongbao.bank.types import Head, Report
from tongbao.bank.xml_reader import PIECE, read
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "report_queries.sql")

LOCK: Final = 7_407_013
"""Key of the advisory lock of whoever writes down or matches what the bank reports."""

_LAST: Final = 2**63 - 1
_ROWS: Final = 5_000
_MESSAGES: Final = (*camt.MESSAGES, *pain_002.MESSAGES)
_CONTAINERS: Final = camt.CONTAINERS | pain_002.CONTAINERS


class Content(Struct, frozen=True, kw_only=True):
    """What is known of a file before it is read."""

    path: Path
    name: str
    size: int
    digest: bytes


def examine(path: Path, most: int = limits.BANK_FILE) -> Content:
    """Give size and digest of a file.

    Refuses ``bank-file-unreadable`` and, of more than ``most`` bytes, ``bank-file-too-large``.
    """
    name = texts.shown(path.name)
    digest, size = hashlib.sha256(), 0
    try:
        with open(path, "rb") as file:
            if path.stat().st_size > most:
                raise BankFileTooLarge(file=name, size=path.stat().st_size, most=most)
            while piece := file.read(PIECE):
                size += len(piece)
                if size > most:  # it grows, or is no ordinary file
                    raise BankFileTooLarge(file=name, size=size, most=most)
                digest.update(piece)
    except OSError as error:
        raise BankFileUnreadable(file=name, reason=error.strerror or str(error)) from error
    return Content(path=path, name=name, size=size, digest=digest.digest())


def take_in(conn: Connection, content: Content, at: datetime) -> Report:
    """Write down what is in a file, in the caller's transaction; a known one is only given.

    Refuses ``bank-file-malformed``, ``bank-file-unsafe``, ``bank-file-unknown``,
    ``bank-sums-differ``, ``bank-currency``, ``bank-account-unknown``, and ``bank-file-reused``
    when another file had its message id or one of its statements.
    """
    conn.execute(Q.one_at_a_time, {"lock": LOCK})
    known = find(conn, content.digest)
    if known is not None:
        return known
    try:
        with open(content.path, "rb") as file:
            events = read(file, _MESSAGES, _CONTAINERS)
            message = next(events)[0]
            if message in pain_002.MESSAGES:
                return _take_statuses(conn, content, pain_002.statuses(message, events), at)
            return _take_lines(conn, content, camt.lines(message, events), at)
    except OSError as error:
        raise BankFileUnreadable(file=content.name, reason=error.strerror or str(error)) from error


def find(conn: Connection, digest: bytes) -> Report | None:
    """Give the report that a file with this digest became."""
    with conn.cursor(row_factory=class_row(Report)) as cursor:
        return cursor.execute(Q.find_report, {"digest": digest}).fetchone()


def get(conn: Connection, report_id: int) -> Report:
    """Give a report by its id; refuses ``bank-report-not-found``."""
    found = None
    if 0 < report_id < 2**63:
        with conn.cursor(row_factory=class_row(Report)) as cursor:
            found = cursor.execute(Q.get_report, {"id": report_id}).fetchone()
    if found is None:
        raise BankReportNotFound(report=report_id)
    return found


def listed(conn: Connection, *, before: int = _LAST, limit: int = limits.PAGE) -> list[Report]:
    """Give at most ``limit`` reports with ids below ``before``, newest first."""
    values = {"before": before, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Report)) as cursor:
        return cursor.execute(Q.list_reports, values).fetchall()


def _begin(conn: Connection, content: Content, head: Head, at: datetime) -> int:
    """Write the report down, to be filled; refuses ``bank-file-reused``."""
    family = head.message[: len("camt.053")]
    values = {
        "digest": content.digest,
        "family": family,
        "message": head.message,
        "message_id": head.message_id,
        "name": content.name,
        "size": content.size,
        "created_at": head.created_at,
        "at": at,
    }
    row = conn.execute(Q.write_report, values).fetchone()
    if row is None:
        other = conn.execute(Q.report_of_message, values).fetchone() or (0,)
        raise BankFileReused(what=family, given=texts.shown(head.message_id), report=other[0])
    return int(row[0])


def _finish(conn: Connection, report_id: int, lines: int) -> Report:
    conn.execute(Q.count_lines, {"report": report_id, "lines": lines})
    return get(conn, report_id)


def _take_lines(
    conn: Connection, content: Content, items: Iterator[camt.Item], at: datetime
) -> Report:
    head = next(items)
    assert isinstance(head, Head), "a message begins with its head"
    report_id = _begin(conn, content, head, at)
    family, count = head.message[: len("camt.053")], 0
    rows: list[Sequence[Any]] = []
    for item in items:
        if isinstance(item, Line):
            count += 1
            rows.append(_row(report_id, count, family, item))
            if len(rows) == _ROWS:
                _copy(conn, _LINE, rows)
        elif isinstance(item, Statement):
            _write_statement(conn, report_id, family, item)
    _copy(conn, _LINE, rows)
    return _finish(conn, report_id, count)


_LINE: Final = b"""COPY bank.line (
  report_id, number, statement, family, state, incoming, amount, currency, reversal, booked_on,
  value_on, end_to_end_id, reference, batch, party, account, remittance, mark
) FROM STDIN"""


def _row(report_id: int, number: int, family: str, line: Line) -> Sequence[Any]:
    return (
        report_id, number, line.statement, family, "new" if line.booked else "pending",
        line.incoming, line.amount, line.currency, line.reversal, line.booked_on, line.value_on,
        line.end_to_end_id, line.reference, line.batch, line.party, line.account, line.remittance,
        _mark(line),
    )  # fmt: skip


def _mark(line: Line) -> str:
    """Give what the same money has in common in a notification and in a statement."""
    way = "+" if line.incoming else "-"
    who = line.end_to_end_id or line.reference or line.batch
    if who is None:
        who = f"{line.booked_on}/{line.account}/{line.party}"
    return f"{way}{line.amount}{line.currency}{'R' if line.reversal else ''}:{who}"


def _write_statement(conn: Connection, report_id: int, family: str, one: Statement) -> None:
    if one.currency not in (None, "CNY"):
        raise BankCurrency(statement=texts.shown(one.id), currency=texts.shown(one.currency or ""))
    if not accounts.is_own(conn, one.account):
        raise BankAccountUnknown(number=texts.shown(one.account))
    values = {
        "report": report_id,
        "number": one.number,
        "family": family,
        "id": one.id,
        "account": one.account,
        "sequence": one.sequence,
        "opening": one.opening,
        "closing": one.closing,
        "closed_on": one.closed_on,
        "entries": one.entries,
        "credits": one.credits,
        "debits": one.debits,
    }
    if conn.execute(Q.write_statement, values).rowcount == 0:
        (other,) = conn.execute(Q.report_of_statement, values).fetchone() or (0,)
        raise BankFileReused(what="statement", given=texts.shown(one.id), report=other)


def _take_statuses(
    conn: Connection, content: Content, items: Iterator[Head | Status], at: datetime
) -> Report:
    head = next(items)
    assert isinstance(head, Head), "a message begins with its head"
    report_id, count, known = _begin(conn, content, head, at), 0, ""
    rows: list[Sequence[Any]] = []
    for item in items:
        assert isinstance(item, Status), "it has one head"
        count += 1
        if item.message_id != known:
            _check_message(conn, item.message_id)
            known = item.message_id
        rows.append(
            (report_id, count, item.message_id, item.end_to_end_id, item.status, item.reason, "new")
        )
        if len(rows) == _ROWS:
            _copy(conn, _STATUS, rows)
    _copy(conn, _STATUS, rows)
    return _finish(conn, report_id, count)


_STATUS: Final = b"""COPY bank.status (
  report_id, number, message_id, end_to_end_id, status, reason, state
) FROM STDIN"""


def _check_message(conn: Connection, message_id: str) -> None:
    values = {"message": message_id}
    if conn.execute(Q.file_of_message, values).fetchone() is None:
        raise BankMessageUnknown(message=texts.shown(message_id))


def _copy(conn: Connection, statement: bytes, rows: list[Sequence[Any]]) -> None:
    if rows:
        with conn.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        rows.clear()
