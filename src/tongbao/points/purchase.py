"""Purchase: a bill is paid with points of any issuer and the rest in cash, which earns."""

from tongbao.alliance.types import Terms
from tongbao.ledger.types import Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.directory import Outlet
from tongbao.points.issue import reward
from tongbao.points.operations import Advice, Capture, Line, Operation, Purchase
from tongbao.points.sale import lines_of, sale_detail
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import choose, redeem


def plan(op: Purchase, books: Books, stamp: Stamp) -> Decision:
    """Plan a purchase: lots in spend order, claims by issuer, fee, and the reward on the cash."""
    outlet = books.outlet(op.outlet, op.scope)
    member = books.spender(op.member) if op.points else books.member(op.member)
    books.redeemer(outlet.organisation)
    terms = books.terms(outlet.organisation, stamp.effective_at)
    if op.quote is not None:
        terms = books.quoted(op.quote, member.id, outlet, op.amount, op.points).on_top_of(terms)
    if op.points > op.amount and not op.up_to:
        raise refusals.PointsExceedAmount(points=op.points, amount=op.amount)
    wanted = min(op.points, op.amount)
    sheet = Sheet(stamp)
    taken = choose(books, member.id, outlet, stamp.effective_at, wanted, up_to=op.up_to)
    redeem(books, sheet, taken, outlet.organisation, terms)
    points = sum(part for _, part in taken)
    decision = complete(
        op, books, sheet, terms, outlet, member.id, points, op.amount - points, op.lines
    )
    decision.quote = op.quote
    return decision


def complete(
    op: Purchase | Capture | Advice,
    books: Books,
    sheet: Sheet,
    terms: Terms,
    outlet: Outlet,
    member: int,
    points: int,
    cash: int,
    lines: tuple[Line, ...],
    original: int | None = None,
) -> Decision:
    """Reward what is paid in cash and make the sale final; for every kind of spending."""
    base = cash if terms.earn_on == "cash" else points + cash
    earned, lot, withheld = reward(
        books, sheet, terms, member=member, organisation=outlet.organisation, base=base
    )
    detail = sale_detail(
        op,
        lines_of(lines, points + cash, points),
        base=base,
        earned=earned,
        lot=None if lot is None else lot.id,
        withheld=withheld,
    )
    return sheet.decide(
        kind_of(op),
        member,
        detail,
        organisation=outlet.organisation,
        outlet=outlet.id,
        original=original,
        points=points,
        spent=points,
        cash=cash,
        earned=earned,
        lot=lot,
    )


def kind_of(op: Operation) -> str:
    """Give the kind of an operation: its tag."""
    tag = op.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
