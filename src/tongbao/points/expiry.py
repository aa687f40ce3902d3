"""Expiry: what is still spendable of a lot past its date ends at its issuer."""

from tongbao.kernel import limits
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.operations import ExpireLots
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import give_home


def plan(op: ExpireLots, books: Books, stamp: Stamp) -> Decision:
    """Plan the end of a member's lots past their date; held points of them stay honoured.

    Of very many lots only as many end as one operation may touch; the next run has the others.
    """
    books.organisation(op.scope)
    if op.member not in books.members:
        raise refusals.MemberNotFound(member=op.member)
    sheet = Sheet(stamp)
    points = 0
    today = min(stamp.effective_at, stamp.at)  # no clock that is fast ends points early
    over = [
        lot
        for lot in books.available_lots(op.member)
        if lot.expires_at is not None and lot.expires_at <= today
    ]
    for lot in over[: limits.LOTS_PER_OPERATION]:
        end(books, sheet, lot, lot.available, M.EXPIRE)
        points += lot.available
    detail = Detail(reference=op.reference)
    return sheet.decide("expire_lots", op.member, detail, organisation=op.scope, points=points)


def end(books: Books, sheet: Sheet, lot: Lot, points: int, movement: M) -> None:
    """Let ``points`` of ``lot`` end unspent.

    The reserve goes back to the issuer, unless the contract now leaves it to the operator.
    """
    terms = books.terms_if_any(lot.issuer, sheet.stamp.effective_at)
    if terms is None or terms.breakage_to == "issuer":
        give_home(books, sheet, lot, points, movement)
        return
    released = sheet.reserve_of(lot, points)
    sheet.move(movement, lot.owner, lot.issuer, points, from_lot=lot)
    sheet.move(M.BREAKAGE, lot.issuer, books.operator, released, from_lot=lot)
    sheet.note(lot, points)
