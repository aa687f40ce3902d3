"""Outcomes: what a caller is told of an operation."""

import msgspec

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.points.operations import Award, Purchase
from tongbao.points.outcome import Balances, Claim, Outcome, Slice, encode, replay


def test_an_answer_carries_balances_slices_claims_window_and_position(desk: Desk) -> None:
    member = desk.member()
    lots = [desk.award(name, member, 100).lot for name in ("a", "b", "c")]
    desk.hold("nothing", member, 20)
    paid = desk.buy("c", member, 10_250, 250)
    row = desk.conn.execute(
        "SELECT id FROM ledger.clearing_window WHERE closed_at IS NULL"
    ).fetchone()
    a, b, c = (desk.org(name) for name in "abc")
    assert row is not None
    assert paid == Outcome(
        operation=paid.operation,
        kind="purchase",
        status="posted",
        position=paid.operation,
        written_at=AT,
        effective_at=AT,
        window=row[0],
        member=member,
        balances=Balances(available=130, held=20),
        spent=250,
        earned=100,
        cash=10_000,
        lots=tuple(
            Slice(lot or 0, issuer, points)
            for lot, issuer, points in zip(lots, (a, b, c), (80, 100, 70), strict=True)
        ),
        claims=(Claim(a, c, 80), Claim(b, c, 100)),
        lot=paid.lot,
    )
    assert paid.balances == desk.balances(member)


def test_positions_grow_and_are_the_place_of_the_operation(desk: Desk) -> None:
    member = desk.member()
    outcomes = desk.post(*(desk.at(Award, "a", member=member, points=n) for n in range(1, 4)))
    positions = [good(o).position for o in outcomes]
    assert positions == sorted(set(positions))
    assert [o.balances.available for o in outcomes if o.balances] == [1, 3, 6]


def test_balances_are_those_after_each_operation_of_a_batch(desk: Desk) -> None:
    member = desk.member()
    award = desk.at(Award, "a", member=member, points=100)
    buys = [desk.at(Purchase, "nothing", member=member, amount=60, points=60) for _ in range(2)]
    first, second, third = desk.post(award, *buys)
    assert first.balances == Balances(available=100)
    assert second.balances == Balances(available=40)
    assert (code(third), third.balances) == ("insufficient-points", None)


def test_an_answer_reads_back_as_it_was_written(desk: Desk) -> None:
    member = desk.rich(100)
    refused = desk.one(desk.at(Purchase, "c", member=member, amount=500, points=500))
    for outcome in (desk.buy("c", member, 5_000, 50), refused):
        again = replay(encode(outcome).encode())
        assert again == msgspec.structs.replace(outcome, replayed=True)


def test_every_posted_operation_is_announced_once(desk: Desk) -> None:
    member = desk.rich(100)
    paid = desk.buy("nothing", member, 100, 100)
    desk.one(desk.at(Purchase, "nothing", member=member, amount=100, points=100))
    rows = desk.conn.execute(
        "SELECT type FROM events.event WHERE owner_id = %s ORDER BY id", (member,)
    ).fetchall()
    assert len(rows) == 2
    assert paid.member == member
