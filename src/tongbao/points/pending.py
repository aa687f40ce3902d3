"""Pending awards: released into the wallet when their time has come, or cancelled before."""

from tongbao.kernel.amounts import prorate
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.issue import owed_to_others, repay
from tongbao.points.operations import CancelPending, ReleasePending
from tongbao.points.original import Original
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import give_home


def _pending(books: Books, award: int, scope: int) -> tuple[Original, Lot]:
    original = books.original(award, scope)
    lot = books.lot(original.detail.earned_lot)
    if lot is None or not lot.pending:
        raise refusals.NotPending(award=award)
    return original, lot


def plan_release(op: ReleasePending, books: Books, stamp: Stamp) -> Decision:
    """Plan the release of an award; what the member owes is repaid from it first."""
    original, lot = _pending(books, op.award, op.scope)
    if lot.release_at is not None and lot.release_at > stamp.effective_at:
        raise refusals.ReleaseTooEarly(award=op.award, release_at=lot.release_at.isoformat())
    sheet = Sheet(stamp)
    points = lot.pending
    sheet.move(M.RELEASE, lot.owner, lot.owner, points, lot, lot)
    repaid, _ = owed_to_others(books, lot.owner, lot.issuer, points)
    if repaid:
        give_home(books, sheet, lot, repaid, M.REDEEM)
        repay(books, sheet, lot.owner, lot.issuer, repaid)
    sheet.note(lot, points)
    return sheet.decide(
        "release_pending",
        lot.owner,
        Detail(reference=op.reference),
        organisation=original.organisation,
        outlet=original.outlet,
        original=original.id,
        points=points,
        lot=lot,
    )


def plan_cancel(op: CancelPending, books: Books, stamp: Stamp) -> Decision:
    """Plan the taking back of an award that is still pending, whole."""
    original, lot = _pending(books, op.award, op.scope)
    sheet = Sheet(stamp)
    points = lot.pending
    give_home(books, sheet, lot, points, M.CANCEL)
    fee = prorate(original.issue_fee, original.clawed + points, original.detail.earned)
    fee -= original.issue_fee_back
    if original.organisation is not None:
        sheet.move(M.ISSUE_FEE_BACK, books.operator, original.organisation, fee)
    left = [
        (line, amount - original.lines_back.get(line, (0, 0))[0], 0)
        for line, amount, _ in original.detail.lines
    ]
    base = original.detail.base - original.base_back
    detail = Detail(reference=op.reference, lines=tuple(left), base=base, clawed=points)
    return sheet.decide(
        "cancel_pending",
        lot.owner,
        detail,
        organisation=original.organisation,
        outlet=original.outlet,
        original=original.id,
        points=points,
        earned=-points,
    )
