"""The two operations on whole memberships: merge, and close. No point is lost in either."""

from msgspec.structs import replace

from tongbao.ledger.movements import M
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.expiry import end
from tongbao.points.gift import carry, copy_of
from tongbao.points.operations import Close, Merge
from tongbao.points.sheet import Decision, Sheet

_MERGES = (
    ("available", M.MERGE_WALLET),
    ("held", M.MERGE_HELD),
    ("pending", M.MERGE_PENDING),
)


def plan_merge(op: Merge, books: Books, stamp: Stamp) -> Decision:
    """Plan a merge: lots (in every state), holds and debts move; history is found through it."""
    if op.member == op.into:
        raise refusals.SameMember(member=op.member)
    _only_operator(books, op.scope, op.member)
    books.member(op.member)
    books.member(op.into)
    sheet = Sheet(stamp)
    moved: dict[int, int] = {}
    for lot in _remaining(books, op.member):
        copy = copy_of(sheet, lot, op.into)
        moved[lot.id] = copy.id
        for field, movement in _MERGES:
            points = getattr(lot, field)
            if points:
                carry(sheet, movement, lot, copy, points)
        sheet.note(copy, lot.remaining)
    for hold in books.holds.values():
        if hold.owner == op.member and hold.slices:
            slices = {moved[lot_id]: points for lot_id, points in hold.slices.items()}
            sheet.holds.append(replace(hold, owner=op.into, slices=slices))
    for organisation, amount in books.owing.get(op.member, {}).items():
        sheet.move(M.MERGE_OWING, op.into, op.member, amount)
        other = books.owing.get(op.into, {}).get(organisation, 0)
        sheet.owing[op.member, organisation] = 0
        sheet.owing[op.into, organisation] = other + amount
    points = sum(part.points for part in sheet.slices)
    detail = Detail(reference=op.reference)
    decision = sheet.decide("merge", op.member, detail, organisation=op.scope, points=points)
    decision.ended = (op.member, op.into)
    return decision


def plan_close(op: Close, books: Books, stamp: Stamp) -> Decision:
    """Plan the end of a membership: its points are given to somebody, given up, or in the way."""
    _only_operator(books, op.scope, op.member)
    member = books.member(op.member)
    held = books.balance(member.id, "held")
    if held:
        raise refusals.MemberHasHolds(member=member.id, held=held)
    wallet, pending = books.balance(member.id, "wallet"), books.balance(member.id, "pending")
    points = wallet + pending
    # Pending points may still be cancelled: they cannot be given, only given up, and said so.
    unspoken_for = pending if op.give_to is not None else points
    if unspoken_for and not op.forfeit:
        raise refusals.MemberHasPoints(member=member.id, points=unspoken_for)
    sheet = Sheet(stamp)
    if op.give_to is not None:
        if op.give_to == op.member:
            raise refusals.SameMember(member=op.member)
        books.member(op.give_to)
    for lot in _remaining(books, member.id):
        if op.give_to is not None and lot.available:
            copy = copy_of(sheet, lot, op.give_to)
            carry(sheet, M.GIFT, lot, copy, lot.available)
            sheet.note(copy, lot.available)
        elif lot.available:
            end(books, sheet, lot, lot.available, M.FORFEIT)
        if lot.pending:
            end(books, sheet, lot, lot.pending, M.FORFEIT_PENDING)
    for organisation, amount in books.owing.get(member.id, {}).items():
        sheet.move(M.WRITE_OFF, organisation, member.id, amount)
        sheet.owing[member.id, organisation] = 0
    detail = Detail(reference=op.reference)
    decision = sheet.decide("close", member.id, detail, organisation=op.scope, points=points)
    decision.ended = (member.id, None)
    return decision


def _remaining(books: Books, member: int) -> list[Lot]:
    """Give the lots with something left, by id, so that their copies keep that order."""
    lots = [lot for lot in books.lots.get(member, {}).values() if lot.remaining]
    return sorted(lots, key=lambda lot: lot.id)


def _only_operator(books: Books, scope: int, member: int) -> None:
    """Memberships belong to the alliance: for anybody else there is no such member to end."""
    if scope != books.operator:
        raise refusals.MemberNotFound(member=member)
