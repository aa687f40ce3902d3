"""Post a batch of operations: gather, decide, record.

The one way in. Operations of all kinds may be mixed; each is decided on the books as those
before it left them, and a batch gives the same answers as its operations one by one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from psycopg import Connection

from tongbao.kernel import limits, lists
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.ledger.journal import Answer, record
from tongbao.ledger.types import Stamp
from tongbao.points import (
    adjustment,
    advice,
    alerts,
    award,
    expiry,
    gift,
    guard,
    hold,
    membership,
    pending,
    purchase,
    refund,
    refusals,
    reversal,
    side,
)
from tongbao.points import operations as ops
from tongbao.points.announce import event_of
from tongbao.points.answer import answer_of, refusal_of
from tongbao.points.books import Books
from tongbao.points.check import Rules, check, check_times
from tongbao.points.gather import Gathered, gather
from tongbao.points.original import Original
from tongbao.points.outcome import Outcome, encode, replay
from tongbao.points.room import check_room
from tongbao.points.sheet import Decision

PLANS: Final[dict[type, Callable[[Any, Books, Stamp], Decision]]] = {
    ops.Award: award.plan,
    ops.Purchase: purchase.plan,
    ops.Hold: hold.plan,
    ops.Capture: hold.plan_capture,
    ops.Void: hold.plan_void,
    ops.ExpireHold: hold.plan_expiry,
    ops.Advice: advice.plan,
    ops.Refund: refund.plan,
    ops.Reversal: reversal.plan,
    ops.Gift: gift.plan,
    ops.ProposeAdjustment: adjustment.plan_proposal,
    ops.DecideAdjustment: adjustment.plan_decision,
    ops.ExpireLots: expiry.plan,
    ops.ReleasePending: pending.plan_release,
    ops.CancelPending: pending.plan_cancel,
    ops.Merge: membership.plan_merge,
    ops.Close: membership.plan_close,
}

_RULES: Final = Rules()
_CAPTURING: Final = frozenset({"capture", "advice"})
_UNDOING: Final = frozenset({"refund", "reversal", "cancel_pending"})

Key = tuple[int, str]


class Decided(Struct):
    """What a batch has decided so far: the decisions to record and the answers to remember."""

    gathered: Gathered
    reversed_keys: set[Key]
    rules: Rules
    decisions: list[tuple[Stamp, ops.Operation, Decision]] = field(default_factory=list)
    remembered: dict[Key, tuple[Outcome, bytes]] = field(default_factory=dict)


def post(
    conn: Connection[Any],
    operations: Sequence[ops.Operation],
    at: datetime,
    rules: Rules = _RULES,
) -> list[Outcome]:
    """Post ``operations`` (1 to ``limits.BATCH``) at server time ``at``; answer each in order.

    Needs an open transaction, and gives answers that are true once it commits. Raises
    ``KeyTaken``, a serialization failure or a deadlock when it must be tried again as a whole.
    """
    assert at.tzinfo is not None, "times have a zone"
    if not operations:
        raise refusals.BatchEmpty
    lists.check("operations", operations, limits.BATCH)
    outcomes: list[Outcome | None] = []
    good: list[ops.Operation] = []
    for op in operations:
        try:
            check(op)
        except Malformed as refusal:
            outcomes.append(refusal_of(op, _nowhere(at), refusal))
        else:
            outcomes.append(None)
            good.append(op)
    if good:
        answers = iter(_post_checked(conn, good, at, rules))
        outcomes = [next(answers) if outcome is None else outcome for outcome in outcomes]
    return [outcome for outcome in outcomes if outcome is not None]


def _post_checked(
    conn: Connection[Any], batch: Sequence[ops.Operation], at: datetime, rules: Rules
) -> list[Outcome]:
    gathered = gather(conn, batch, at, rules)
    books, zone = gathered.books, ZoneInfo(rules.zone)
    keys = {(op.scope, op.original_key) for op in batch if isinstance(op, ops.Reversal)}
    decided = Decided(gathered, keys, rules)
    outcomes = [_decide(decided, op, place) for place, op in enumerate(batch)]
    posted = (event_of(*one, books, zone) for one in decided.decisions)
    events = chain(posted, alerts.crossed(books))
    record(conn, books, map(_answer, decided.remembered.items()), events)
    side.record(conn, decided.decisions, at)
    if gathered.guard is not None:
        guard.record(conn, gathered.guard, at)
    return outcomes


def _decide(decided: Decided, op: ops.Operation, place: int) -> Outcome:
    books, held = decided.gathered.books, decided.gathered.guard
    stamp = Stamp(books.operation_id(place), books.at, op.effective_at or books.at, books.window)
    key, mark = (op.scope, op.key), decided.gathered.marks[place]
    before = _answered(decided, key)
    if before is not None:
        used_by, text = before
        if used_by and used_by != mark:
            return refusal_of(op, stamp, refusals.KeyReused())
        return replay(text)
    try:
        check_times(op, books.at, decided.rules)
        if held is not None:
            guard.check_code(op, books, held)
        decision = PLANS[type(op)](op, books, stamp)
        if books.large:
            check_room(books, decision.posting.transfers)
        if held is not None:
            guard.check(op, decision, books, held)
    except Malformed as refusal:
        return refusal_of(op, _nowhere(books.at), refusal)
    except Refusal as refusal:
        outcome = refusal_of(op, stamp, refusal)
        decided.remembered[key] = (outcome, mark)
        return outcome
    claims = books.enter(stamp, decision.posting)
    if held is not None:
        guard.count(op, decision, books, held, stamp.id)
    decided.decisions.append((stamp, op, decision))
    outcome = answer_of(stamp, decision, books, claims)
    decided.remembered[key] = (outcome, mark)
    _follow(decided, op, stamp, decision)
    return outcome


def _nowhere(at: datetime) -> Stamp:
    """Give the stamp of what is malformed: it has no place in the journal."""
    return Stamp(0, at, at, 0)


def _answered(decided: Decided, key: Key) -> tuple[bytes, bytes] | None:
    """Give fingerprint and answer of an earlier use of the key, before or in this batch."""
    known = decided.gathered.known.get(key)
    if known is not None:
        return known.fingerprint, known.answer
    remembered = decided.remembered.get(key)
    if remembered is None:
        return None
    outcome, mark = remembered
    return mark, encode(outcome).encode()


def _answer(remembered: tuple[Key, tuple[Outcome, bytes]]) -> Answer:
    """Give the record of one answer, as it is stored."""
    (scope, key), (outcome, mark) = remembered
    refused = outcome.status == "refused"
    return Answer(scope, key, outcome.operation, refused, mark, encode(outcome))


def _follow(decided: Decided, op: ops.Operation, stamp: Stamp, decision: Decision) -> None:
    """Keep what later operations of the same batch may ask about this one."""
    books, posting = decided.gathered.books, decision.posting
    original = books.originals.get(posting.original or 0)
    if original is not None and posting.kind in _UNDOING:
        original.take_off(posting.kind, decision.detail, posting.transfers)
    if posting.original and posting.kind in _CAPTURING and decision.status == "posted":
        books.add_capture(stamp.id, posting.original)
    if isinstance(op, ops.Reversal):
        books.drop_capture(posting.original or 0)
        _leave_tombstone(decided, op, stamp)
    if decision.decided is not None:
        books.proposals[decision.decided[0]].state = decision.decided[1]
    if decision.quote is not None:
        books.quotes[decision.quote].used_by = stamp.id
    if decision.ended is not None:
        books.end_membership(*decision.ended, posting.transfers)
    if (op.scope, op.key) in decided.reversed_keys:
        fresh = Original(
            id=stamp.id,
            kind=posting.kind,
            owner=posting.owner,
            holder=posting.owner,
            organisation=posting.organisation,
            outlet=posting.outlet,
            points=posting.points,
            cash=posting.cash,
            effective_at=stamp.effective_at,
            detail=decision.detail,
        )
        fresh.take_up(posting.transfers)
        books.originals[stamp.id] = fresh
        books.keyed[op.scope, op.key] = stamp.id


def _leave_tombstone(decided: Decided, op: ops.Reversal, stamp: Stamp) -> None:
    """Answer an original that comes after its reversal, for ever."""
    key = (op.scope, op.original_key)
    if key in decided.gathered.books.keyed or _answered(decided, key) is not None:
        return
    late = Outcome(
        operation=0,
        kind="reversed",
        status="refused",
        position=stamp.id,
        written_at=stamp.at,
        effective_at=stamp.effective_at,
        refusal=refusal_of(op, stamp, refusals.Reversed()).refusal,
    )
    decided.remembered[key] = (late, b"")
