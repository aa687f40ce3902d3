"""Reversal: the till does not know whether its request arrived, and wants it not to have.

By the original's key; n times is once. Before the original it leaves a tombstone, and the late
original is answered ``reversed``.
"""

from msgspec.structs import replace

from tongbao.ledger.movements import M
from tongbao.ledger.types import Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.gift import carry, copy_of
from tongbao.points.hold import free
from tongbao.points.operations import Reversal
from tongbao.points.original import SALES, Original
from tongbao.points.refund import lines_back, lines_left, undo_sale
from tongbao.points.sheet import Decision, Sheet


def plan(op: Reversal, books: Books, stamp: Stamp) -> Decision:
    """Plan the undoing of whatever the key's operation did, as far as it is not undone yet."""
    books.organisation(op.scope)
    operation_id = books.keyed.get((op.scope, op.original_key))
    original = None if operation_id is None else books.originals.get(operation_id)
    if original is None:
        return _nothing(op, stamp, op.scope)
    if original.undone:
        return _nothing(op, stamp, original.holder, original)
    if original.unposted:
        return _close_item(op, stamp, original)
    if original.kind in SALES:
        back = lines_back(original, lines_left(original))
        return undo_sale(op, "reversal", books, stamp, original, back, op.original_key)
    if original.kind == "hold":
        return _undo_hold(op, books, stamp, original)
    if original.kind == "gift":
        return _undo_gift(op, books, stamp, original)
    raise refusals.NotReversible(kind=original.kind)


def _detail(op: Reversal) -> Detail:
    return Detail(reference=op.reference, channel=op.channel, reversal_of=op.original_key)


def _nothing(op: Reversal, stamp: Stamp, owner: int, original: Original | None = None) -> Decision:
    """Record a reversal that moves nothing: too early, repeated, or of a refused operation."""
    return Sheet(stamp).decide(
        "reversal",
        owner,
        _detail(op),
        organisation=op.scope,
        original=None if original is None else original.id,
    )


def _close_item(op: Reversal, stamp: Stamp, original: Original) -> Decision:
    """Close the exception item of an advice that the till takes back: there is nothing to do."""
    decision = _nothing(op, stamp, original.holder, original)
    decision.closed = original.id
    return decision


def _undo_hold(op: Reversal, books: Books, stamp: Stamp, original: Original) -> Decision:
    """Free what is left of the hold; what was captured stays, it has its own key."""
    hold = books.holds[original.id]
    sheet = Sheet(stamp)
    points = free(books, sheet, hold.owner, hold.slices)
    if points:
        sheet.holds.append(replace(hold, slices={}))
    return sheet.decide(
        "reversal",
        hold.owner,
        _detail(op),
        organisation=hold.organisation,
        outlet=hold.outlet,
        original=hold.id,
        points=points,
    )


def _undo_gift(op: Reversal, books: Books, stamp: Stamp, original: Original) -> Decision:
    """Bring the very slices back, if the receiver, merged or not, still has them all."""
    giver = books.members[original.holder]
    if giver.status == "closed":
        raise refusals.MemberNotActive(member=giver.id, status=giver.status)
    sheet = Sheet(stamp)
    points = 0
    for t in original.transfers:
        if t.movement is not M.GIFT or t.from_lot is None or t.to_lot is None:
            continue
        given = books.lot(t.to_lot)
        available = 0 if given is None else given.available
        if given is None or available < t.amount:
            raise refusals.InsufficientPoints(
                wanted=t.amount, available=available, only_elsewhere=0
            )
        home = books.lot_by_id[t.from_lot]
        if home.owner != original.holder:
            home = copy_of(sheet, home, original.holder)
        carry(sheet, M.GIFT, given, home, t.amount)
        points += t.amount
    return sheet.decide(
        "reversal",
        original.holder,
        _detail(op),
        organisation=op.scope,
        original=original.id,
        points=points,
    )
