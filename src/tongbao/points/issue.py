"""Issuing: an organisation gives points, within its headroom.

What the member owes is repaid first: the new issuer pays the organisation that was left short,
and only the rest becomes a lot.
"""

from calendar import monthrange
from datetime import datetime

from tongbao.alliance.headroom import headroom
from tongbao.alliance.types import Terms
from tongbao.kernel.amounts import share_down, share_half_up
from tongbao.kernel.errors import Refused
from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.fund import check_block, set_aside
from tongbao.points.sheet import Sheet


def earned_on(amount: int, terms: Terms) -> int:
    """Give the points (fen) that a sale of ``amount`` fen earns: whole steps, rounded down."""
    return share_down(amount // terms.earn_step * terms.earn_step, terms.earn_rate)


def check_headroom(
    books: Books, sheet: Sheet, organisation: int, terms: Terms, points: int, owed: int, fund: int
) -> None:
    """Refuse when issuing ``points``, owing ``owed`` and setting ``fund`` aside is too much.

    What a block pays for is not owed.
    """
    if terms.credit_limit is None:
        return
    accounts = books.accounts[organisation]
    collateral, clearing = accounts["collateral"], accounts["clearing"]
    circulation, reserve = -accounts["issued"], accounts["reserve"]
    if sheet.transfers:
        clearing += sheet.net(organisation, "clearing")
        circulation -= sheet.net(organisation, "issued")
        reserve += sheet.net(organisation, "reserve")
    after = headroom(
        terms,
        collateral=collateral,
        clearing=clearing - owed - (fund if terms.block is None else 0),
        circulation=circulation + points,
        reserve=reserve + fund,
    )
    if after is not None and after < 0:
        before = headroom(
            terms,
            collateral=collateral,
            clearing=clearing,
            circulation=circulation,
            reserve=reserve,
        )
        raise refusals.HeadroomExceeded(
            organisation=organisation, headroom=max(0, before or 0), needed=points + owed
        )


def repay(books: Books, sheet: Sheet, member: int, issuer: int, points: int) -> int:
    """Plan how ``points`` from ``issuer`` repay what the member owes; give how much they repay.

    Another creditor than the issuer is paid by the issuer, in money, in this window.
    """
    left = points
    for creditor, amount in sorted(books.owing.get(member, {}).items()):
        part = min(amount, left)
        if part:
            sheet.move(M.REPAY, creditor, member, part)
            if creditor != issuer:
                sheet.move(M.CLAIM, issuer, creditor, part)
            sheet.owing[member, creditor] = amount - part
            left -= part
    return points - left


def owed_to_others(books: Books, member: int, issuer: int, points: int) -> tuple[int, int]:
    """Tell how much of ``points`` repays debts, and how much of that goes to other creditors."""
    debts = books.owing.get(member)
    if not debts:
        return 0, 0
    repaid = others = 0
    for creditor, amount in sorted(debts.items()):
        part = min(amount, points - repaid)
        repaid += part
        others += part if creditor != issuer else 0
    return repaid, others


def issue(
    books: Books,
    sheet: Sheet,
    terms: Terms,
    *,
    member: int,
    organisation: int,
    points: int,
    kind: str = "earned",
    movement: M = M.AWARD,
    release_at: datetime | None = None,
    expires_at: datetime | None = None,
    scope: str | None = None,
) -> Lot | None:
    """Write the issue of ``points`` on the sheet; give the new lot, if anything is left for one.

    Refuses, before anything is written, when the organisation may not issue or not so much.
    Points with ``release_at`` stay pending; they repay nothing until they are released.
    """
    if not points:
        return None
    status = books.organisation(organisation).status
    if status != "active":
        raise refusals.IssuerStopped(organisation=organisation, status=status)
    pending = release_at is not None
    repaid, others = (0, 0) if pending else owed_to_others(books, member, organisation, points)
    fund = share_half_up(points - repaid, terms.prepaid_share)
    fee = share_half_up(points, terms.issue_fee)
    check_headroom(books, sheet, organisation, terms, points - repaid, others + fee, fund)
    check_block(books, sheet, organisation, terms, fund)
    if repaid:
        repay(books, sheet, member, organisation, repaid)
    lot = None
    if points > repaid:
        when = sheet.stamp.effective_at
        if expires_at is None and terms.expiry_months is not None:
            expires_at = add_months(when, terms.expiry_months)
        lot = sheet.new_lot(member, organisation, kind, when, expires_at, release_at, scope)
        way = M.AWARD_PENDING if pending else movement
        sheet.move(way, organisation, member, points - repaid, to_lot=lot)
        set_aside(sheet, terms, lot, fund)
    sheet.move(M.ISSUE_FEE, organisation, books.operator, fee)
    return lot


def reward(
    books: Books, sheet: Sheet, terms: Terms, *, member: int, organisation: int, base: int
) -> tuple[int, Lot | None, str | None]:
    """Reward a sale's ``base`` (fen) by contract; give points, lot, and why nothing was given.

    A sale is never refused because its reward cannot be issued: the reward is withheld instead.
    """
    points = earned_on(base, terms)
    if not points:
        return 0, None, None
    try:
        lot = issue(books, sheet, terms, member=member, organisation=organisation, points=points)
    except Refused as refusal:
        return 0, None, refusal.code
    return points, lot, None


def add_months(when: datetime, months: int) -> datetime:
    """Give the same day ``months`` later, or the last of that month where there is none."""
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    day = min(when.day, monthrange(year, month + 1)[1])
    return when.replace(year=year, month=month + 1, day=day)
