from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.points.operations import Award, CancelPending, ExpireLots, ReleasePending
from tongbao.points.outcome import Outcome

WEEK = timedelta(days=7)


def pending(desk: Desk, name: str, member: int, points: int = 1_000) -> Outcome:
    fields = {"member": member, "amount": 10_000, "points": points, "release_at": AT + WEEK}
    return good(desk.one(desk.at(Award, name, **fields)))


def release(desk: Desk, award: Outcome, name: str = "a", wait: timedelta = WEEK) -> Outcome:
    return desk.one(desk.by(ReleasePending, name, award=award.operation), AT + wait)


def cancel(desk: Desk, award: Outcome, name: str = "a") -> Outcome:
    return desk.one(desk.by(CancelPending, name, award=award.operation))


def test_pending_points_become_spendable_when_their_time_has_come(desk: Desk) -> None:
    member = desk.member()
    award = pending(desk, "a", member)
    early = release(desk, award, wait=WEEK - timedelta(seconds=1))
    assert early.refusal is not None
    assert early.refusal.code == "release-too-early"
    assert early.refusal.facts["release_at"] == (AT + WEEK).isoformat()
    done = good(release(desk, award))
    assert desk.moved(done) == [("release", "member", "member", 1_000)]
    assert done.balances is not None
    assert (done.balances.available, done.balances.pending) == (1_000, 0)
    assert code(release(desk, award)) == "not-pending"
    assert code(cancel(desk, award)) == "not-pending"


@pytest.mark.parametrize(
    ("issuer", "money"),
    [
        ("a", []),
        ("prepaid", [("unfund", "prepaid", "prepaid", 1_000)]),
        ("fee", [("issue_fee_back", "operator", "fee", 30)]),
    ],
)
def test_a_cancelled_award_goes_back_with_its_money_and_its_fee(
    desk: Desk, issuer: str, money: list[tuple[str, str, str, int]]
) -> None:
    member = desk.member()
    award = pending(desk, issuer, member)
    done = good(cancel(desk, award, issuer))
    assert desk.moved(done) == [("cancel", "member", issuer, 1_000), *money]
    assert desk.lots(member) == []
    assert code(release(desk, award, issuer)) == "not-pending"
    assert code(desk.refund(issuer, award)) == "refund-exceeds-sale"


def test_a_partly_refunded_award_is_cancelled_for_the_rest(desk: Desk) -> None:
    member = desk.member()
    award = pending(desk, "fee", member, 999)
    back = good(desk.refund("fee", award, amount=3_333))
    assert desk.moved(back)[1] == ("cancel", "member", "fee", 333)
    done = good(cancel(desk, award, "fee"))
    assert done.earned == -666
    fees = [a for o in (back, done) for n, _, _, a in desk.moved(o) if n == "issue_fee_back"]
    assert sum(fees) == 30
    assert code(desk.refund("fee", award, amount=1)) == "refund-exceeds-sale"


def test_both_in_one_batch_are_decided_by_the_first(desk: Desk) -> None:
    award = pending(desk, "a", desk.member())
    both = (
        desk.by(CancelPending, "a", award=award.operation),
        desk.by(ReleasePending, "a", award=award.operation),
        desk.by(CancelPending, "a", award=award.operation),
    )
    outcomes = desk.post(*both, at=AT + WEEK)
    assert [code(o) for o in outcomes] == [None, "not-pending", "not-pending"]


def test_an_award_that_was_never_pending_or_is_not_there(desk: Desk) -> None:
    award = desk.award("a", desk.member(), 100)
    assert code(release(desk, award)) == "not-pending"
    assert code(cancel(desk, award, "b")) == "operation-not-found"
    missing = desk.by(ReleasePending, "a", award=2**62)
    assert code(desk.one(missing)) == "operation-not-found"


def test_pending_points_do_not_expire_before_they_were_spendable(desk: Desk) -> None:
    member = desk.member()
    fields = {"member": member, "points": 100, "expires_at": AT + WEEK}
    award = good(desk.one(desk.at(Award, "a", **fields, release_at=AT + WEEK)))
    good(desk.one(desk.by(ExpireLots, None, member=member), AT + WEEK))
    assert desk.lots(member) == [("a", 0, 0, 100, 0)]
    good(release(desk, award))
