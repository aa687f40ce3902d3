"""Refund: spent points go back into the lots they came from, claims are countered, rewards end.

Everything is computed from running totals, so that any number of partial refunds adds up to
exactly the sale and never beyond it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from tongbao.kernel.amounts import prorate, split
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail, SaleLine
from tongbao.points.fund import set_aside_again
from tongbao.points.operations import Operation, Refund
from tongbao.points.original import SALES, Original
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import give_home

GRACE: Final = timedelta(days=30)
"""How long points live that come back after their lot has expired."""


def plan(op: Refund, books: Books, stamp: Stamp) -> Decision:
    """Plan a refund of the lines asked for; asking for none takes back all that is left."""
    original = books.original(op.original, op.scope)
    if original.kind not in SALES:
        raise refusals.NotRefundable(operation=original.id, kind=original.kind)
    back = lines_back(original, _asked(op, original))
    return undo_sale(op, "refund", books, stamp, original, back)


def _asked(op: Refund, original: Original) -> dict[str, int]:
    """Give the amounts asked back by line; refuse lines that are not there or not enough."""
    left = lines_left(original)
    if op.lines:
        asked: dict[str, int] = {}
        for line in op.lines:
            if line.id not in left:
                raise refusals.LineNotFound(operation=original.id, line=line.id)
            asked[line.id] = asked.get(line.id, 0) + line.amount
    elif op.amount is not None:
        total = sum(left.values())
        if op.amount > total:
            raise refusals.RefundExceedsSale(line="*", left=total, wanted=op.amount)
        asked = dict(zip(left, split(op.amount, list(left.values())), strict=True))
    else:
        asked = left
        if not any(left.values()):
            raise refusals.RefundExceedsSale(line="*", left=0, wanted=0)
    for line_id, amount in asked.items():
        if amount > left[line_id]:
            raise refusals.RefundExceedsSale(line=line_id, left=left[line_id], wanted=amount)
    return asked


def lines_left(original: Original) -> dict[str, int]:
    """Give what is left to refund of each line (fen)."""
    back = original.lines_back
    left: dict[str, int] = {}
    for line_id, amount, _ in original.detail.lines:
        left[line_id] = amount - back.get(line_id, (0, 0))[0]
    return left


def lines_back(original: Original, asked: dict[str, int]) -> list[SaleLine]:
    """Give for each line the amount that comes back and the points in it."""
    lines: list[SaleLine] = []
    for line_id, amount, points in original.detail.lines:
        part = asked.get(line_id, 0)
        amount_back, points_back = original.lines_back.get(line_id, (0, 0))
        due = prorate(points, amount_back + part, amount) - points_back
        if part:
            lines.append((line_id, part, due))
    return lines


def undo_sale(
    op: Operation,
    kind: str,
    books: Books,
    stamp: Stamp,
    original: Original,
    back: list[SaleLine],
    reversal_of: str | None = None,
) -> Decision:
    """Plan what a refund or a reversal undoes: points, claims, fees and the reward."""
    holder = books.members[original.holder]
    if holder.status == "closed":
        raise refusals.MemberNotActive(member=holder.id, status=holder.status)
    sheet = Sheet(stamp)
    amount = sum(part for _, part, _ in back)
    points = sum(part for _, _, part in back)
    slices = restore(books, sheet, original, points)
    _counter_claims(books, sheet, original, slices)
    base = _base_back(original, amount, points)
    clawed = _claw_back(books, sheet, original, base)
    detail = Detail(
        lines=tuple(back),
        base=base,
        slices=tuple(slices),
        clawed=clawed,
        reference=op.reference,
        channel=op.channel,
        terminal=op.terminal,
        staff=op.staff,
        reversal_of=reversal_of,
    )
    return sheet.decide(
        kind,
        original.holder,
        detail,
        organisation=original.organisation,
        outlet=original.outlet,
        original=original.id,
        points=points,
        spent=-points,
        cash=-(amount - points) if original.kind != "award" else 0,
        earned=-clawed,
    )


def restore(
    books: Books, sheet: Sheet, original: Original, points: int
) -> list[tuple[int, int, int, int]]:
    """Write ``points`` back into the lots they came from, last consumed first.

    Gives (lot consumed, points, lot they go to, reserve set aside again). Points of a lot that
    has expired meanwhile, or belonged to a membership that was merged, go to a replacement.
    """
    slices: list[tuple[int, int, int, int]] = []
    consumed: dict[int, int] = {}
    for lot_id, _, amount in original.slices:
        consumed[lot_id] = consumed.get(lot_id, 0) + amount
    for lot_id in reversed(consumed):
        done = original.restored.get(lot_id, 0)
        part = min(consumed[lot_id] - done, points)
        if not part:
            continue
        points -= part
        lot = _target(sheet, original, books, lot_id)
        sheet.move(M.RESTORE, lot.issuer, original.holder, part, to_lot=lot)
        sheet.note(lot, part)
        reserve = prorate(original.released.get(lot_id, 0), done + part, consumed[lot_id])
        reserve -= original.reserve_back.get(lot_id, 0)
        slices.append((lot_id, part, lot.id, reserve))
    assert points == 0, "more points come back than were spent"
    return slices


def _target(sheet: Sheet, original: Original, books: Books, lot_id: int) -> Lot:
    """Give the lot itself while it is good, else a new one of the same issuer and kind."""
    lot = books.lot_by_id[lot_id]
    when = sheet.stamp.effective_at
    expired = lot.expires_at is not None and lot.expires_at <= when
    if lot.owner == original.holder and not expired:
        return lot
    expires_at = when + GRACE if expired else lot.expires_at
    return sheet.new_lot(
        original.holder, lot.issuer, lot.kind, lot.earned_at, expires_at, scope=lot.scope
    )


def _counter_claims(
    books: Books, sheet: Sheet, original: Original, slices: Iterable[tuple[int, int, int, int]]
) -> None:
    """Let the redeemer owe the issuers again what they owed it, in the window open now."""
    redeemer = original.organisation
    if redeemer is None:
        return
    points: dict[int, int] = {}
    for _, issuer, amount in original.slices:
        points[issuer] = points.get(issuer, 0) + amount
    back: dict[int, int] = {}
    issuer_of = {lot: issuer for lot, issuer, _ in original.slices}
    for lot, amount in original.restored.items():
        back[issuer_of[lot]] = back.get(issuer_of[lot], 0) + amount
    for lot, amount, _, _ in slices:
        back[issuer_of[lot]] = back.get(issuer_of[lot], 0) + amount
    countered = sum(original.claims_back.values())
    for issuer, claimed in original.claims.items():
        due = prorate(claimed, back.get(issuer, 0), points[issuer])
        due -= original.claims_back.get(issuer, 0)
        sheet.move(M.COUNTERCLAIM, redeemer, issuer, due)
        countered += due
    _fund_again(books, sheet, original, slices)
    fee = prorate(original.fee, countered, sum(original.claims.values())) - original.fee_back
    sheet.move(M.ACCEPTANCE_FEE_BACK, books.operator, redeemer, fee)


def _fund_again(
    books: Books, sheet: Sheet, original: Original, slices: Iterable[tuple[int, int, int, int]]
) -> None:
    """Set aside again what stood behind the points, from where it had gone."""
    consumed: dict[int, int] = {}
    for lot_id, _, amount in original.slices:
        consumed[lot_id] = consumed.get(lot_id, 0) + amount
    lots = {lot.id: lot for lot in sheet.lots}
    for lot_id, part, to_lot, reserve in slices:
        back = original.restored.get(lot_id, 0) + part
        prepaid = prorate(original.unclaimed.get(lot_id, 0), back, consumed[lot_id])
        prepaid -= original.unclaimed_back.get(lot_id, 0)
        target = lots.get(to_lot) or books.lot_by_id[to_lot]
        set_aside_again(books, sheet, target, reserve, prepaid)


def _base_back(original: Original, amount: int, points: int) -> int:
    """Give how much of what had earned comes back: the cash, or the whole, as the sale earned."""
    total = sum(line[1] for line in original.detail.lines)
    whole = original.detail.base == total
    return amount if whole else min(amount - points, original.detail.base - original.base_back)


def _claw_back(books: Books, sheet: Sheet, original: Original, base: int) -> int:
    """Take back what the returned part had earned: from its lot, the issuer's others, or owing."""
    detail = original.detail
    organisation = original.organisation
    due = prorate(detail.earned, original.base_back + base, detail.base) - original.clawed
    if not due or organisation is None:
        return 0
    fee = prorate(original.issue_fee, original.clawed + due, detail.earned)
    sheet.move(M.ISSUE_FEE_BACK, books.operator, organisation, fee - original.issue_fee_back)
    left = due
    own = books.lot(detail.earned_lot)
    for lot in _lots_to_claw(books, original, organisation):
        pending = min(sheet.now_in(lot, "pending"), left) if lot is own else 0
        if pending:
            give_home(books, sheet, lot, pending, M.CANCEL)
        spendable = min(sheet.now_in(lot, "available"), left - pending)
        if spendable:
            give_home(books, sheet, lot, spendable, M.CLAW_BACK)
        left -= pending + spendable
    if left:
        sheet.move(M.OWE, original.holder, organisation, left)
        owed = books.owing.get(original.holder, {}).get(organisation, 0)
        sheet.owing[original.holder, organisation] = owed + left
    return due


def _lots_to_claw(books: Books, original: Original, issuer: int) -> list[Lot]:
    """Give the lot the sale earned first, then the issuer's other lots, oldest first."""
    first = books.lot(original.detail.earned_lot)
    own = [
        lot
        for lot in books.lots.get(original.holder, {}).values()
        if lot.issuer == issuer and lot is not first
    ]
    own.sort(key=lambda lot: (lot.earned_at, lot.id))
    return [first, *own] if first is not None and first.owner == original.holder else own
