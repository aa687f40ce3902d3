import itertools
from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.members.members import set_spend_lock
from tongbao.points.operations import (
    Award,
    CancelPending,
    Capture,
    Close,
    Gift,
    Merge,
    Purchase,
    Refund,
    ReleasePending,
    Reversal,
    Void,
)

WEEK = timedelta(days=7)


def merge(desk: Desk, member: int, into: int) -> None:
    good(desk.one(desk.by(Merge, None, member=member, into=into)))


def test_lots_in_every_state_move_with_their_money(desk: Desk) -> None:
    member, other = desk.rich(1_000, "split"), desk.rich(5, "b")
    desk.hold("nothing", member, 333)
    desk.award("prepaid", member, 70, release_at=AT + WEEK)
    before = desk.lots(member)
    merge(desk, member, other)
    assert desk.lots(member) == []
    assert desk.lots(other) == [("b", 5, 0, 0, 0), *before]
    done = desk.one(desk.at(Purchase, "nothing", member=member, amount=1, points=1))
    assert done.refusal is not None
    assert done.refusal.code == "member-merged"
    assert done.refusal.facts == {"member": member, "into": other}


def test_a_hold_is_captured_and_voided_after_its_member_was_merged(desk: Desk) -> None:
    member, other = desk.rich(1_000), desk.member()
    held = desk.hold("nothing", member, 300)
    second = desk.hold("nothing", member, 100)
    merge(desk, member, other)
    part = desk.by(Capture, "nothing", hold=held.operation, points=120, final=False)
    done = good(desk.one(part))
    assert (done.member, desk.claims(done)) == (other, [("a", "nothing", 120)])
    good(desk.one(desk.by(Void, "nothing", hold=held.operation)))
    good(desk.one(desk.by(Void, "nothing", hold=second.operation)))
    assert desk.lots(other) == [("a", 880, 0, 0, 0)]
    assert good(desk.refund("nothing", done)).spent == -120


def test_debts_add_up_per_organisation(desk: Desk) -> None:
    member, other = desk.member(), desk.member()
    for one, points in ((member, 100), (other, 40)):
        sale = good(desk.one(desk.at(Award, "a", member=one, amount=10_000, points=points)))
        desk.buy("nothing", one, points, points)
        good(desk.refund("a", sale))
    merge(desk, member, other)
    assert (desk.balances(member).owing, desk.balances(other).owing) == (0, 140)
    assert desk.award("a", other, 150).balances == desk.balances(other)
    assert (desk.balances(other).owing, desk.balances(other).available) == (0, 10)


@pytest.mark.parametrize("merges", [1, 2, 3])
@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_purchase_made_before_a_merge_is_refunded_to_whoever_lives_on(
    desk: Desk, merges: int, within: bool
) -> None:
    chain = [desk.rich(1_000), *(desk.member() for _ in range(merges))]
    paid = desk.buy("b", chain[0], 20_000, 1_000)
    operations = [
        desk.by(Merge, None, member=one, into=into) for one, into in itertools.pairwise(chain)
    ]
    refunds = [desk.by(Refund, "b", original=paid.operation, amount=5_000) for _ in range(5)]
    outcomes = (
        desk.post(*operations, *refunds)
        if within
        else [desk.one(op) for op in (*operations, *refunds)]
    )
    assert [code(o) for o in outcomes] == [None] * (merges + 4) + ["refund-exceeds-sale"]
    survivor = desk.balances(chain[-1])
    assert (survivor.available, survivor.owing) == (1_000, 0)
    assert all(desk.lots(one) == [] for one in chain[:-1])


def test_refunds_before_between_and_after_merges_never_exceed_the_sale(desk: Desk) -> None:
    chain = [desk.rich(1_000), desk.member(), desk.member()]
    paid = desk.buy("nothing", chain[0], 1_000, 1_000)
    for one, into in itertools.pairwise(chain):
        good(desk.refund("nothing", paid, amount=300))
        merge(desk, one, into)
    good(desk.refund("nothing", paid, amount=300))
    assert code(desk.refund("nothing", paid, amount=101)) == "refund-exceeds-sale"
    good(desk.refund("nothing", paid))
    assert desk.balances(chain[-1]).available == 1_000


@pytest.mark.parametrize("merges", [1, 2])
@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
@pytest.mark.parametrize("kind", [ReleasePending, CancelPending])
def test_a_pending_award_is_found_after_a_merge(
    desk: Desk, merges: int, within: bool, kind: type[ReleasePending | CancelPending]
) -> None:
    chain = [desk.member() for _ in range(merges + 1)]
    award = desk.award("prepaid", chain[0], 500, release_at=AT)
    steps = [desk.by(Merge, None, member=one, into=into) for one, into in itertools.pairwise(chain)]
    steps.append(desk.by(kind, "prepaid", award=award.operation))
    for outcome in desk.post(*steps) if within else [desk.one(op) for op in steps]:
        good(outcome)
    expected = [("prepaid", 500, 0, 0, 500)] if kind is ReleasePending else []
    assert desk.lots(chain[-1]) == expected


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_reward_is_clawed_back_from_the_lot_it_has_become(desk: Desk, within: bool) -> None:
    member, other = desk.member(), desk.rich(1_000, "a")
    paid = desk.buy("a", member, 10_000, 0)
    steps = [
        desk.by(Merge, None, member=member, into=other),
        desk.by(Refund, "a", original=paid.operation),
    ]
    for outcome in desk.post(*steps) if within else [desk.one(op) for op in steps]:
        good(outcome)
    assert desk.lots(other) == [("a", 1_000, 0, 0, 0)]


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_what_was_reversed_is_looked_for_where_the_member_lives_on(
    desk: Desk, within: bool
) -> None:
    member, other = desk.rich(1_000), desk.member()
    buy = desk.at(Purchase, "b", member=member, amount=20_000, points=1_000)
    steps = [
        buy,
        desk.by(Merge, None, member=member, into=other),
        desk.by(Reversal, "b", original_key=buy.key),
        desk.by(Reversal, "b", original_key=buy.key),
    ]
    outcomes = desk.post(*steps) if within else [desk.one(op) for op in steps]
    assert [good(o).spent for o in outcomes] == [1_000, 0, -1_000, 0]
    assert desk.lots(other) == [("a", 1_000, 0, 0, 0)]


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_spend_lock_lives_on_too(own_desk: Desk, within: bool) -> None:
    desk, member, other = own_desk, own_desk.rich(100), own_desk.rich(100)
    with desk.conn.transaction():
        set_spend_lock(desk.conn, member, locked=True)
    steps = [
        desk.by(Merge, None, member=member, into=other),
        desk.by(Gift, "a", member=other, to=desk.member(), points=1),
    ]
    outcomes = desk.post(*steps) if within else [desk.one(op) for op in steps]
    assert [code(o) for o in outcomes] == [None, "spend-locked"]


def test_who_may_be_merged_and_by_whom(desk: Desk) -> None:
    first, second, third = desk.member(), desk.member(), desk.member()
    merge(desk, first, second)
    wrong = [
        ("same-member", {"member": second, "into": second}),
        ("member-merged", {"member": first, "into": third}),
        ("member-merged", {"member": third, "into": first}),
        ("member-not-found", {"member": third, "into": 999_999}),
        ("member-not-found", {"member": third, "into": second, "scope": desk.org("a")}),
    ]
    outcomes = desk.post(*(desk.by(Merge, None, **fields) for _, fields in wrong))
    assert [code(o) for o in outcomes] == [expected for expected, _ in wrong]


def test_closing_gives_the_points_to_somebody(desk: Desk) -> None:
    member, other = desk.rich(1_000, "prepaid"), desk.member()
    done = good(desk.one(desk.by(Close, None, member=member, give_to=other)))
    assert desk.moved(done) == [
        ("gift", "member", "member", 1_000),
        ("unfund", "prepaid", "prepaid", 1_000),
        ("fund", "prepaid", "prepaid", 1_000),
    ]
    assert (desk.lots(member), desk.lots(other)) == ([], [("prepaid", 1_000, 0, 0, 1_000)])
    award = desk.one(desk.at(Award, "a", member=member, points=1))
    assert code(award) == "member-not-active"


def test_closing_loses_nothing_that_nobody_gave_up(desk: Desk) -> None:
    member, other = desk.rich(100), desk.member()
    desk.award("keeps", member, 70, release_at=AT + WEEK)
    for fields, points in (({}, 170), ({"give_to": other}, 70)):
        refused = desk.one(desk.by(Close, None, member=member, **fields))
        assert refused.refusal is not None
        assert refused.refusal.code == "member-has-points"
        assert refused.refusal.facts["points"] == points
    done = good(desk.one(desk.by(Close, None, member=member, give_to=other, forfeit=True)))
    assert desk.moved(done) == [
        ("gift", "member", "member", 100),
        ("forfeit_pending", "member", "keeps", 70),
        ("breakage", "keeps", "operator", 70),
    ]


def test_points_given_up_go_home(desk: Desk) -> None:
    member = desk.rich(100, "prepaid")
    done = good(desk.one(desk.by(Close, None, member=member, forfeit=True)))
    assert desk.moved(done) == [
        ("forfeit", "member", "prepaid", 100),
        ("unfund", "prepaid", "prepaid", 100),
    ]


def test_holds_are_in_the_way_of_closing(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 60)
    close = {"member": member, "forfeit": True}
    refused = desk.one(desk.by(Close, None, **close))
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.facts["held"]) == ("member-has-holds", 60)
    good(desk.one(desk.by(Void, "nothing", hold=held.operation)))
    good(desk.one(desk.by(Close, None, **close)))


def test_what_a_closing_member_owes_is_written_off(desk: Desk) -> None:
    member = desk.member()
    sale = good(desk.one(desk.at(Award, "a", member=member, amount=10_000)))
    desk.buy("nothing", member, 100, 100)
    good(desk.refund("a", sale))
    done = good(desk.one(desk.by(Close, None, member=member)))
    assert desk.moved(done) == [("write_off", "a", "member", 100)]
    assert desk.balances(member).owing == 0


def test_who_may_be_closed_and_by_whom(desk: Desk) -> None:
    member = desk.rich(10)
    gone = desk.member()
    good(desk.one(desk.by(Close, None, member=gone)))
    wrong = [
        ("member-not-active", {"member": gone}),
        ("member-not-active", {"member": member, "give_to": gone}),
        ("member-not-found", {"member": member, "give_to": 999_999}),
        ("same-member", {"member": member, "give_to": member}),
        ("member-not-found", {"member": member, "forfeit": True, "scope": desk.org("a")}),
    ]
    outcomes = desk.post(*(desk.by(Close, None, **fields) for _, fields in wrong))
    assert [code(o) for o in outcomes] == [expected for expected, _ in wrong]
