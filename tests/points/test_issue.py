"""Owing: what the next earning repays, whoever gives it."""

from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.points.operations import Award, DecideAdjustment, ProposeAdjustment, ReleasePending


def debtor(desk: Desk, points: int = 100, creditor: str = "a") -> int:
    """Give a member who owes points that were earned, spent, and clawed back."""
    member = desk.member()
    fields = {"member": member, "amount": 10_000, "points": points}
    sale = good(desk.one(desk.at(Award, creditor, **fields)))
    desk.buy("nothing", member, points, points)
    back = good(desk.refund(creditor, sale))
    assert desk.moved(back)[0] == ("owe", "member", creditor, points)
    return member


def test_the_next_award_of_the_same_issuer_repays_first(desk: Desk) -> None:
    member = debtor(desk)
    given = desk.award("a", member, 130)
    assert desk.moved(given) == [("repay", "a", "member", 100), ("award", "a", "member", 30)]
    assert (given.earned, given.balances) == (130, desk.balances(member))
    assert desk.balances(member).available == 30


def test_another_issuer_pays_the_creditor_for_what_it_repays(desk: Desk) -> None:
    member = debtor(desk)
    given = desk.award("split", member, 70)
    assert desk.moved(given) == [
        ("repay", "a", "member", 70),
        ("claim", "split", "a", 70),
    ]
    assert desk.claims(given) == [("split", "a", 70)]
    assert given.lot is None
    rest = desk.award("split", member, 100)
    assert desk.moved(rest) == [
        ("repay", "a", "member", 30),
        ("claim", "split", "a", 30),
        ("award", "split", "member", 70),
        ("fund", "split", "split", 28),
    ]


def test_a_reward_repays_too_and_a_refund_of_it_is_owed_again(desk: Desk) -> None:
    member = debtor(desk)
    paid = desk.buy("b", member, 20_000, 0)
    assert (paid.earned, desk.balances(member).available) == (200, 100)
    back = good(desk.refund("b", paid))
    assert desk.moved(back) == [("claw_back", "member", "b", 100), ("owe", "member", "b", 100)]


def test_pending_points_repay_when_they_are_released(desk: Desk) -> None:
    member = debtor(desk)
    award = desk.award("prepaid", member, 150, release_at=AT + timedelta(days=1))
    assert desk.balances(member).owing == 100
    later = AT + timedelta(days=1)
    done = good(desk.one(desk.by(ReleasePending, "prepaid", award=award.operation), later))
    assert desk.moved(done) == [
        ("release", "member", "member", 150),
        ("redeem", "member", "prepaid", 100),
        ("unfund", "prepaid", "prepaid", 100),
        ("repay", "a", "member", 100),
        ("claim", "prepaid", "a", 100),
    ]
    assert desk.lots(member) == [("prepaid", 50, 0, 0, 50)]


def test_an_approved_adjustment_repays_first(desk: Desk) -> None:
    member = debtor(desk)
    fields = {"member": member, "organisation": desk.org("a"), "points": 40, "reason": "r"}
    proposal = good(desk.one(desk.by(ProposeAdjustment, "a", **fields, by="Li")))
    decision = {"proposal": proposal.operation, "by": "Wang", "approve": True}
    done = good(desk.one(desk.by(DecideAdjustment, "a", **decision)))
    assert desk.moved(done) == [("repay", "a", "member", 40)]


def test_what_is_owed_to_several_is_repaid_in_the_order_of_their_ids(desk: Desk) -> None:
    member = debtor(desk, 100, "b")
    sale = good(desk.one(desk.at(Award, "a", member=member, amount=10_000, points=150)))
    assert desk.moved(sale)[:2] == [("repay", "b", "member", 100), ("claim", "a", "b", 100)]
    desk.buy("nothing", member, 50, 50)
    good(desk.refund("a", sale))
    second = desk.award("c", member, 120)
    assert desk.claims(second) == [("c", "a", 120)]
    assert desk.balances(member).owing == 30


@pytest.mark.parametrize(("points", "expected"), [(10_000, None), (10_001, "headroom-exceeded")])
def test_repaying_others_takes_headroom_like_issuing(
    own_desk: Desk, points: int, expected: str | None
) -> None:
    desk = own_desk
    member = debtor(desk, 500)
    given = desk.one(desk.at(Award, "tight", member=member, points=points))
    assert code(given) == expected
    if expected is None:
        assert desk.account("tight", "clearing") == -500
        assert desk.account("tight", "issued") == -9_500


def test_what_members_owe_an_issuer_does_not_let_it_issue_more(own_desk: Desk) -> None:
    """Points awarded, spent elsewhere and clawed back are paid for once, and count once."""
    desk, member = own_desk, own_desk.member()
    given = good(desk.one(desk.at(Award, "tight", member=member, points=10_000)))
    desk.buy("nothing", member, 10_000, 10_000)
    good(desk.refund("tight", given))
    assert desk.account("tight", "clearing") == -10_000
    assert desk.account("tight", "owed") == 10_000
    assert desk.account("tight", "issued") == 0
    other = desk.one(desk.at(Award, "tight", member=desk.member(), points=1))
    assert code(other) == "headroom-exceeded"
    back = good(desk.one(desk.at(Award, "tight", member=member, points=10_000)))
    assert back.balances is not None and back.balances.owing == 0
    assert desk.account("tight", "owed") == 0
