"""Matching: the till's lines against the day's operations, in the database, table by table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection
from tongbao.reconcile import days
from tongbao.reconcile.actions import REMEDIES
from tongbao.reconcile.till_file import Fault, TillLine
from tongbao.reconcile.types import Asked

M = sql.load(__package__, "matching.sql")
F = sql.load(__package__, "findings.sql")

_SIDES: Final = {"purchase": "s", "award": "s", "sale": "s", "refund": "f", "reversal": "v"}


class Day(Struct, frozen=True, kw_only=True):
    """A business day in the journal: when it begins and ends, and where to look from."""

    begins: datetime
    ends: datetime
    first: int


class Counted(Struct, kw_only=True):
    """What was read of a file: all lines, and whether each names its outlet."""

    lines: int = 0
    by_outlet: bool = True


def begin(conn: Connection) -> None:
    """Make the temporary tables anew; they go with the transaction."""
    for statement in M.drop_tables, M.make_tables:
        for part in statement.split(b";"):
            conn.execute(part, prepare=False)


def take_in(conn: Connection, lines: Iterable[TillLine | Fault]) -> Counted:
    """Copy lines into the database as they are read, however many there are."""
    counted = Counted()
    with conn.cursor().copy(M.copy_till) as copy:
        for line in lines:
            counted.lines += 1
            if isinstance(line, Fault):
                copy.write_row(_fault(line))
                continue
            counted.by_outlet = counted.by_outlet and line.outlet is not None
            copy.write_row(_row(line))
    conn.execute(M.analyze_till, prepare=False)
    return counted


def fill_here(conn: Connection, asked: Asked, day: Day) -> None:
    """Gather the organisation's operations of the day, and what was reversed since."""
    values = {**_asked(asked), **_day(day)}
    conn.execute(M.fill_here, values)
    conn.execute(M.fill_undone, values)


def match(conn: Connection, asked: Asked, day: Day, *, by_outlet: bool) -> None:
    """Pair the till's lines with operations, and write down what differs."""
    values = {**_asked(asked), **_day(day), "by_outlet": by_outlet}
    conn.execute(M.fill_known, values)
    fill_here(conn, asked, day)
    conn.execute(M.fill_elsewhere, values)
    conn.execute(M.analyze, prepare=False)
    conn.execute(M.fill_pair, values)
    conn.execute(M.analyze, prepare=False)
    conn.execute(M.fill_pair_by_reference, values)
    conn.execute(M.fill_undoing, values)
    conn.execute(M.analyze, prepare=False)
    conn.execute(F.find_lines, values)
    conn.execute(F.find_unreadable)
    conn.execute(F.find_here_only)
    conn.execute(F.find_reversals)


def counts(conn: Connection) -> tuple[dict[str, int], int]:
    """Give the differences by code, and how many of the till's lines they concern."""
    rows = conn.execute(F.count_found).fetchall()
    return {code: count for code, count, _ in rows}, sum(lines for _, _, lines in rows)


def write_differences(conn: Connection, reconciliation_id: int) -> None:
    """Keep what was found, each with its action; beyond the limit the counts say how many."""
    values = {
        "id": reconciliation_id,
        "codes": arrays.words(REMEDIES),
        "actions": arrays.words(remedy.action for remedy in REMEDIES.values()),
        "limit": limits.DIFFERENCES,
    }
    conn.execute(F.write_differences, values)


def write_line_totals(conn: Connection, reconciliation_id: int, asked: Asked) -> None:
    """Keep both sides' sums of a file of lines."""
    conn.execute(F.write_line_totals, {"id": reconciliation_id, "day": asked.day})


def _asked(asked: Asked) -> dict[str, object]:
    return {
        "organisation": asked.organisation_id,
        "outlet": asked.outlet_id,
        "day": asked.day,
        "zone": str(asked.cutover.zone),
        "shift": days.shift(asked.cutover),
    }


def _day(day: Day) -> dict[str, object]:
    return {"begins": day.begins, "ends": day.ends, "first": day.first}


def _row(line: TillLine) -> Sequence[object]:
    return (
        line.line, line.kind, _SIDES[line.kind], line.operation, line.key, line.receipt_key,
        line.receipt, line.outlet, line.amount, line.points, line.earned, line.day, line.label,
        line.terminal,
    )  # fmt: skip


def _fault(fault: Fault) -> Sequence[object]:
    label, note = f"line {fault.line}", f"{fault.code}: {fault.reason}"
    nothing = [None] * 9
    return (fault.line, "unknown", "x", *nothing, label, note[: limits.TEXT])
