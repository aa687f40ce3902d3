"""Booking what the bank has moved: the position and the money move in one transaction.

The booking in the journal, the leg, its settlement and the trail are written together. A
settlement is locked meanwhile, so two who book the same payment at once book it once.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tongbao.alliance import organisations
from tongbao.clearing import legs, settlements
from tongbao.clearing.legs import Change, LegNotFound
from tongbao.clearing.types import Leg, LegState
from tongbao.desk import people
from tongbao.kernel import arrays, limits, lists, sql, texts
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal, Refused
from tongbao.kernel.once import KeyReused
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer

Q = sql.load(__package__, "settlement_queries.sql")

_LONGEST: Final = 100
_REFERENCE: Final = re.compile(f"[!-~]{{1,{_LONGEST}}}")


class LegOverpaid(Refused):
    code = "leg-overpaid"
    text = (
        "{amount} fen are more than the {left} fen that are left of the leg of organisation "
        "{organisation} in settlement {settlement}"
    )


class ReferenceMalformed(Malformed):
    code = "reference-malformed"
    text = "a payment's reference has 1 to {most} printable ASCII characters without spaces"


class LegNotPaid(Refused):
    code = "leg-not-paid"
    text = (
        "{amount} fen cannot come back: {paid} fen are paid of the leg of organisation "
        "{organisation} in settlement {settlement}"
    )


class Payment(NamedTuple):
    """Money that the bank has moved for a leg, under the bank's reference; negative: back."""

    settlement: int
    organisation: int
    amount: int
    reference: str


class Booked(Struct, frozen=True):
    """Money that was booked for a leg, negative if it came back: by which operation, and when."""

    reference: str
    amount: int
    operation_id: int
    at: datetime


def book(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    amount: int,
    *,
    reference: str,
    at: datetime,
    by: str = legs.BANK,
) -> Leg:
    """Book ``amount`` (fen, above zero) that the bank has moved for a leg; give the leg then.

    In one transaction: ``bank`` and ``clearing`` move, the leg and its settlement advance. The
    same reference again is the same payment: nothing moves, the leg is given as it is. ``by``:
    who has booked it, if it was a person. Refuses
    ``leg-not-found``, ``leg-overpaid``, ``leg-state``, ``key-reused`` (the reference was of another
    amount), ``amount-out-of-range``, ``reference-malformed`` and ``operator-missing``.
    """
    (answer,) = book_many(conn, [(settlement_id, organisation_id, amount, reference)], at, by)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def book_many(
    conn: Connection,
    payments: Sequence[tuple[int, int, int, str]],
    at: datetime,
    by: str = legs.BANK,
) -> list[Leg | Refusal]:
    """Book many payments, each (settlement, organisation, amount, reference), as ``book`` does.

    A few statements for all of them. Gives for each the leg after it, or why it was refused; what
    is refused leaves nothing behind and does not keep the others from being booked. Refuses
    ``list-too-long``.
    """
    lists.check("payments", payments, limits.BULK)
    given = [Payment(*one) for one in payments]
    operator = organisations.operator(conn).id
    sound = [one for one in given if _fault(one) is None]
    entry.hold(conn, {one.organisation for one in sound})
    settlements.lock_all(conn, {one.settlement for one in sound})
    current = legs.read(conn, {(one.settlement, one.organisation) for one in sound})
    known = _known(conn, sound)
    answers: list[Leg | Refusal] = []
    changes: list[Change] = []
    made: list[Payment] = []
    for one in given:
        answer = _decide(one, current, known)
        if isinstance(answer, Change):
            current[one.settlement, one.organisation] = answer.leg
            known[one.settlement, one.organisation, one.reference] = one.amount
            changes.append(answer)
            made.append(one)
            answers.append(answer.leg)
        else:
            answers.append(answer)
    if made:
        _enter(conn, operator, made, changes, at)
        legs.apply(conn, changes, at, people.name(by))
    return answers


def return_payment(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    amount: int,
    *,
    reference: str,
    reason: str,
    at: datetime,
    by: str = legs.BANK,
) -> Leg:
    """Book that ``amount`` (fen) of what was paid for a leg came back; give the leg then.

    A debit that the payer's bank returns days later, a payout that could not be delivered. The
    money is in the position again: an unfinished leg is ``rejected`` and may be instructed once
    more, a finished one ``failed`` and the next settlement carries it. Once for each reference.
    Refuses ``leg-not-paid`` beside what ``book`` refuses.
    """
    one = Payment(settlement_id, organisation_id, amount, reference)
    reason = texts.line("reason", reason, limits.TEXT)
    fault = _fault(one)
    if fault is not None:
        raise fault
    operator = organisations.operator(conn).id
    entry.hold(conn, [organisation_id])
    settlements.lock(conn, settlement_id)
    leg = legs.get(conn, settlement_id, organisation_id)
    change = _decide_return(one, leg, _known(conn, [one]), reason)
    if isinstance(change, Refusal):
        raise change
    if isinstance(change, Leg):
        return change
    _enter(conn, operator, [one._replace(amount=-amount)], [change], at)
    legs.apply(conn, [change], at, people.name(by))
    return change.leg


def foresee(
    conn: Connection,
    settlement_id: int,
    organisation_id: int,
    amount: int,
    *,
    reference: str,
    back: bool = False,
) -> tuple[Leg, Leg]:
    """Give a leg as it is, and as it would be if ``amount`` were booked, or came ``back``.

    Nothing is booked, and nothing locked: it may be otherwise a moment later. Refuses what ``book``
    and ``return_payment`` would.
    """
    one = Payment(settlement_id, organisation_id, amount, reference)
    fault = _fault(one)
    if fault is not None:
        raise fault
    leg = legs.get(conn, settlement_id, organisation_id)
    known = _known(conn, [one])
    if back:
        found = _decide_return(one, leg, known, "")
    else:
        found = _decide(one, {(settlement_id, organisation_id): leg}, known)
    if isinstance(found, Refusal):
        raise found
    return leg, found.leg if isinstance(found, Change) else found


def of_leg(conn: Connection, settlement_id: int, organisation_id: int) -> list[Booked]:
    """Give what was booked for a leg, in the order in which it was."""
    values = {"settlement": settlement_id, "organisation": organisation_id}
    return [Booked(*row) for row in conn.execute(Q.payments_of_leg, values)]


def _fault(one: Payment) -> Refusal | None:
    """Say what makes a payment senseless, whatever it is of."""
    if type(one.amount) is not int or not 1 <= one.amount <= limits.BALANCE:
        shown = repr(one.amount)[:40]
        return AmountOutOfRange(name="amount", amount=shown, least=1, most=limits.BALANCE)
    if _REFERENCE.fullmatch(one.reference) is None:
        return ReferenceMalformed(most=_LONGEST)
    if not (0 < one.settlement <= legs.LAST and 0 < one.organisation <= legs.LAST_ORGANISATION):
        return LegNotFound(organisation=one.organisation, settlement=one.settlement)
    return None


def _decide(
    one: Payment,
    current: dict[tuple[int, int], Leg],
    known: dict[tuple[int, int, str], int],
) -> Change | Leg | Refusal:
    fault = _fault(one)
    if fault is not None:
        return fault
    leg = current.get((one.settlement, one.organisation))
    if leg is None:
        return LegNotFound(organisation=one.organisation, settlement=one.settlement)
    before = known.get((one.settlement, one.organisation, one.reference))
    if before is not None:
        return leg if before == one.amount else KeyReused()
    if leg.state not in legs.PAYABLE:
        return legs.not_now(leg, "paid")
    if one.amount > leg.left:
        return LegOverpaid(
            organisation=one.organisation,
            settlement=one.settlement,
            amount=one.amount,
            left=leg.left,
        )
    state: LegState = "paid" if one.amount == leg.left else "partly_paid"
    then = replace(leg, paid=leg.paid + one.amount, state=state)
    return Change(leg, then, one.reference)


def _decide_return(
    one: Payment, leg: Leg, known: dict[tuple[int, int, str], int], reason: str
) -> Change | Leg | Refusal:
    before = known.get((one.settlement, one.organisation, one.reference))
    if before is not None:
        return leg if before == -one.amount else KeyReused()
    if one.amount > leg.paid:
        return LegNotPaid(
            settlement=one.settlement,
            organisation=one.organisation,
            amount=one.amount,
            paid=leg.paid,
        )
    state: LegState = "rejected" if leg.state in legs.UNFINISHED else "failed"
    return Change(leg, replace(leg, paid=leg.paid - one.amount, state=state), reason)


def _enter(
    conn: Connection,
    operator: int,
    made: Sequence[Payment],
    changes: Sequence[Change],
    at: datetime,
) -> None:
    """Write payments into the journal, and which of them are of which leg."""
    entries = [_entry(operator, one, change.leg) for one, change in zip(made, changes, strict=True)]
    operations = entry.enter(conn, entries, at)
    conn.execute(
        Q.write_payments,
        {
            "at": at,
            "settlements": arrays.ints([one.settlement for one in made]),
            "organisations": arrays.ints([one.organisation for one in made]),
            "given": arrays.joined([one.reference for one in made]),
            "amounts": arrays.ints([one.amount for one in made]),
            "operations": arrays.ints(operations),
        },
    )


def _entry(operator: int, one: Payment, leg: Leg) -> Entry:
    """Write one payment; ``cash`` is what the organisation pays, negative what it gets."""
    who = one.organisation
    cash = one.amount if leg.amount < 0 else -one.amount
    movement = M.PAY_IN if cash > 0 else M.PAY_OUT
    said = {"settlement": one.settlement, "reference": one.reference}
    posting = Posting(
        kind="settlement",
        owner=who,
        organisation=who,
        cash=cash,
        data=msgspec.json.encode(said).decode(),
        transfers=[Transfer(movement, who, who, abs(cash))],
    )
    return Entry(
        scope=operator,
        key=f"settlement:{one.settlement}:{who}:{one.reference}",
        fingerprint=entry.fingerprint("settlement", one.settlement, who, one.amount),
        answer=posting.data,
        posting=posting,
    )


def _known(conn: Connection, payments: Sequence[Payment]) -> dict[tuple[int, int, str], int]:
    """Give what was booked before under these references."""
    values: dict[str, Any] = {
        "settlements": arrays.ints([one.settlement for one in payments]),
        "organisations": arrays.ints([one.organisation for one in payments]),
        "given": arrays.joined([one.reference for one in payments]),
    }
    return {(row[0], row[1], row[2]): row[3] for row in conn.execute(Q.known_payments, values)}
