"""Award: an organisation gives points for a sale, at once or pending until a release date."""

import msgspec

from tongbao.ledger.types import Stamp
from tongbao.points.books import Books
from tongbao.points.issue import earned_on, issue
from tongbao.points.operations import Award
from tongbao.points.sale import lines_of, sale_detail
from tongbao.points.sheet import Decision, Sheet

_encode_scope = msgspec.json.Encoder().encode


def plan(op: Award, books: Books, stamp: Stamp) -> Decision:
    """Plan an award. A sale too small to earn is recorded all the same."""
    outlet = books.outlet(op.outlet, op.scope)
    books.member(op.member)
    terms = books.terms(outlet.organisation, stamp.effective_at)
    points = earned_on(op.amount, terms) if op.points is None else op.points
    sheet = Sheet(stamp)
    lot = issue(
        books,
        sheet,
        terms,
        member=op.member,
        organisation=outlet.organisation,
        points=points,
        kind=op.lot_kind,
        release_at=op.release_at,
        expires_at=op.expires_at,
        scope=None if op.limited_to is None else _encode_scope(op.limited_to).decode(),
    )
    base = op.amount or points
    detail = sale_detail(
        op,
        lines_of(op.lines, base, 0),
        base=base,
        earned=points,
        lot=None if lot is None else lot.id,
        withheld=None,
    )
    return sheet.decide(
        "award",
        op.member,
        detail,
        organisation=outlet.organisation,
        outlet=outlet.id,
        cash=op.amount,
        earned=points,
        lot=lot,
    )
