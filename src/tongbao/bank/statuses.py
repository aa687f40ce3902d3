"""What the bank says of payments before it moves money: accepted, or rejected and for what reason.

A rejection reopens just its leg; the others go on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from tongbao.bank import reading
from tongbao.bank.pain_002 import REJECTED
from tongbao.bank.types import Report
from tongbao.clearing import legs
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal

Q = sql.load(__package__, "status_queries.sql")
R = sql.load(__package__, "report_queries.sql")

CHUNK: Final = 1_000
"""Payments of one transaction."""

KIND: Final = "bank-status"
"""Exception items: a status that cannot be, such as the rejection of what was paid."""

_LONGEST: Final = 200


class _Status(Struct, frozen=True, gc=False):
    number: int
    message_id: str
    end_to_end_id: str | None
    status: str
    reason: str | None

    @property
    def rejects(self) -> bool:
        return self.status in REJECTED

    @property
    def words(self) -> str:
        """What is kept as the reason of a rejection."""
        return f"{self.status} {self.reason or 'without a reason'}"[:_LONGEST]


class _Payment(Struct, frozen=True, gc=False):
    settlement_id: int
    organisation_id: int
    attempt: int
    end_to_end_id: str
    state: str
    message_id: str


def work_some(conn: Connection, report: Report, at: datetime, limit: int = CHUNK) -> int:
    """Deal with at most ``limit`` statuses, or payments of a file that one is about; 0: all done.

    In the caller's transaction.
    """
    conn.execute(R.one_at_a_time, {"lock": reading.LOCK})
    values = {"report": report.id, "limit": limit}
    waiting = [_Status(*row) for row in conn.execute(Q.new_statuses, values)]
    if not waiting:
        return 0
    if waiting[0].end_to_end_id is None:
        return _work_file(conn, report, waiting[0], at, limit)
    ones: list[_Status] = []
    for status in waiting:  # in their order: what is said of a file waits for what stands before
        if status.end_to_end_id is None:
            break
        ones.append(status)
    _work_ones(conn, report, ones, at)
    return len(ones)


def _work_file(conn: Connection, report: Report, status: _Status, at: datetime, limit: int) -> int:
    states = ["sent", "accepted"] if status.rejects else ["sent"]
    values = {
        "message": status.message_id,
        "states": arrays.words(states),
        "limit": limit,
    }
    payments = [_Payment(*row) for row in conn.execute(Q.payments_of_message, values)]
    _apply(conn, report, [(status, payment) for payment in payments], at)
    if len(payments) < limit:
        _note_done(conn, report, [status])
    return max(1, len(payments))


def _work_ones(conn: Connection, report: Report, statuses: Sequence[_Status], at: datetime) -> None:
    ids = arrays.texts(status.end_to_end_id for status in statuses)
    rows = conn.execute(Q.payments_of_ids, {"ids": ids})
    known = {row[3]: _Payment(*row) for row in rows}
    meant: list[tuple[_Status, _Payment]] = []
    unknown: list[NewItem] = []
    for status in statuses:
        payment = known.get(status.end_to_end_id or "")
        if payment is None or payment.message_id != status.message_id:
            unknown.append(_item(report, status, None, "no payment of the file has its id"))
        else:
            meant.append((status, payment))
    exceptions.raise_items(conn, unknown, at)
    _apply(conn, report, meant, at)
    _note_done(conn, report, statuses)


def _apply(
    conn: Connection, report: Report, meant: Sequence[tuple[_Status, _Payment]], at: datetime
) -> None:
    """Accept or reject payments; those that were paid or rejected before stay what they are."""
    changed: list[tuple[_Status, _Payment, str]] = []
    odd: list[NewItem] = []
    for status, payment in meant:
        if not status.rejects:
            if payment.state == "sent":
                changed.append((status, payment, "accepted"))
        elif payment.state == "paid":
            odd.append(_item(report, status, payment, "it was paid before it was rejected"))
        elif payment.state != "rejected":
            fault = _reject(conn, status, payment, at)
            changed.append((status, payment, "rejected"))
            if fault is not None:
                odd.append(_item(report, status, payment, str(fault)))
    exceptions.raise_items(conn, odd, at)
    if changed:
        conn.execute(
            Q.note_payments,
            {
                "settlements": arrays.ints(p.settlement_id for _, p, _ in changed),
                "organisations": arrays.ints(p.organisation_id for _, p, _ in changed),
                "attempts": arrays.ints(p.attempt for _, p, _ in changed),
                "states": arrays.words(state for _, _, state in changed),
                "statuses": arrays.texts(status.status for status, _, _ in changed),
                "reasons": arrays.texts(status.reason for status, _, _ in changed),
            },
        )


def _reject(conn: Connection, status: _Status, payment: _Payment, at: datetime) -> Refusal | None:
    try:
        legs.reject_leg(
            conn,
            payment.settlement_id,
            payment.organisation_id,
            reason=status.words,
            at=at,
            attempt=payment.attempt,
        )
    except Refusal as refusal:
        return refusal
    return None


def _note_done(conn: Connection, report: Report, statuses: Sequence[_Status]) -> None:
    numbers = arrays.ints(status.number for status in statuses)
    conn.execute(Q.note_statuses, {"report": report.id, "numbers": numbers})


def _item(report: Report, status: _Status, payment: _Payment | None, why: str) -> NewItem:
    facts: Mapping[str, Any] = {
        "report": report.id,
        "file": status.message_id,
        "end_to_end_id": status.end_to_end_id,
        "status": status.status,
        "reason": status.reason,
        "why": why,
    }
    return NewItem(
        kind=KIND,
        organisation_id=payment.organisation_id if payment is not None else None,
        subject=f"status {report.id}-{status.number}"
        + (f" {payment.end_to_end_id}" if payment is not None else ""),
        facts=facts,
    )
