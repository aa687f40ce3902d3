"""Spending: which lots pay, who owes whom for them, and what the acceptance costs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tongbao.alliance.types import Terms
from tongbao.kernel import limits
from tongbao.kernel.amounts import share_half_up
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.directory import Outlet
from tongbao.points.fund import set_free
from tongbao.points.sheet import Sheet

Taken = tuple[Lot, int]


def choose(
    books: Books, member: int, outlet: Outlet | None, when: datetime, wanted: int, *, up_to: bool
) -> list[Taken]:
    """Choose lots for ``wanted`` points in spend order; with ``up_to`` as many as there are.

    Refuses with what could be spent here, and what only elsewhere, when there is too little.
    """
    taken: list[Taken] = []
    left = wanted
    if not left:
        return taken
    for lot in books.spendable_lots(member, outlet, when):
        part = min(lot.available, left)
        taken.append((lot, part))
        left -= part
        if not left:
            break
        if len(taken) == limits.LOTS_PER_OPERATION:
            if up_to:
                break
            raise refusals.TooManyLots(most=limits.LOTS_PER_OPERATION)
    if left and not up_to:
        here = wanted - left
        everywhere = sum(lot.available for lot in books.spendable_lots(member, None, when))
        raise refusals.InsufficientPoints(
            wanted=wanted, available=here, only_elsewhere=everywhere - here
        )
    return taken


def redeem(
    books: Books,
    sheet: Sheet,
    taken: Sequence[Taken],
    redeemer: int,
    terms: Terms,
    movement: M = M.REDEEM,
) -> None:
    """Let points come home to their issuers, and each issuer owe the redeemer for them.

    The claim is the redeemer's contractual part of par; what was set aside at issue pays first.
    Points spent at their own issuer make no claim.
    """
    homes: dict[int, list[tuple[Lot, int]]] = {}
    points: dict[int, int] = {}
    for lot, part in taken:
        released = sheet.reserve_of(lot, part)
        sheet.move(movement, lot.owner, lot.issuer, part, from_lot=lot)
        sheet.note(lot, part)
        homes.setdefault(lot.issuer, []).append((lot, released))
        points[lot.issuer] = points.get(lot.issuer, 0) + part
    claimed = 0
    for issuer, lots in homes.items():
        due = 0 if issuer == redeemer else share_half_up(points[issuer], terms.reimbursement)
        claimed += due
        left = _pay_from_reserve(books, sheet, lots, issuer, redeemer, due)
        sheet.move(M.CLAIM, issuer, redeemer, left)
    sheet.move(
        M.ACCEPTANCE_FEE, redeemer, books.operator, share_half_up(claimed, terms.acceptance_fee)
    )


def _pay_from_reserve(
    books: Books,
    sheet: Sheet,
    lots: Iterable[tuple[Lot, int]],
    issuer: int,
    redeemer: int,
    due: int,
) -> int:
    """Pay what can be paid of ``due`` from freed reserves; give what is left to claim."""
    for lot, released in lots:
        paid = min(released, due)
        sheet.move(M.CLAIM_RESERVE, issuer, redeemer, paid, from_lot=lot)
        set_free(books, sheet, lot, released - paid)
        due -= paid
    return due


def give_home(books: Books, sheet: Sheet, lot: Lot, points: int, movement: M) -> None:
    """Let ``points`` of ``lot`` end at their issuer without a claim; its reserve is free again."""
    released = sheet.reserve_of(lot, points)
    sheet.move(movement, lot.owner, lot.issuer, points, from_lot=lot)
    set_free(books, sheet, lot, released)
    sheet.note(lot, points)
