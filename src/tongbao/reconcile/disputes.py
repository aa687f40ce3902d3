"""Disputes: one organisation wants an amount of another; two people of the operator decide.

A dispute is opened with a reason and evidence, answered by the other side, and decided by a
proposal that a second person approves. It ends in an entry between the two positions in the open
window, or is rejected with a reason. Nothing is disputed twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tongbao.alliance import organisations
from tongbao.desk import exceptions, people, proposals
from tongbao.desk.exceptions import NewItem
from tongbao.desk.proposals import Proposal
from tongbao.kernel import limits, texts
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyReused
from tongbao.ledger import entry, lock
from tongbao.ledger.entry import Entry
from tongbao.ledger.types import Posting
from tongbao.reconcile import worth
from tongbao.reconcile.refusals import (
    DisputeExceedsClaim,
    DisputeExists,
    DisputeNotFound,
    DisputeProposed,
    DisputeSide,
    DisputeState,
    DisputeTooLate,
    DisputeUnanswered,
)
from tongbao.reconcile.types import Dispute, Opening, Sides
from tongbao.reconcile.worth import FEES, KINDS, Q

PROPOSAL = "dispute"
"""The kind of the proposals that decide disputes."""


def open_dispute(conn: Connection, given: Opening, *, by: str, at: datetime) -> Dispute:
    """Open a dispute; the other side has ``limits.DISPUTE_ANSWER`` to answer.

    Refuses ``choice-malformed``, ``amount-out-of-range``, ``text-malformed``,
    ``organisation-not-found``, ``organisation-closed``, ``dispute-side``, ``dispute-nothing``,
    ``dispute-exceeds-claim``, ``dispute-too-late`` and ``dispute-exists``.
    """
    texts.choice("kind", given.kind, KINDS)
    if type(given.amount) is not int or not 1 <= given.amount <= limits.AMOUNT:
        shown = repr(given.amount)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=1, most=limits.AMOUNT)
    values: dict[str, Any] = {
        "by": people.name(by),
        "reason": texts.line("reason", given.reason, limits.TEXT),
        "evidence": texts.line("evidence", given.evidence, limits.EVIDENCE),
        "reference": None,
        "owner": None,
        "most": None,
    }
    _check_sides(conn, given)
    sides = Sides(
        kind=given.kind,
        creditor_id=given.creditor_id,
        debtor_id=given.debtor_id,
        operation_id=None if given.kind == "missing" else given.operation_id,
    )
    if given.kind == "missing":
        values["reference"] = texts.line("reference", given.reference or "")
    else:
        disputed = worth.operation(conn, sides)
        if at - disputed.effective_at > limits.DISPUTE:
            raise DisputeTooLate(operation=given.operation_id, days=limits.DISPUTE.days)
        values["owner"] = disputed.owner_id
        values["most"] = _check_amount(conn, sides, disputed.life, given.amount)
    values |= {
        "kind": given.kind, "creditor": given.creditor_id, "debtor": given.debtor_id,
        "operation": sides.operation_id, "amount": given.amount, "at": at,
        "answer_by": at + limits.DISPUTE_ANSWER, "subject": _subject(sides, values["reference"]),
    }  # fmt: skip
    row = conn.execute(Q.open_dispute, values).fetchone()
    if row is None:
        known = conn.execute(Q.find_dispute, values).fetchone()
        assert known is not None, "its subject is taken"
        raise DisputeExists(dispute=known[0], state=known[1])
    return get(conn, row[0], now=at)


def answer(
    conn: Connection,
    dispute_id: int,
    organisation_id: int,
    *,
    accept: bool,
    text: str,
    by: str,
    at: datetime,
) -> Dispute:
    """Answer a dispute as its debtor: accept it or contest it, with a text.

    A late answer counts while no decision is proposed. Refuses ``dispute-not-found``,
    ``dispute-side``, ``dispute-state``, ``dispute-proposed`` and ``text-malformed``.
    """
    by, text = people.name(by), texts.line("answer", text, limits.EVIDENCE)
    dispute = _lock(conn, dispute_id, at)
    if dispute.debtor_id != organisation_id:
        raise DisputeSide(organisation=organisation_id, dispute=dispute_id)
    if dispute.state != "open":
        raise DisputeState(dispute=dispute_id, state=dispute.state)
    _check_no_proposal(conn, dispute)
    values = {
        "id": dispute_id, "state": "accepted" if accept else "contested", "by": by, "at": at,
        "answer": text, "decide_by": at + limits.DISPUTE_DECISION,
    }  # fmt: skip
    conn.execute(Q.answer_dispute, values)
    _close_reminders(conn, dispute_id, by, "answered", at)
    return get(conn, dispute_id, now=at)


def propose(
    conn: Connection, dispute_id: int, amount: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose, for the operator, to uphold ``amount`` fen of a dispute, or (0) to reject it.

    Refuses ``dispute-not-found``, ``dispute-state``, ``dispute-unanswered`` before the deadline,
    ``dispute-proposed``, ``dispute-exceeds-claim``, ``dispute-nothing``, ``amount-out-of-range``
    and ``text-malformed``.
    """
    dispute = _lock(conn, dispute_id, at)
    _check_undecided(dispute)
    if dispute.state == "open" and at < dispute.answer_by:
        raise DisputeUnanswered(dispute=dispute_id, until=dispute.answer_by.isoformat())
    _check_no_proposal(conn, dispute)
    if type(amount) is not int or amount < 0:
        shown = repr(amount)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=0, most=dispute.amount)
    if amount > dispute.amount:
        raise DisputeExceedsClaim(wanted=amount, most=dispute.amount)
    _check_left(conn, dispute, amount)
    terms = {"dispute": dispute_id, "amount": amount}
    made = proposals.propose(
        conn, PROPOSAL, dispute.creditor_id, terms, by=by, reason=reason, at=at
    )
    values = {"id": dispute_id, "proposal": made.id, "decide_by": at + limits.DISPUTE_DECISION}
    conn.execute(Q.note_proposal, values)
    return made


def decide(
    conn: Connection, dispute_id: int, *, approve: bool, by: str, reason: str, at: datetime
) -> Dispute:
    """Decide what was proposed, as another person of the operator.

    Approved, the dispute ends: upheld by an entry between the two positions, or rejected. Not
    approved, another decision may be proposed. Refuses ``dispute-not-found``, ``dispute-state``,
    ``proposal-not-found``, ``proposal-decided``, ``same-person``, and what ``propose`` refuses when
    a refund has come in between; then nothing is decided.
    """
    dispute = _lock(conn, dispute_id, at)
    _check_undecided(dispute)
    number = dispute.proposal_id or 0
    if not approve:
        proposals.reject(conn, number, by=by, reason=reason, at=at)
        return get(conn, dispute_id, now=at)
    texts.line("reason", reason, limits.TEXT)
    approved = proposals.approve(conn, number, by=by, at=at)
    amount = approved.terms["amount"]
    values: dict[str, Any] = {
        "id": dispute_id, "state": "rejected", "at": at, "upheld": amount, "entry": None,
        "reason": approved.reason,
    }  # fmt: skip
    if amount:
        operation = _enter(conn, dispute, amount, approved, at)
        proposals.note_operation(conn, number, operation)
        values |= {"state": "upheld", "entry": operation}
    conn.execute(Q.decide_dispute, values)
    _close_reminders(conn, dispute_id, approved.decided_by or by, "decided", at)
    return get(conn, dispute_id, now=at)


def remind(conn: Connection, at: datetime) -> int:
    """Raise an exception item for each deadline that has passed; give how many are overdue.

    Twice is once. The items are closed by the answer and by the decision.
    """
    raised, after = 0, 0
    while page := listed(conn, now=at, overdue=True, after=after):
        exceptions.raise_items(conn, [_reminder(dispute) for dispute in page], at)
        raised, after = raised + len(page), page[-1].id
    return raised


def get(conn: Connection, dispute_id: int, *, now: datetime) -> Dispute:
    """Give a dispute as it stands; refuses ``dispute-not-found``."""
    row = None
    if 0 < dispute_id < 2**63:
        row = conn.execute(Q.get_dispute, {"id": dispute_id}).fetchone()
    if row is None:
        raise DisputeNotFound(dispute=dispute_id)
    return _dispute(row, now)


def listed(
    conn: Connection,
    organisation: int | None = None,
    *,
    now: datetime,
    decided: bool = False,
    overdue: bool = False,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Dispute]:
    """Give at most ``limit`` disputes with ids above ``after``, oldest first.

    ``decided``: those, too. ``overdue``: only those of which a deadline has passed.
    """
    values = {
        "organisation": organisation,
        "decided": decided,
        "due": now if overdue else None,
        "after": after,
        "limit": min(limit, limits.PAGE),
    }
    return [_dispute(row, now) for row in conn.execute(Q.list_disputes, values)]


def _check_sides(conn: Connection, given: Opening) -> None:
    """Refuse a dispute with oneself, with somebody closed, or about a fee with a merchant."""
    operator = organisations.operator(conn).id
    about_fee = given.kind in FEES
    if given.creditor_id == given.debtor_id or (about_fee and given.debtor_id != operator):
        raise DisputeSide(organisation=given.debtor_id, dispute="to be opened")
    for who in sorted((given.creditor_id, given.debtor_id)):
        organisations.lock_open(conn, who)


def _check_amount(conn: Connection, sides: Sides, life: list[int], wanted: int) -> int:
    most = worth.left(conn, sides, life)
    if wanted > most:
        raise DisputeExceedsClaim(wanted=wanted, most=most)
    return most


def _check_left(conn: Connection, dispute: Dispute, amount: int) -> None:
    """Refuse more than what refunds have left of the claim since the dispute was opened."""
    if amount and dispute.operation_id is not None:
        disputed = worth.operation(conn, dispute.sides)
        _check_amount(conn, dispute.sides, disputed.life, amount)


def _check_undecided(dispute: Dispute) -> None:
    if dispute.decided_at is not None:
        raise DisputeState(dispute=dispute.id, state=dispute.state)


def _check_no_proposal(conn: Connection, dispute: Dispute) -> None:
    if dispute.proposal_id is not None:
        known = proposals.get(conn, dispute.proposal_id)
        if known.state == "proposed":
            raise DisputeProposed(proposal=known.id, dispute=dispute.id)


def _enter(
    conn: Connection, dispute: Dispute, amount: int, approved: Proposal, at: datetime
) -> int:
    """Book what was decided between the two positions, in the window that is open now."""
    sides = sorted((dispute.creditor_id, dispute.debtor_id))
    for who in sides:
        organisations.lock_open(conn, who)
    lock.fence(conn)
    if dispute.operation_id is not None:  # no refund comes in between from here on
        lock.members(conn, worth.operation(conn, dispute.sides).life)
    entry.hold(conn, sides)
    _check_left(conn, dispute, amount)
    operator, key = organisations.operator(conn).id, f"dispute:{dispute.id}"
    mark = entry.fingerprint("dispute", dispute.id, amount)
    if entry.find(conn, operator, key, mark) is not None:
        raise KeyReused
    said = {
        "dispute": dispute.id, "debtor": dispute.debtor_id, "reason": approved.reason,
        "proposed_by": approved.proposed_by, "by": approved.decided_by,
    }  # fmt: skip
    text = msgspec.json.encode(said).decode()
    posting = Posting(
        kind="dispute",
        owner=dispute.creditor_id,
        organisation=dispute.creditor_id,
        original=dispute.operation_id,
        cash=amount,
        data=text,
        transfers=[worth.transfer(dispute.sides, amount)],
    )
    made = Entry(scope=operator, key=key, fingerprint=mark, answer=text, posting=posting)
    (operation,) = entry.enter(conn, [made], at)
    return operation


def _lock(conn: Connection, dispute_id: int, at: datetime) -> Dispute:
    if 0 < dispute_id < 2**63:
        conn.execute(Q.lock_dispute, {"id": dispute_id})
    return get(conn, dispute_id, now=at)


def _subject(sides: Sides, reference: str | None) -> str:
    """Say what a dispute is about in the same words, whoever opens it."""
    if sides.kind == "claim":
        first, second = sorted((sides.creditor_id, sides.debtor_id))
        return f"claim:{sides.operation_id}:{first}:{second}"
    if sides.kind == "missing":
        return f"missing:{sides.creditor_id}:{sides.debtor_id}:{reference}"
    return f"{sides.kind}:{sides.operation_id}:{sides.creditor_id}"


def _reminder(dispute: Dispute) -> NewItem:
    waits_for = "answer" if dispute.decide_by is None else "decision"
    due = dispute.decide_by or dispute.answer_by
    return NewItem(
        kind=PROPOSAL,
        organisation_id=dispute.debtor_id if waits_for == "answer" else None,
        subject=f"{dispute.id}:{waits_for}",
        facts={"dispute": dispute.id, "waits_for": waits_for, "due": due, "amount": dispute.amount},
    )


def _close_reminders(conn: Connection, dispute_id: int, by: str, how: str, at: datetime) -> None:
    ends = ("answer",) if how == "answered" else ("answer", "decision")
    exceptions.close_subjects(
        conn,
        PROPOSAL,
        [f"{dispute_id}:{end}" for end in ends],
        by=by,
        how=how,
        reason=f"dispute {dispute_id} was {how}",
        at=at,
    )


def _dispute(row: Sequence[Any], now: datetime) -> Dispute:
    named = dict(zip(Dispute.__struct_fields__, row, strict=False))
    ended, due = named["decided_at"], named["decide_by"] or named["answer_by"]
    age = max(0, ((ended or now) - named["opened_at"]).days)
    return Dispute(**named, age=age, overdue=ended is None and due < now)
