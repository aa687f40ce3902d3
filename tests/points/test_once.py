"""Once: whatever is repeated is answered as at first, and happens no second time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.points.operations import Award, Hold, Purchase
from tongbao.points.outcome import Outcome


def remembered(desk: Desk, key: str) -> int:
    row = desk.conn.execute("SELECT count(*) FROM kernel.once WHERE key = %s", (key,)).fetchone()
    assert row is not None
    return int(row[0])


def same(first: Outcome, again: Outcome) -> bool:
    return again.replayed and not first.replayed and replace(again, replayed=False) == first


@pytest.mark.parametrize("points", [50, 5_000], ids=["posted", "refused"])
@pytest.mark.parametrize("within", [True, False], ids=["one batch", "two batches"])
def test_the_same_request_is_answered_the_same_and_happens_once(
    desk: Desk, points: int, within: bool
) -> None:
    member = desk.rich(1_000)
    buy = desk.at(Purchase, "c", member=member, amount=20_000, points=points, reference="R-1")
    outcomes = desk.post(buy, buy, buy) if within else [desk.one(buy) for _ in range(3)]
    first, *others = outcomes
    assert all(same(first, again) for again in others)
    spent = first.spent
    assert (spent, code(first)) == ((50, None) if points == 50 else (0, "insufficient-points"))
    assert desk.balances(member).available == 1_000 - spent + first.earned
    assert remembered(desk, buy.key) == 1


@pytest.mark.parametrize("within", [True, False], ids=["one batch", "two batches"])
def test_the_same_key_with_another_body_is_refused_and_changes_nothing(
    desk: Desk, within: bool
) -> None:
    member = desk.member()
    award = desk.at(Award, "a", member=member, points=100)
    bodies = [award, replace(award, points=101), replace(award, campaign="x"), award]
    outcomes = desk.post(*bodies) if within else [desk.one(body) for body in bodies]
    assert [code(o) for o in outcomes] == [None, "key-reused", "key-reused", None]
    assert [o.replayed for o in outcomes] == [False, False, False, True]
    assert desk.balances(member).available == 100


def test_a_key_of_another_kind_of_operation_is_the_same_key(desk: Desk) -> None:
    member = desk.member()
    award = desk.at(Award, "a", member=member, points=100)
    hold = desk.at(Hold, "a", member=member, points=50, key=award.key)
    assert [code(o) for o in desk.post(award, hold)] == [None, "key-reused"]


def test_a_refusal_is_remembered_even_when_it_would_be_good_now(desk: Desk) -> None:
    member = desk.member()
    buy = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    first = desk.one(buy)
    desk.award("a", member, 1_000)
    again = desk.one(buy)
    assert same(first, again)
    good(desk.one(replace(buy, key=desk.key())))


def test_a_malformed_request_is_not_remembered_and_its_key_stays_free(desk: Desk) -> None:
    member = desk.member()
    award = desk.at(Award, "a", member=member, points=-1)
    for _ in range(2):
        refused = desk.one(award)
        assert (refused.status, code(refused)) == ("malformed", "amount-out-of-range")
        assert not refused.replayed
    assert remembered(desk, award.key) == 0
    good(desk.one(replace(award, points=1)))


def test_what_is_malformed_leaves_the_rest_of_the_batch_alone(desk: Desk) -> None:
    member = desk.member()
    awards = [desk.at(Award, "a", member=member, points=points) for points in (1, -1, 2)]
    outcomes = desk.post(*awards)
    assert [o.status for o in outcomes] == ["posted", "malformed", "posted"]
    assert desk.balances(member).available == 3


def test_callers_do_not_share_their_keys(desk: Desk) -> None:
    member = desk.member()
    awards = [desk.at(Award, name, member=member, points=10, key="R-7") for name in "ab"]
    assert [code(o) for o in desk.post(*awards)] == [None, None]
    assert desk.balances(member).available == 20


def test_the_key_is_looked_at_before_anything_else(desk: Desk) -> None:
    member = desk.rich(100)
    buy = desk.at(Purchase, "nothing", member=member, amount=100, points=100)
    good(desk.one(buy))
    wrong = replace(buy, member=999_999)
    assert code(desk.one(wrong)) == "key-reused"


@pytest.mark.parametrize("equal", [True, False], ids=["replayed", "another body"])
def test_however_late_a_request_is_repeated_its_key_is_known(desk: Desk, equal: bool) -> None:
    """Its times were good when it came; that they are past by now is no reason to deny it."""
    member = desk.member()
    soon = AT + timedelta(hours=2)
    requests = [
        desk.at(Award, "a", member=member, points=100, expires_at=soon, effective_at=AT),
        desk.at(Hold, "a", member=member, points=60, expires_at=soon),
        desk.at(Hold, "a", member=member, points=60, expires_at=soon),
    ]
    firsts = desk.post(*requests)
    assert [code(o) for o in firsts] == [None, None, "insufficient-points"]
    if not equal:
        requests = [replace(op, channel="till") for op in requests]
    agains = desk.post(*requests, at=AT + timedelta(days=40))
    if equal:
        assert all(map(same, firsts, agains))
    else:
        assert [code(o) for o in agains] == ["key-reused"] * 3
    late = desk.one(replace(requests[0], key=desk.key()), AT + timedelta(days=40))
    assert (late.status, late.operation, code(late)) == ("malformed", 0, "time-out-of-range")
