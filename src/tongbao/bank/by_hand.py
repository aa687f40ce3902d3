"""What a person does with a line that could not be matched: match it, or send it back."""

import re
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from tongbao.bank import decide, matching, reading
from tongbao.bank.decide import Candidate
from tongbao.bank.matching import Q, Taken, line_of, subject
from tongbao.bank.types import BookedLine
from tongbao.clearing import booking
from tongbao.clearing.types import Leg
from tongbao.desk import exceptions, people
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused

R = sql.load(__package__, "report_queries.sql")

STATES: Final = ("new", "matched", "known", "pending", "open", "returned")
"""What a line may be."""

_LAST: Final = 2**63 - 1
_LINE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")


class BankLineNotFound(NotFound):
    code = "bank-line-not-found"
    text = "there is no line {line}"


class BankLineDecided(Conflict):
    code = "bank-line-decided"
    text = "line {line} is {state}; only open ones can be decided"


class BankLineDoesNotFit(Refused):
    code = "bank-line-does-not-fit"
    text = "line {line} cannot be of payment {payment}: {reason}"


class BankPaymentNotFound(NotFound):
    code = "bank-payment-not-found"
    text = "there is no payment {payment}"


class Foreseen(Struct, frozen=True, kw_only=True):
    """A line as a payment: the leg of the payment ``before`` it is booked, and ``after``."""

    line: BookedLine
    payment: Candidate
    before: Leg
    after: Leg


def match(conn: Connection, line: str, payment: str, *, by: str, at: datetime) -> BookedLine:
    """Book an open line as the payment with an end-to-end id, in part if it is less.

    One that goes the other way is booked as what came back of it. ``line`` is written as in lists:
    ``7-31`` is line 31 of report 7. Refuses
    ``bank-line-not-found``, ``bank-line-decided``, ``bank-payment-not-found``,
    ``bank-line-does-not-fit`` (also when it is more than is left) and ``text-malformed``.
    """
    by = people.name(by)
    found = _open_line(conn, line)
    meant = _payment(conn, payment)
    how = "hand" if found.incoming == meant.incoming else "return"
    _check_fits(found, meant)
    for _, trouble in matching.book(conn, [Taken(found, how, [meant])], at, by):
        raise BankLineDoesNotFit(line=found.id, payment=meant.end_to_end_id, reason=trouble.why)
    _close(conn, found, by, "matched", f"matched with {meant.end_to_end_id}", at)
    return get(conn, found.id)


def foresee(conn: Connection, line: str, payment: str) -> Foreseen:
    """Say what ``match`` would make of an open line and a payment, and book nothing.

    Refuses what ``match`` refuses; what clearing would refuse, as clearing does.
    """
    found = get(conn, line)
    _check_open(found)
    meant = _payment(conn, payment)
    _check_fits(found, meant)
    before, after = booking.foresee(
        conn,
        meant.settlement_id,
        meant.organisation_id,
        found.amount,
        reference=f"bank-{found.id}",
        back=found.incoming != meant.incoming,
    )
    return Foreseen(line=found, payment=meant, before=before, after=after)


def send_back(conn: Connection, line: str, *, by: str, reason: str, at: datetime) -> BookedLine:
    """Note that the money of an open line was, or will be, sent back to where it came from.

    Nothing is booked: it never was in the books. Refuses ``bank-line-not-found``,
    ``bank-line-decided`` and ``text-malformed``.
    """
    by, reason = people.name(by), texts.line("reason", reason, limits.TEXT)
    found = _open_line(conn, line)
    values = {"report": found.report_id, "numbers": arrays.ints([found.number])}
    conn.execute(Q.note_state, {**values, "state": "returned", "by": by, "at": at})
    _close(conn, found, by, "returned", reason, at)
    return get(conn, found.id)


def get(conn: Connection, line: str) -> BookedLine:
    """Give a line, written as in lists; refuses ``bank-line-not-found``."""
    row = _row(conn, line, Q.one_line)
    if row is None:
        raise BankLineNotFound(line=texts.shown(line))
    return line_of(row)


def listed(
    conn: Connection,
    *,
    report_id: int | None = None,
    state: str | None = None,
    after: tuple[int, int] = (_LAST, 0),
    limit: int = limits.PAGE,
) -> list[BookedLine]:
    """Give at most ``limit`` lines, of the newest report first; refuses ``choice-malformed``.

    ``after``: the report and the number of the line after which they begin.
    """
    if state is not None:
        texts.choice("state", state, STATES)
    values = {
        "report": report_id,
        "state": state,
        "until": after[0],
        "after": after[1],
        "limit": min(limit, limits.PAGE),
    }
    return [line_of(row) for row in conn.execute(Q.lines, values)]


def _open_line(conn: Connection, line: str) -> BookedLine:
    conn.execute(R.one_at_a_time, {"lock": reading.LOCK})
    row = _row(conn, line, Q.lock_line)
    if row is None:
        raise BankLineNotFound(line=texts.shown(line))
    found = line_of(row)
    _check_open(found)
    return found


def _row(conn: Connection, line: str, query: bytes) -> tuple[Any, ...] | None:
    match_ = _LINE.fullmatch(line)
    if match_ is None:
        return None
    return conn.execute(query, {"report": int(match_[1]), "number": int(match_[2])}).fetchone()


def _check_open(line: BookedLine) -> None:
    if line.state != "open":
        raise BankLineDecided(line=line.id, state=line.state)


def _payment(conn: Connection, end_to_end_id: str) -> Candidate:
    values = {"ids": arrays.texts([end_to_end_id[: limits.CODE]])}
    row = conn.execute(Q.payments_by_id, values).fetchone()
    if row is None:
        raise BankPaymentNotFound(payment=texts.shown(end_to_end_id))
    return Candidate(*row)


def _check_fits(line: BookedLine, payment: Candidate) -> None:
    reason = None
    if line.currency != "CNY":
        reason = f"it is in {line.currency}"
    elif payment.attempt != payment.newest:
        reason = "that was instructed again meanwhile"
    if reason is not None:
        raise BankLineDoesNotFit(line=line.id, payment=payment.end_to_end_id, reason=reason)


def _close(
    conn: Connection, line: BookedLine, by: str, how: str, reason: str, at: datetime
) -> None:
    for kind in decide.KINDS:
        exceptions.close_subjects(conn, kind, [subject(line)], by=by, how=how, reason=reason, at=at)
