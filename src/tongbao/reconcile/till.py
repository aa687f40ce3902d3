"""Reconciling a till: its file against the ledger, once, and what is left open on a work list."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from tongbao.alliance import organisations, outlets
from tongbao.desk import exceptions, people
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import limits, once, sql, texts
from tongbao.kernel.db import Connection
from tongbao.reconcile import days, matching, till_file, totals
from tongbao.reconcile.actions import REMEDIES
from tongbao.reconcile.matching import Day
from tongbao.reconcile.refusals import OutletElsewhere, ReconciliationNotFound
from tongbao.reconcile.till_file import How, TillFile
from tongbao.reconcile.types import Asked, Difference, Reconciliation, Total

Q = sql.load(__package__)

_LOCKS: Final = 0x72636E63
"""First half of the keys of the advisory locks of files; the second is of the digest."""

_LAST: Final = 2**63 - 1
_MANY: Final = 500
"""Differences that become an exception item each; the others share one."""


def reconcile(
    conn: Connection, path: Path, asked: Asked, at: datetime, how: How | None = None
) -> Reconciliation:
    """Compare the file at ``path`` with the ledger and keep what was found.

    The same file of the same day is compared once; sent again it is answered as before, unless
    ``asked.again``. What differs becomes exception items; those of earlier files of the day that
    differ no longer are closed. Refuses what is wrong with the file as a whole (see ``till_file``),
    ``organisation-not-found``, ``outlet-not-found``, ``outlet-elsewhere``, ``day-malformed`` and
    ``text-malformed``; what is wrong with a line is a difference. Needs an open transaction.
    """
    by = people.name(asked.by)
    organisations.get(conn, asked.organisation_id)
    if asked.outlet_id is not None:
        outlet = outlets.get(conn, asked.outlet_id)
        if outlet.organisation_id != asked.organisation_id:
            raise OutletElsewhere(outlet=outlet.code, organisation=asked.organisation_id)
    begins, ends = days.bounds(asked.day, asked.cutover, at)
    file = till_file.examine(path, how or How())
    digest = _digest(file, asked)
    conn.execute(
        Q.lock_file, {"space": _LOCKS, "file": int.from_bytes(digest[:4], "big", signed=True)}
    )
    before = _find(conn, digest)
    if before is not None and not asked.again:
        return msgspec.structs.replace(before, replayed=True)
    day = Day(begins=begins, ends=ends, first=days.first_operation(conn, begins))
    outlets_of = conn.execute(Q.outlets_of, {"organisation": asked.organisation_id})
    by_code = {code: number for number, code in outlets_of}
    matching.begin(conn)
    if file.totals:
        lines, sums = totals.compare(conn, file, asked, day, by_code)
    else:
        lines, sums = _match(conn, file, asked, day, by_code), []
    counts, concerned = matching.counts(conn)
    row = {
        "organisation": asked.organisation_id, "day": asked.day, "outlet": asked.outlet_id,
        "form": "totals" if file.totals else "lines", "name": texts.line("name", path.name),
        "digest": digest, "run": 1 if before is None else before.run + 1, "lines": lines,
        "matched": max(0, lines - concerned), "differences": sum(counts.values()),
        "counts": msgspec.json.encode(counts).decode(), "by": by, "at": at,
    }  # fmt: skip
    (number,) = conn.execute(Q.write_reconciliation, row).fetchone() or (0,)
    matching.write_differences(conn, number)
    if file.totals:
        totals.write(conn, number, sums)
    else:
        matching.write_line_totals(conn, number, asked)
    made = get(conn, number)
    _work_on(conn, made, at)
    return made


def get(conn: Connection, number: int) -> Reconciliation:
    """Give a reconciliation by its id; refuses ``reconciliation-not-found``."""
    row = None
    if 0 < number <= _LAST:
        row = conn.execute(Q.get_reconciliation, {"id": number}).fetchone()
    if row is None:
        raise ReconciliationNotFound(reconciliation=number)
    return _reconciliation(row)


def listed(
    conn: Connection,
    organisation: int | None = None,
    day: date | None = None,
    *,
    before: int = _LAST,
    limit: int = limits.PAGE,
) -> list[Reconciliation]:
    """Give at most ``limit`` reconciliations with ids below ``before``, newest first."""
    values = {
        "organisation": organisation,
        "day": day,
        "before": before,
        "limit": min(limit, limits.PAGE),
    }
    return [_reconciliation(row) for row in conn.execute(Q.list_reconciliations, values)]


def differences(
    conn: Connection, number: int, after: int = 0, limit: int = limits.PAGE
) -> list[Difference]:
    """Give at most ``limit`` differences after the one numbered ``after``, in the file's order."""
    values = {"id": number, "after": after, "limit": min(limit, limits.PAGE)}
    found = []
    for row in conn.execute(Q.differences_of, values):
        named = dict(zip(Difference.__struct_fields__, row, strict=False))
        found.append(Difference(**named, advice=REMEDIES[named["code"]].advice))
    return found


def sums(conn: Connection, number: int, limit: int = limits.PAGE) -> list[Total]:
    """Give both sides' sums by outlet and subject."""
    rows = conn.execute(Q.totals_of, {"id": number, "limit": min(limit, limits.PAGE)})
    return [Total(**dict(zip(Total.__struct_fields__, row, strict=True))) for row in rows]


def _match(
    conn: Connection, file: TillFile, asked: Asked, day: Day, by_code: dict[str, int]
) -> int:
    default = asked.outlet_id
    if default is None and len(by_code) == 1:
        (default,) = by_code.values()
    said = till_file.read_lines(file, by_code, default, asked.cutover)
    counted = matching.take_in(conn, said)
    matching.match(conn, asked, day, by_outlet=counted.by_outlet)
    return counted.lines


def _digest(file: TillFile, asked: Asked) -> bytes:
    """Give what a file of a day goes by: its content, how it is read, and whose day it is of."""
    begins = f"{asked.cutover.at} {asked.cutover.zone}"
    what = (asked.organisation_id, str(asked.day), asked.outlet_id, begins, file.digest.hex())
    return once.fingerprint(what)


def _find(conn: Connection, digest: bytes) -> Reconciliation | None:
    row = conn.execute(Q.find_reconciliation, {"digest": digest}).fetchone()
    return None if row is None else _reconciliation(row)


def _reconciliation(row: Sequence[Any]) -> Reconciliation:
    named = dict(zip(Reconciliation.__struct_fields__, row, strict=False))
    named["counts"] = msgspec.json.decode(named["counts"])
    return Reconciliation(**named, balanced=named["differences"] == 0)


def _work_on(conn: Connection, made: Reconciliation, at: datetime) -> None:
    """Raise an item for each difference, and close those of the day that are none any more."""
    where = "*" if made.outlet_id is None else made.outlet_id
    prefix = f"{made.organisation_id}:{made.business_day}:{where}:"
    items = [_item(prefix, made, one) for one in differences(conn, made.id, limit=_MANY)]
    if made.differences > len(items):
        rest = made.differences - len(items)
        facts = {"reconciliation": made.id, "differences": rest}
        items.append(
            NewItem(
                kind="till",
                organisation_id=made.organisation_id,
                subject=f"{prefix}rest",
                facts=facts,
            )
        )
    exceptions.raise_items(conn, items, at)
    open_now = conn.execute(
        Q.open_items, {"organisation": made.organisation_id, "prefix": prefix}
    ).fetchall()
    still = {item.subject for item in items}
    exceptions.close_subjects(
        conn,
        "till",
        [subject for (subject,) in open_now if subject not in still],
        by=made.asked_by,
        how="reconciled",
        reason=f"reconciliation {made.id} does not have it any more",
        at=at,
    )


def _item(prefix: str, made: Reconciliation, one: Difference) -> NewItem:
    known = {
        "operation": one.operation_id, "outlet": one.outlet_id, "line": one.line,
        "till_amount": one.till_amount, "here_amount": one.here_amount,
        "till_points": one.till_points, "here_points": one.here_points, "note": one.note,
    }  # fmt: skip
    facts = {
        "reconciliation": made.id, "difference": one.n, "action": one.action, "label": one.label,
        **{name: value for name, value in known.items() if value is not None},
    }  # fmt: skip
    return NewItem(
        kind="till",
        organisation_id=made.organisation_id,
        subject=_subject(f"{prefix}{one.code}:", one),
        facts=facts,
    )


def _subject(prefix: str, one: Difference) -> str:
    """Say what a difference is about in the same words tomorrow."""
    name = str(one.operation_id) if one.operation_id is not None else one.label
    subject = prefix + name
    if len(subject) <= limits.KEY:
        return subject
    return prefix + once.fingerprint(name).hex()
