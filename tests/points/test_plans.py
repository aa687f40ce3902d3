"""Plans are pure: on books made of nothing but chance they keep every promise, to the fen."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tongbao.alliance.types import Terms
from tongbao.ledger.books import kinds, lot_fields
from tongbao.ledger.movements import MOVEMENTS
from tongbao.ledger.types import Lot, Stamp
from tongbao.points import purchase, refund
from tongbao.points.books import Books, Member
from tongbao.points.directory import Organisation, Outlet
from tongbao.points.operations import Line, Purchase, Refund, RefundLine
from tongbao.points.original import Original
from tongbao.points.sheet import Decision

AT = datetime(2026, 5, 1, tzinfo=UTC)
OPERATOR, SHOP, ISSUERS, MEMBER, OUTLET = 1, 10, (10, 11, 12), 100, 1_000
RATE = st.sampled_from([0, 3_333, 20_000, 500_000, 999_999, 1_000_000])


@st.composite
def all_books(draw: st.DrawFn) -> Books:
    """Draw a member with lots of three issuers, one of them the shop, and the shop's contract."""
    books = Books(1, AT, 1, OPERATOR)
    books.outlets = {OUTLET: Outlet(OUTLET, SHOP, "310105", "cinema", open=True)}
    for organisation in (OPERATOR, *ISSUERS):
        prepaid_share = draw(RATE)
        terms = Terms(
            earn_rate=draw(RATE),
            earn_step=draw(st.sampled_from([1, 100])),
            prepaid_share=prepaid_share,
            block=draw(st.sampled_from([None, 100])) if prepaid_share else None,
            reimbursement=draw(RATE),
            acceptance_fee=draw(RATE),
            issue_fee=draw(RATE),
        )
        start = datetime(2000, 1, 1, tzinfo=UTC)
        known = Organisation(organisation, "active", ((start, terms),))
        books.organisations[organisation] = known
        books.accounts[organisation] = dict.fromkeys(("clearing", "reserve", "issued"), 0)
        books.accounts[organisation]["prepaid"] = draw(st.sampled_from([0, 50, 10**6]))
    books.members[MEMBER] = Member(MEMBER, "active", False, None)
    books.add_member(MEMBER, {"wallet": 0})
    for n in range(draw(st.integers(1, 6))):
        points = draw(st.integers(1, 5_000))
        lot = Lot(
            owner=MEMBER,
            id=n + 1,
            issuer=draw(st.sampled_from(ISSUERS)),
            kind="earned",
            available=points,
            reserve=draw(st.integers(0, points)),
            earned_at=AT - timedelta(days=draw(st.integers(0, 3))),
            expires_at=draw(st.sampled_from([None, AT + timedelta(days=9)])),
        )
        books.add_lot(lot)
        books.accounts[MEMBER]["wallet"] += points
    return books


def enter(books: Books, place: int, decision: Decision) -> Stamp:
    """Enter what was decided, after looking at every transfer."""
    for transfer in decision.posting.transfers:
        assert transfer.amount > 0
        from_field, to_field = lot_fields(transfer.movement)
        if MOVEMENTS[transfer.movement].unit == "PTS":
            from_kind, to_kind = kinds(transfer.movement)
            assert (transfer.from_lot is not None) == (from_field is not None), from_kind
            assert (transfer.to_lot is not None) == (to_field is not None), to_kind
    stamp = Stamp(books.operation_id(place), AT, AT, 1)
    books.enter(stamp, decision.posting)
    return stamp


def standing(books: Books) -> dict[int, tuple[int, int]]:
    return {lot.id: (lot.available, lot.reserve) for lot in books.lots[MEMBER].values()}


@given(all_books(), st.integers(1, 30_000), st.data())
def test_any_number_of_partial_refunds_undoes_exactly_the_sale(
    books: Books, amount: int, data: st.DataObject
) -> None:
    before, wallet = standing(books), books.accounts[MEMBER]["wallet"]
    cuts = sorted(data.draw(st.sets(st.integers(1, amount), max_size=3)) | {0, amount})
    lines = tuple(Line(str(n), right - left) for n, (left, right) in enumerate(pairwise(cuts)))
    wanted = data.draw(st.integers(0, min(amount, wallet)))
    op = Purchase(
        key="p", scope=SHOP, member=MEMBER, outlet=OUTLET, amount=amount, points=wanted, lines=lines
    )
    sold = purchase.plan(op, books, Stamp(books.operation_id(0), AT, AT, 1))
    stamp = enter(books, 0, sold)
    assert sold.spent == wanted and sold.cash == amount - wanted
    assert sum(part.points for part in sold.slices) == wanted
    original = Original(
        id=stamp.id,
        kind="purchase",
        owner=MEMBER,
        holder=MEMBER,
        organisation=SHOP,
        outlet=OUTLET,
        points=wanted,
        cash=amount - wanted,
        effective_at=AT,
        detail=sold.detail,
    )
    original.take_up(sold.posting.transfers)
    books.originals[stamp.id] = original
    left = {line.id: line.amount for line in lines}
    place = 0
    while any(left.values()):
        place += 1
        line = data.draw(st.sampled_from([i for i, rest in left.items() if rest]))
        part = data.draw(st.integers(1, left[line])) if place < 6 else left[line]
        left[line] -= part
        back = Refund(
            key=f"r{place}", scope=SHOP, original=stamp.id, lines=(RefundLine(line, part),)
        )
        decision = refund.plan(back, books, Stamp(books.operation_id(place), AT, AT, 1))
        enter(books, place, decision)
        original.take_off("refund", decision.detail, decision.posting.transfers)
    after = {i: stand for i, stand in standing(books).items() if i in before}
    assert after == before
    assert books.accounts[MEMBER]["wallet"] == wallet
    assert books.accounts[MEMBER]["owing"] == 0
    # Points come back before their reward goes; what the block lacks at that moment is claimed.
    moved: dict[tuple[int, str], int] = {}
    for (owner, kind), delta in books.deltas.items():
        purse = (owner, "clearing" if kind == "prepaid" else kind)
        moved[purse] = moved.get(purse, 0) + delta
    assert {purse: delta for purse, delta in moved.items() if delta} == {}
    assert all(claims.claimed == claims.countered for claims in books.claims.values())
