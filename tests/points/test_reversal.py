from itertools import pairwise

import pytest

from tests.points.desk import Desk, code, good, slices, undo
from tongbao.points.operations import (
    Advice,
    Award,
    Capture,
    Close,
    Gift,
    Hold,
    Merge,
    ProposeAdjustment,
    Purchase,
    Reversal,
    Void,
)


def test_a_reversal_undoes_a_purchase_once_however_often_it_comes(desk: Desk) -> None:
    member = desk.rich(100)
    before = desk.lots(member)
    buy = desk.at(Purchase, "c", member=member, amount=10_100, points=100)
    good(desk.one(buy))
    first, *others = desk.post(*(undo(desk, buy) for _ in range(3)))
    assert (good(first).spent, first.earned, first.cash) == (-100, -100, -10_000)
    assert all(good(o).lots == () and o.spent == 0 for o in others)
    assert good(desk.one(undo(desk, buy))).spent == 0
    assert desk.lots(member) == before


def test_a_reversal_before_its_original_leaves_a_tombstone(desk: Desk) -> None:
    member = desk.rich(100)
    buy = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    for _ in range(2):
        good(desk.one(undo(desk, buy)))
    for _ in range(2):
        late = desk.one(buy)
        assert (code(late), late.status) == ("reversed", "refused")
    assert desk.balances(member).available == 100


@pytest.mark.parametrize("order", ["original first", "reversal first"])
@pytest.mark.parametrize("kind", ["purchase", "award", "hold", "gift", "capture", "advice"])
def test_both_orders_within_one_batch_leave_nothing_behind(
    desk: Desk, kind: str, order: str
) -> None:
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 300)
    before = desk.lots(member)
    where = {"member": member}
    original = {
        "purchase": desk.at(Purchase, "c", **where, amount=5_000, points=400),
        "award": desk.at(Award, "c", **where, points=50),
        "hold": desk.at(Hold, "c", **where, points=50),
        "gift": desk.by(Gift, "c", **where, to=desk.member(), points=70),
        "capture": desk.by(
            Capture, "nothing", hold=held.operation, points=100, cash=10, final=False
        ),
        "advice": desk.at(Advice, "c", **where, points=33, cash=1_000),
    }[kind]
    first = order == "original first"
    both = (original, undo(desk, original)) if first else (undo(desk, original), original)
    outcomes = desk.post(*both)
    assert [o.status for o in outcomes] == (["posted"] * 2 if first else ["posted", "refused"])
    if kind == "capture" and first:  # the points come back to the wallet, not to the hold
        good(desk.one(desk.by(Void, "nothing", hold=held.operation)))
        assert desk.lots(member) == [("a", 1_000, 0, 0, 0)]
    else:
        assert desk.lots(member) == before
    assert [code(o) for o in desk.post(*both)] == [code(o) for o in outcomes]


def test_a_reversal_of_a_refused_operation_has_nothing_to_undo(desk: Desk) -> None:
    member = desk.member()
    buy = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    refused = desk.one(buy)
    assert good(desk.one(undo(desk, buy))).lots == ()
    again = desk.one(buy)
    assert (code(again), again.operation) == ("insufficient-points", refused.operation)
    other = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    outcomes = desk.post(other, undo(desk, other), other)
    assert [code(o) for o in outcomes] == ["insufficient-points", None, "insufficient-points"]


def test_a_reversal_after_a_part_was_refunded_undoes_the_rest(desk: Desk) -> None:
    member = desk.rich(100)
    buy = desk.at(Purchase, "c", member=member, amount=1_000, points=100)
    paid = good(desk.one(buy))
    good(desk.refund("c", paid, amount=300))
    assert good(desk.one(undo(desk, buy))).spent == -70
    assert desk.lots(member) == [("a", 100, 0, 0, 0)]
    assert code(desk.refund("c", paid)) == "refund-exceeds-sale"


def test_a_reversal_of_a_hold_frees_what_was_not_captured(desk: Desk) -> None:
    member = desk.rich(100)
    hold = desk.at(Hold, "nothing", member=member, points=100)
    held = good(desk.one(hold))
    take = {"hold": held.operation, "points": 30}
    good(desk.one(desk.by(Capture, "nothing", **take, final=False)))
    done = good(desk.one(undo(desk, hold)))
    assert desk.moved(done) == [("void", "member", "member", 70)]
    assert desk.lots(member) == [("a", 70, 0, 0, 0)]
    assert good(desk.one(undo(desk, hold))).lots == ()
    assert code(desk.one(desk.by(Capture, "nothing", **take))) == "hold-closed"


def test_a_gift_comes_back_slice_by_slice_unless_it_was_spent(desk: Desk) -> None:
    member, other = desk.rich(100, "split"), desk.member()
    desk.award("b", member, 50)
    before = desk.lots(member)
    gift = desk.by(Gift, "a", member=member, to=other, points=120)
    good(desk.one(gift))
    back = good(desk.one(undo(desk, gift)))
    assert (desk.lots(member), desk.lots(other)) == (before, [])
    assert back.balances is not None
    second = desk.by(Gift, "a", member=member, to=other, points=120)
    good(desk.one(second))
    desk.buy("nothing", other, 1, 1)
    refused = desk.one(undo(desk, second))
    assert code(refused) == "insufficient-points"
    assert sum(lot[1] for lot in desk.lots(other)) == 119


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
@pytest.mark.parametrize("merges", [1, 2])
def test_a_gift_comes_back_from_whoever_its_receiver_lives_on_as(
    desk: Desk, merges: int, within: bool
) -> None:
    member, chain = desk.rich(100, "split"), [desk.member() for _ in range(merges + 1)]
    before = desk.lots(member)
    gift = desk.by(Gift, "a", member=member, to=chain[0], points=60)
    steps = [gift]
    steps += [desk.by(Merge, None, member=one, into=into) for one, into in pairwise(chain)]
    steps += [undo(desk, gift), undo(desk, gift)]
    outcomes = desk.post(*steps) if within else [desk.one(op) for op in steps]
    assert [code(o) for o in outcomes] == [None] * len(steps)
    assert (desk.lots(member), desk.lots(chain[-1])) == (before, [])


@pytest.mark.parametrize("spent", [40, 1])
def test_a_gift_stays_with_a_merged_receiver_who_has_spent_of_it(desk: Desk, spent: int) -> None:
    member, other, into = desk.rich(100), desk.member(), desk.member()
    gift = desk.by(Gift, "a", member=member, to=other, points=40)
    good(desk.one(gift))
    good(desk.one(desk.by(Merge, None, member=other, into=into)))
    desk.buy("nothing", into, spent, spent)
    refused = desk.one(undo(desk, gift))
    assert refused.refusal is not None
    assert refused.refusal.code == "insufficient-points"
    assert refused.refusal.facts["available"] == 40 - spent


def test_a_gift_comes_back_to_a_giver_whom_the_receiver_was_merged_into(desk: Desk) -> None:
    member, other = desk.rich(100), desk.member()
    gift = desk.by(Gift, "a", member=member, to=other, points=40)
    good(desk.one(gift))
    good(desk.one(desk.by(Merge, None, member=other, into=member)))
    good(desk.one(undo(desk, gift)))
    assert desk.lots(member) == [("a", 100, 0, 0, 0)]


def test_a_gift_does_not_come_back_to_a_membership_that_has_ended(desk: Desk) -> None:
    member, other = desk.rich(100), desk.member()
    gift = desk.by(Gift, "a", member=member, to=other, points=100)
    good(desk.one(gift))
    good(desk.one(desk.by(Close, None, member=member)))
    assert code(desk.one(undo(desk, gift))) == "member-not-active"


def test_keys_of_another_caller_are_not_found(desk: Desk) -> None:
    member = desk.rich(100)
    buy = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    good(desk.one(buy))
    foreign = desk.by(Reversal, "b", original_key=buy.key)
    assert good(desk.one(foreign)).lots == ()
    assert desk.balances(member).available == 0
    good(desk.one(undo(desk, buy)))


def test_what_has_its_own_opposite_is_not_reversed(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 100)
    void = desk.by(Void, "nothing", hold=held.operation)
    good(desk.one(void))
    refused = desk.one(undo(desk, void))
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.facts) == ("not-reversible", {"kind": "void"})
    reversal = undo(desk, void)
    assert code(desk.one(undo(desk, reversal))) is None


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_proposal_is_rejected_and_not_reversed(desk: Desk, within: bool) -> None:
    fields = {"member": desk.member(), "organisation": desk.org("a"), "points": 5, "reason": "r"}
    steps = [desk.by(ProposeAdjustment, "a", **fields, by="Li")]
    steps.append(undo(desk, steps[0]))
    outcomes = desk.post(*steps) if within else [desk.one(op) for op in steps]
    assert [code(o) for o in outcomes] == [None, "not-reversible"]


def test_a_reversal_of_itself_and_of_an_unknown_caller_makes_no_sense(desk: Desk) -> None:
    itself = desk.by(Reversal, "a", key="same", original_key="same")
    assert code(desk.one(itself)) == "key-malformed"
    nobody = desk.by(Reversal, "a", scope=999_999, original_key="x")
    assert code(desk.one(nobody)) == "organisation-not-found"


def test_the_answer_of_a_reversal_names_the_slices_that_came_back(desk: Desk) -> None:
    member = desk.rich(100, "a")
    desk.award("b", member, 100)
    buy = desk.at(Purchase, "nothing", member=member, amount=150, points=150)
    good(desk.one(buy))
    back = good(desk.one(undo(desk, buy)))
    assert slices(back) == [50, 100]
    assert desk.claims(back) == [("a", "nothing", -100), ("b", "nothing", -50)]
