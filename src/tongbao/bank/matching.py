"""Matching what the bank has moved with what it was told to move, and booking it.

Line by line of a report, in chunks: each chunk is one transaction in which money, legs, lines and
exception items change together. Stopped anywhere, the next chunk goes on where the last one ended.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from tongbao.bank import decide, reading
from tongbao.bank.decide import Candidate, Match, Trouble
from tongbao.bank.types import BookedLine, Report
from tongbao.clearing import booking
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal

Q = sql.load(__package__, "match_queries.sql")
R = sql.load(__package__, "report_queries.sql")

CHUNK: Final = 1_000
"""Lines of one transaction: as long as it lasts, no window closes."""

BANK: Final = "bank"
"""Who has matched what was matched without anybody."""

MISSING: Final = "bank-missing"
"""Exception items: a payment that was instructed and is on no statement."""

_CANDIDATES: Final = 20_000


class Taken(Struct, frozen=True, gc=False):
    """A line that is of one payment or, reported as a whole, of all of a file."""

    line: BookedLine
    how: str
    payments: list[Candidate]


def match_some(conn: Connection, report: Report, at: datetime, limit: int = CHUNK) -> int:
    """Match at most ``limit`` lines of a report that nobody has looked at; give how many it were.

    In the caller's transaction. What cannot be matched becomes an exception item.
    """
    conn.execute(R.one_at_a_time, {"lock": reading.LOCK})
    values = {"report": report.id, "limit": limit}
    lines = [line_of(row) for row in conn.execute(Q.new_lines, values)]
    if not lines:
        return 0
    left = _without_twins(conn, report, lines, at)
    taken, troubles = _decide(conn, [line for line in left if line.batch is None])
    troubles += book(conn, taken, at, BANK)
    for line in left:
        if line.batch is not None:
            troubles += _take_batch(conn, line, at)
    raise_troubles(conn, report.id, troubles, at)
    return len(lines)


def book(
    conn: Connection, taken: Sequence[Taken], at: datetime, by: str
) -> list[tuple[BookedLine, Trouble]]:
    """Book lines, each with its payment; give those that clearing refuses, and why."""
    return _book_paid(conn, [one for one in taken if one.how != "return"], at, by) + [
        refused
        for one in taken
        if one.how == "return"
        for refused in _book_return(conn, one, at, by)
    ]


def _book_paid(
    conn: Connection, taken: Sequence[Taken], at: datetime, by: str
) -> list[tuple[BookedLine, Trouble]]:
    if not taken:
        return []
    asked = [
        (payment.settlement_id, payment.organisation_id, one.line.amount, f"bank-{one.line.id}")
        for one in taken
        for payment in one.payments
    ]
    refused: list[tuple[BookedLine, Trouble]] = []
    done: list[Taken] = []
    paid: list[Candidate] = []
    for one, answer in zip(taken, booking.book_many(conn, asked, at), strict=True):
        if isinstance(answer, Refusal):
            refused.append((one.line, Trouble(decide.UNEXPECTED, str(answer), one.payments[0])))
            continue
        done.append(one)
        if not answer.left:
            paid += one.payments
    note(conn, done, paid, at, by)
    return refused


def _book_return(
    conn: Connection, one: Taken, at: datetime, by: str
) -> list[tuple[BookedLine, Trouble]]:
    """Book that what was paid for a leg came back: it is in the position again."""
    (payment,) = one.payments
    try:
        booking.return_payment(
            conn,
            payment.settlement_id,
            payment.organisation_id,
            one.line.amount,
            reference=f"bank-{one.line.id}",
            reason=f"came back: {one.line.remittance or 'the bank does not say why'}"[
                : limits.NAME
            ],
            at=at,
        )
    except Refusal as refusal:
        return [(one.line, Trouble(decide.RETURNED, str(refusal), payment))]
    note(conn, [one], [], at, by)
    _note_payments(conn, [payment], "returned")
    return []


def _book_batch(conn: Connection, one: Taken, at: datetime) -> list[tuple[BookedLine, Trouble]]:
    """Book all that is left of a payment file, or nothing of it."""
    asked = [
        (payment.settlement_id, payment.organisation_id, payment.unpaid, f"bank-{one.line.id}")
        for payment in one.payments
    ]
    try:
        with conn.transaction():
            for answer in booking.book_many(conn, asked, at):
                if isinstance(answer, Refusal):
                    raise answer
            note(conn, [one], one.payments, at, BANK)
    except Refusal as refusal:
        return [(one.line, Trouble(decide.UNEXPECTED, str(refusal)))]
    return []


def line_of(row: Sequence[Any]) -> BookedLine:
    """Make a line of a row with its columns in their order."""
    return BookedLine(**dict(zip(BookedLine.__struct_fields__, row, strict=True)))


def _without_twins(
    conn: Connection, report: Report, lines: Sequence[BookedLine], at: datetime
) -> list[BookedLine]:
    """Set aside lines that tell of what a report of the other kind has told of already."""
    numbers = arrays.ints(line.number for line in lines)
    values = {"report": report.id, "numbers": numbers, "family": report.family}
    twins = conn.execute(Q.twins, values).fetchall()
    if twins:
        known = {
            "report": report.id,
            "numbers": arrays.ints(row[0] for row in twins),
            "reports": arrays.ints(row[1] for row in twins),
            "twins": arrays.ints(row[2] for row in twins),
            "at": at,
        }
        conn.execute(Q.note_twins, known)
        conn.execute(Q.note_twins_back, known)
    told = {row[0] for row in twins}
    return [line for line in lines if line.number not in told]


def _decide(
    conn: Connection, lines: Sequence[BookedLine]
) -> tuple[list[Taken], list[tuple[BookedLine, Trouble]]]:
    ids = [line.end_to_end_id for line in lines if line.end_to_end_id is not None]
    rows = conn.execute(Q.payments_by_id, {"ids": arrays.texts(ids)})
    by_id = {row[3]: Candidate(*row) for row in rows}
    rest = [line for line in lines if line.end_to_end_id not in by_id]
    by_amount = _by_amount(conn, rest)
    taken: list[Taken] = []
    troubles: list[tuple[BookedLine, Trouble]] = []
    legs: set[tuple[int, int]] = set()
    # Who is named by its id comes first: an amount alone must not take what another line names.
    for line in sorted(lines, key=lambda line: line.end_to_end_id not in by_id):
        named = by_id.get(line.end_to_end_id or "")
        found = decide.decide(line, named, by_amount.get(line.amount, ()), legs)
        if isinstance(found, Match):
            legs.add(found.payment.leg)
            taken.append(Taken(line, found.how, [found.payment]))
        else:
            troubles.append((line, found))
    return taken, troubles


def _by_amount(conn: Connection, lines: Sequence[BookedLine]) -> dict[int, list[Candidate]]:
    days = [line.booked_on for line in lines if line.booked_on is not None]
    if not days:
        return {}
    values = {
        "amounts": arrays.ints({line.amount for line in lines}),
        "first": min(days) - decide.NEAR,
        "last": max(days) + decide.NEAR,
        "limit": _CANDIDATES,
    }
    found: dict[int, list[Candidate]] = {}
    for row in conn.execute(Q.payments_by_amount, values):
        one = Candidate(*row)
        found.setdefault(one.unpaid, []).append(one)
    return found


def _take_batch(
    conn: Connection, line: BookedLine, at: datetime
) -> list[tuple[BookedLine, Trouble]]:
    """Take an entry that stands for a whole payment file; give what is wrong with it, if it is."""
    values = {"message": line.batch, "family": line.family}
    payments = [Candidate(*row) for row in conn.execute(Q.payments_of_batch, values)]
    waiting = [one for one in payments if one.state in ("sent", "accepted") and one.unpaid]
    (told,) = conn.execute(Q.reported_of_batch, values).fetchone() or (0,)
    left = sum(one.unpaid for one in waiting)
    if line.currency != "CNY":
        found = Trouble(decide.CURRENCY, f"it is in {line.currency}")
    elif not payments:
        found = Trouble(decide.UNKNOWN, "no payment file has its id")
    elif line.reversal or line.incoming != payments[0].incoming:
        found = Trouble(decide.RETURNED, "a payment file came back")
    elif waiting and left == line.amount:
        return _book_batch(conn, Taken(line, "batch", waiting), at)
    elif told == line.amount:
        state = {"report": line.report_id, "numbers": arrays.ints([line.number])}
        conn.execute(Q.note_state, {**state, "state": "known", "by": BANK, "at": at})
        return []
    else:
        facts = {"file": line.batch, "expected": left}
        why = "the amount is not what is left of the payment file"
        found = Trouble(decide.AMOUNT, why, None, facts)
    return [(line, found)]


def note(
    conn: Connection,
    taken: Sequence[Taken],
    paid: Sequence[Candidate],
    at: datetime,
    by: str,
) -> None:
    """Write down which lines were booked as what, and which payments are ``paid`` by them."""
    if not taken:
        return
    whole = [one.how == "batch" for one in taken]
    first = [one.payments[0] for one in taken]
    conn.execute(
        Q.note_matches,
        {
            "report": taken[0].line.report_id,
            "numbers": arrays.ints(one.line.number for one in taken),
            "hows": arrays.words(one.how for one in taken),
            "settlements": arrays.ints(payment.settlement_id for payment in first),
            "organisations": arrays.ints_or_null(
                None if all_ else payment.organisation_id
                for payment, all_ in zip(first, whole, strict=True)
            ),
            "attempts": arrays.ints_or_null(
                None if all_ else payment.attempt
                for payment, all_ in zip(first, whole, strict=True)
            ),
            "by": by,
            "at": at,
        },
    )
    _note_payments(conn, paid, "paid")
    exceptions.close_subjects(
        conn,
        MISSING,
        [payment.end_to_end_id for payment in paid],
        by=by,
        how="paid",
        reason="the bank has reported it",
        at=at,
    )


def _note_payments(conn: Connection, payments: Sequence[Candidate], state: str) -> None:
    conn.execute(
        Q.note_payments,
        {
            "settlements": arrays.ints(payment.settlement_id for payment in payments),
            "organisations": arrays.ints(payment.organisation_id for payment in payments),
            "attempts": arrays.ints(payment.attempt for payment in payments),
            "state": state,
        },
    )


def raise_troubles(
    conn: Connection, report_id: int, troubles: Sequence[tuple[BookedLine, Trouble]], at: datetime
) -> None:
    """Make exception items of lines, and leave the lines open."""
    if not troubles:
        return
    numbers = arrays.ints(line.number for line, _ in troubles)
    values = {"report": report_id, "numbers": numbers, "state": "open", "by": None, "at": None}
    conn.execute(Q.note_state, values)
    exceptions.raise_items(conn, [_item(line, trouble) for line, trouble in troubles], at)


def subject(line: BookedLine) -> str:
    """Give what the exception item of a line is about."""
    return f"line {line.id}"


def _item(line: BookedLine, trouble: Trouble) -> NewItem:
    payment = trouble.payment
    facts = {
        "line": line.id,
        "why": trouble.why,
        "direction": "in" if line.incoming else "out",
        "amount": line.amount,
        "currency": line.currency,
        "booked_on": line.booked_on,
        "end_to_end_id": line.end_to_end_id,
        "reference": line.reference,
        "party": line.party,
        "account": line.account,
        "remittance": line.remittance,
        **trouble.facts,
    }
    if payment is not None:
        facts["payment"] = payment.end_to_end_id
    return NewItem(
        kind=trouble.kind,
        organisation_id=payment.organisation_id if payment is not None else None,
        subject=subject(line),
        facts={key: value for key, value in facts.items() if value is not None},
    )
