"""Importing a file from the bank: read as a whole, then dealt with in chunks.

Stopped anywhere, importing the same file again goes on where it was; done before, it changes
nothing.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from tongbao.bank import continuity, matching, reading, statuses
from tongbao.bank.types import Report
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "report_queries.sql")
M = sql.load(__package__, "match_queries.sql")
S = sql.load(__package__, "status_queries.sql")


class Count(Struct, frozen=True, kw_only=True):
    """How many lines or statuses of a report came to what, and their sum in fen."""

    what: str
    count: int
    amount: int = 0


class Imported(Struct, frozen=True, kw_only=True):
    """What became of a file; ``replayed``: it was imported before, and nothing was done now."""

    report: Report
    counts: list[Count]
    replayed: bool


def import_file(
    conn: Connection,
    path: Path,
    at: datetime,
    tell: Callable[[int], object] = lambda lines: None,
) -> Imported:
    """Import a file from the bank: pain.002, camt.053 or camt.054.

    Opens its own transactions: one in which the file is read, and one for each chunk. ``tell``
    hears how many lines each chunk had. Refuses what ``reading.examine`` and ``reading.take_in``
    refuse; then nothing of the file is kept.
    """
    content = reading.examine(path)
    with conn.transaction():
        report = reading.take_in(conn, content, at)
    if report.done_at is not None:
        return Imported(report=report, counts=counts(conn, report), replayed=True)
    return finish(conn, report, at, tell)


def finish(
    conn: Connection,
    report: Report,
    at: datetime,
    tell: Callable[[int], object] = lambda lines: None,
) -> Imported:
    """Deal with what is left of a report that was read, chunk by chunk."""
    work = statuses.work_some if report.family == "pain.002" else matching.match_some
    while True:
        with conn.transaction():
            done = work(conn, report, at)
            if not done:
                continuity.check(conn, report, at)
                conn.execute(Q.finish_report, {"report": report.id, "at": at})
        if not done:
            break
        tell(done)
    found = reading.get(conn, report.id)
    return Imported(report=found, counts=counts(conn, found), replayed=False)


def counts(conn: Connection, report: Report) -> list[Count]:
    """Give what became of the lines of a report, or what its statuses say."""
    values = {"report": report.id}
    if report.family == "pain.002":
        rows = conn.execute(S.statuses_by_status, values)
        return [Count(what=status, count=count) for status, count in rows]
    return [
        Count(what=f"{state} by {how}" if how else state, count=count, amount=amount)
        for state, how, count, amount in conn.execute(M.lines_by_state, values)
    ]
