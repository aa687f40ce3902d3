from datetime import timedelta

from tests.points.desk import Desk, code, good, slices
from tests.world import AT
from tongbao.members.members import set_spend_lock
from tongbao.points.operations import ExpireLots, Gift, Purchase, Scope


def test_each_slice_keeps_its_issuer_age_expiry_kind_and_scope(desk: Desk) -> None:
    member, other = desk.member(), desk.member()
    early = AT - timedelta(days=4)
    desk.award("a", member, 100, effective_at=early, lot_kind="bought")
    desk.award("b", member, 100, expires_at=AT + timedelta(days=5))
    desk.award("c", member, 100, limited_to=Scope(formats=("cafe",)))
    given = good(desk.one(desk.by(Gift, "a", member=member, to=other, points=250)))
    assert slices(given) == [100, 100, 50]
    query = (
        "SELECT issuer_id, kind, earned_at, expires_at, scope::text FROM ledger.lot"
        " WHERE owner_id = %s ORDER BY issuer_id"
    )
    mine = desk.conn.execute(query, (member,)).fetchall()
    assert desk.conn.execute(query, (other,)).fetchall() == mine
    assert desk.balances(member).available == 50
    refused = desk.one(desk.at(Purchase, "nothing", member=other, amount=250, points=250))
    assert refused.refusal is not None
    assert refused.refusal.facts["only_elsewhere"] == 50


def test_the_money_that_stands_behind_points_goes_with_them(desk: Desk) -> None:
    member, other = desk.rich(1_000, "split"), desk.member()
    given = good(desk.one(desk.by(Gift, "a", member=member, to=other, points=333)))
    assert desk.moved(given) == [
        ("gift", "member", "member", 333),
        ("unfund", "split", "split", 133),
        ("fund", "split", "split", 133),
    ]
    assert desk.lots(other) == [("split", 333, 0, 0, 133)]
    assert desk.lots(member) == [("split", 667, 0, 0, 267)]
    assert given.claims == ()


def test_a_gift_that_expires_expires_for_its_receiver(desk: Desk) -> None:
    member, other = desk.member(), desk.member()
    desk.award("a", member, 100, expires_at=AT + timedelta(days=1))
    good(desk.one(desk.by(Gift, "a", member=member, to=other, points=100)))
    good(desk.one(desk.by(ExpireLots, None, member=other), AT + timedelta(days=1)))
    assert desk.lots(other) == []


def test_within_one_batch_a_gift_can_be_given_on(desk: Desk) -> None:
    first, second, third = desk.rich(100), desk.member(), desk.member()
    outcomes = desk.post(
        desk.by(Gift, "a", member=first, to=second, points=100),
        desk.by(Gift, "a", member=second, to=third, points=60),
        desk.by(Gift, "a", member=first, to=third, points=1),
    )
    assert [code(o) for o in outcomes] == [None, None, "insufficient-points"]
    assert [desk.balances(m).available for m in (first, second, third)] == [0, 40, 60]


def test_who_gives_what_to_whom_is_checked(own_desk: Desk) -> None:
    desk, member, other = own_desk, own_desk.rich(100), own_desk.member()
    with desk.conn.transaction():
        set_spend_lock(desk.conn, desk.rich(100), locked=True)
    locked = desk.world.members[2]
    give = {"member": member, "to": other, "points": 1}
    wrong = [
        ("same-member", {"to": member}),
        ("member-not-found", {"to": 999_999}),
        ("member-not-found", {"member": 999_999}),
        ("insufficient-points", {"points": 101}),
        ("spend-locked", {"member": locked}),
        ("organisation-not-found", {"scope": 999_999}),
        ("amount-out-of-range", {"points": 0}),
    ]
    outcomes = desk.post(*(desk.by(Gift, "a", **{**give, **change}) for _, change in wrong))
    assert [code(o) for o in outcomes] == [expected for expected, _ in wrong]
    good(desk.one(desk.by(Gift, "a", **{**give, "to": locked})))
