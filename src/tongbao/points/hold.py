"""Holds: points set aside, captured in parts, freed, or ended by their time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from tongbao.ledger.movements import M
from tongbao.ledger.types import Hold as HeldPoints
from tongbao.ledger.types import Stamp
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.detail import Detail
from tongbao.points.operations import Capture, ExpireHold, Hold, Void
from tongbao.points.purchase import complete
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import Taken, choose, redeem

DEFAULT_TIME: Final = timedelta(hours=24)


def plan(op: Hold, books: Books, stamp: Stamp) -> Decision:
    """Plan a hold: points of chosen lots move from wallet to held; nobody owes anybody yet."""
    outlet = books.outlet(op.outlet, op.scope)
    member = books.spender(op.member)
    books.redeemer(outlet.organisation)
    expires_at = op.expires_at or stamp.at + DEFAULT_TIME
    sheet = Sheet(stamp)
    taken = choose(books, member.id, outlet, stamp.effective_at, op.points, up_to=op.up_to)
    if not taken:  # a hold of nothing could never be captured
        choose(books, member.id, outlet, stamp.effective_at, op.points, up_to=False)
    for lot, part in taken:
        sheet.move(M.HOLD, member.id, member.id, part, lot, lot)
        sheet.note(lot, part)
    points = sum(part for _, part in taken)
    hold = HeldPoints(
        owner=member.id,
        id=stamp.id,
        organisation=outlet.organisation,
        outlet=outlet.id,
        amount=points,
        expires_at=expires_at,
        slices={lot.id: part for lot, part in taken},
    )
    sheet.holds.append(hold)
    detail = Detail(
        reference=op.reference, channel=op.channel, terminal=op.terminal, staff=op.staff
    )
    return sheet.decide(
        "hold",
        member.id,
        detail,
        organisation=outlet.organisation,
        outlet=outlet.id,
        points=points,
    )


def plan_capture(op: Capture, books: Books, stamp: Stamp) -> Decision:
    """Plan a capture: held points are spent, claims arise now, ``final`` frees what is left.

    A lot that expired while it was held is honoured.
    """
    hold = books.hold(op.hold, op.scope)
    check_open(hold, stamp.at)
    if op.points > hold.remaining:
        raise refusals.HoldExceeded(hold=hold.id, remaining=hold.remaining, wanted=op.points)
    return capture(op, books, stamp, hold, op.points, op.cash, final=op.final)


def capture(
    op: Capture,
    books: Books,
    stamp: Stamp,
    hold: HeldPoints,
    points: int,
    cash: int,
    *,
    final: bool,
) -> Decision:
    """Plan the capture of ``points`` of a hold that is known to allow it."""
    books.member(hold.owner)
    books.redeemer(hold.organisation)
    outlet = books.outlets[hold.outlet]
    terms = books.terms(hold.organisation, stamp.effective_at)
    sheet = Sheet(stamp)
    taken, rest = take(books, hold, points)
    redeem(books, sheet, taken, hold.organisation, terms, M.CAPTURE)
    if final:
        free(books, sheet, hold.owner, rest)
        rest = {}
    sheet.holds.append(replace(hold, slices=rest))
    return complete(
        op, books, sheet, terms, outlet, hold.owner, points, cash, op.lines, original=hold.id
    )


def take(books: Books, hold: HeldPoints, points: int) -> tuple[list[Taken], dict[int, int]]:
    """Split a hold's slices, in their order, into ``points`` taken and what is left."""
    taken: list[Taken] = []
    rest: dict[int, int] = {}
    for lot_id, amount in hold.slices.items():
        part = min(amount, points)
        points -= part
        if part:
            taken.append((books.lot_by_id[lot_id], part))
        if amount > part:
            rest[lot_id] = amount - part
    return taken, rest


def free(books: Books, sheet: Sheet, member: int, slices: Mapping[int, int]) -> int:
    """Write the way back from held to wallet; give how many points it is."""
    for lot_id, amount in slices.items():
        lot = books.lot_by_id[lot_id]
        sheet.move(M.VOID, member, member, amount, lot, lot)
    return sum(slices.values())


def plan_void(op: Void, books: Books, stamp: Stamp) -> Decision:
    """Plan the release of what remains of a hold; of a closed one there is nothing to release."""
    hold = books.hold(op.hold, op.scope)
    if not hold.slices:
        raise refusals.HoldClosed(hold=hold.id)
    return release(op, books, stamp, hold, "void")


def plan_expiry(op: ExpireHold, books: Books, stamp: Stamp) -> Decision:
    """Plan the end of a hold whose time is over."""
    hold = books.hold(op.hold, op.scope)
    if not hold.slices:
        raise refusals.HoldClosed(hold=hold.id)
    if hold.expires_at > stamp.at:
        raise refusals.HoldNotExpired(hold=hold.id, expires_at=hold.expires_at.isoformat())
    return release(op, books, stamp, hold, "expire_hold")


def release(
    op: Void | ExpireHold, books: Books, stamp: Stamp, hold: HeldPoints, kind: str
) -> Decision:
    """Plan the way back to the wallet of all that remains of a hold."""
    sheet = Sheet(stamp)
    points = free(books, sheet, hold.owner, hold.slices)
    for lot_id, amount in hold.slices.items():
        sheet.note(books.lot_by_id[lot_id], amount)
    sheet.holds.append(replace(hold, slices={}))
    return sheet.decide(
        kind,
        hold.owner,
        Detail(reference=op.reference, channel=op.channel),
        organisation=hold.organisation,
        outlet=hold.outlet,
        original=hold.id,
        points=points,
    )


def check_open(hold: HeldPoints, at: datetime) -> None:
    """Refuse a hold that has nothing left or whose time is over."""
    if not hold.slices:
        raise refusals.HoldClosed(hold=hold.id)
    if hold.expires_at <= at:
        raise refusals.HoldExpired(hold=hold.id, expired_at=hold.expires_at.isoformat())
