"""Advice: the till has already let the customer go; post it if the points are still there."""

from msgspec.structs import replace

from tongbao.ledger.movements import M
from tongbao.ledger.types import Hold, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.hold import free, take
from tongbao.points.operations import Advice
from tongbao.points.purchase import complete
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import choose, redeem


def plan(op: Advice, books: Books, stamp: Stamp) -> Decision:
    """Plan an advice: from its hold, expired or not, then from the wallet, else an exception.

    A till that advises what it has captured repeats itself: what such a hold lacks is not taken
    from the wallet, for the points were taken already.

    A spend lock, a suspended membership or an outlet that has closed since does not undo what has
    happened, so none of them refuses.
    """
    outlet = books.outlet(op.outlet, op.scope, even_closed=True)
    if op.member not in books.members:
        raise refusals.MemberNotFound(member=op.member)
    merged = books.members[op.member].merged_into
    if merged is not None:
        raise refusals.MemberMerged(member=op.member, into=merged)
    terms = books.terms(outlet.organisation, stamp.effective_at)
    hold = None if op.hold is None else books.hold(op.hold, op.scope)
    if hold is not None and hold.owner != op.member:
        raise refusals.HoldNotFound(hold=hold.id)
    sheet = Sheet(stamp)
    from_hold, rest = ([], {}) if hold is None else take(books, hold, op.points)
    missing = op.points - sum(part for _, part in from_hold)
    try:
        _check_captures(books, hold, op.points)
        from_wallet = choose(books, op.member, outlet, stamp.effective_at, missing, up_to=False)
    except (refusals.HoldCaptured, refusals.InsufficientPoints, refusals.TooManyLots) as refusal:
        return _exception(op, stamp, outlet.organisation, refusal.code)
    redeem(books, sheet, from_hold, outlet.organisation, terms, M.CAPTURE)
    redeem(books, sheet, from_wallet, outlet.organisation, terms)
    if hold is not None:
        free(books, sheet, op.member, rest)
        sheet.holds.append(replace(hold, slices={}))
    return complete(
        op, books, sheet, terms, outlet, op.member, op.points, op.cash, op.lines, original=op.hold
    )


def _check_captures(books: Books, hold: Hold | None, wanted: int) -> None:
    """Refuse more than is left of a hold that was captured before."""
    if hold is not None and books.captured[hold.id] and hold.remaining < wanted:
        raise refusals.HoldCaptured(hold=hold.id, remaining=hold.remaining, wanted=wanted)


def _exception(op: Advice, stamp: Stamp, organisation: int, reason: str) -> Decision:
    """Record what happened without moving anything, as an item somebody has to work on."""
    detail = Detail(reference=op.reference, channel=op.channel, reason=reason)
    decision = Sheet(stamp).decide(
        "advice",
        op.member,
        detail,
        organisation=organisation,
        outlet=op.outlet,
        original=op.hold,
        cash=op.cash,
        status="exception",
    )
    decision.exception = (organisation, op.outlet, op.hold, op.points, reason)
    return decision
