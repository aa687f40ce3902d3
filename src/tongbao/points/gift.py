"""Gift: points go from member to member; each slice keeps its issuer, its age and its expiry."""

from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.operations import Gift
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import choose


def plan(op: Gift, books: Books, stamp: Stamp) -> Decision:
    """Plan a gift: soonest expiry first, a new lot for each slice."""
    if op.member == op.to:
        raise refusals.SameMember(member=op.member)
    books.organisation(op.scope)
    books.spender(op.member)
    books.member(op.to)
    sheet = Sheet(stamp)
    for lot, part in choose(books, op.member, None, stamp.effective_at, op.points, up_to=False):
        copy = copy_of(sheet, lot, op.to)
        carry(sheet, M.GIFT, lot, copy, part)
        sheet.note(copy, part)
    detail = Detail(reference=op.reference, channel=op.channel)
    return sheet.decide(
        "gift", op.member, detail, organisation=op.scope, points=op.points, spent=op.points
    )


def copy_of(sheet: Sheet, lot: Lot, owner: int) -> Lot:
    """Make an empty lot for ``owner`` that is like ``lot`` in everything else."""
    return sheet.new_lot(
        owner,
        lot.issuer,
        lot.kind,
        lot.earned_at,
        lot.expires_at,
        release_at=lot.release_at,
        scope=lot.scope,
    )


def carry(sheet: Sheet, movement: M, source: Lot, target: Lot, points: int) -> None:
    """Move ``points`` from lot to lot, and with them the reserve that stands behind them."""
    reserve = sheet.reserve_of(source, points)
    issuer = source.issuer
    sheet.move(movement, source.owner, target.owner, points, source, target)
    sheet.move(M.UNFUND, issuer, issuer, reserve, from_lot=source)
    sheet.move(M.FUND, issuer, issuer, reserve, to_lot=target)
