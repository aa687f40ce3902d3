"""Funding: the money that stands behind points, where it comes from and where it goes.

A contract with a block takes it from what was paid in advance; any other claims it from the
issuer in this window. What is free again goes where the terms now say.
"""

from tongbao.alliance.types import Terms
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.sheet import Sheet


def check_block(books: Books, sheet: Sheet, organisation: int, terms: Terms, fund: int) -> None:
    """Refuse when the block has not got what is to be set aside."""
    if terms.block is None:
        return
    left = _left(books, sheet, organisation)
    if fund > left:
        raise refusals.PrepaidExhausted(organisation=organisation, left=left, needed=fund)


def set_aside(sheet: Sheet, terms: Terms, lot: Lot, fund: int) -> None:
    """Set ``fund`` aside for the new points of ``lot``; ``check_block`` has let it through."""
    way = M.FUND if terms.block is None else M.FUND_PREPAID
    sheet.move(way, lot.issuer, lot.issuer, fund, to_lot=lot)


def set_free(books: Books, sheet: Sheet, lot: Lot, amount: int) -> None:
    """Give ``amount`` of the lot's reserve back to its issuer: into its block, if it has one."""
    if not amount:
        return
    terms = books.terms_if_any(lot.issuer, sheet.stamp.effective_at)
    way = M.UNFUND if terms is None or terms.block is None else M.UNFUND_PREPAID
    sheet.move(way, lot.issuer, lot.issuer, amount, from_lot=lot)


def set_aside_again(books: Books, sheet: Sheet, lot: Lot, reserve: int, prepaid: int) -> None:
    """Set ``reserve`` aside for points that come back; ``prepaid`` of it had gone into a block.

    What the block has not got any more is claimed: a refund is never refused for it.
    """
    part = 0
    if prepaid and reserve:
        part = min(prepaid, reserve, _left(books, sheet, lot.issuer))
    sheet.move(M.FUND_PREPAID, lot.issuer, lot.issuer, part, to_lot=lot)
    sheet.move(M.FUND, lot.issuer, lot.issuer, reserve - part, to_lot=lot)


def _left(books: Books, sheet: Sheet, organisation: int) -> int:
    left = books.accounts.get(organisation, {}).get("prepaid", 0)
    return max(0, left + (sheet.net(organisation, "prepaid") if sheet.transfers else 0))
