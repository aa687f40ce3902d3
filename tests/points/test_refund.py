from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good, slices
from tests.world import AT
from tongbao.clearing import windows
from tongbao.members.members import set_status as set_member_status
from tongbao.points.operations import (
    Award,
    Capture,
    Close,
    ExpireLots,
    Gift,
    Line,
    Refund,
    RefundLine,
)

LINES = (Line(id="tea", amount=700), Line(id="cake", amount=300), Line(id="bag", amount=1))


def test_a_refund_gives_back_the_same_lots_last_consumed_first(desk: Desk) -> None:
    member = desk.rich(100, "a")
    desk.award("b", member, 100)
    desk.award("prepaid", member, 100)
    before = desk.lots(member)
    paid = desk.buy("nothing", member, 300, 300)
    assert [part.issuer for part in paid.lots] == [desk.org(n) for n in ("prepaid", "a", "b")]
    first = good(desk.refund("nothing", paid, amount=150))
    assert slices(first) == [100, 50]
    assert [part.issuer for part in first.lots] == [desk.org("b"), desk.org("a")]
    assert desk.claims(first) == [("a", "nothing", -50), ("b", "nothing", -100)]
    good(desk.refund("nothing", paid))
    assert desk.lots(member) == before


def test_claims_fee_reward_and_reserve_are_taken_back_with_the_points(desk: Desk) -> None:
    member = desk.rich(1_000, "split")
    paid = desk.buy("c", member, 11_000, 1_000)
    assert desk.moved(paid)[1:] == [
        ("claim_reserve", "split", "c", 400),
        ("claim", "split", "c", 600),
        ("acceptance_fee", "c", "operator", 20),
        ("award", "c", "member", 100),
    ]
    back = good(desk.refund("c", paid))
    assert desk.moved(back) == [
        ("restore", "split", "member", 1_000),
        ("counterclaim", "c", "split", 1_000),
        ("fund", "split", "split", 400),
        ("acceptance_fee_back", "operator", "c", 20),
        ("claw_back", "member", "c", 100),
    ]
    assert (back.spent, back.cash, back.earned) == (-1_000, -10_000, -100)
    assert desk.lots(member) == [("split", 1_000, 0, 0, 400)]


@pytest.mark.parametrize("parts", [7, 13, 100])
@pytest.mark.parametrize("issuer", ["a", "split", "fee"])
def test_many_small_refunds_add_up_to_exactly_the_sale(desk: Desk, issuer: str, parts: int) -> None:
    member = desk.rich(777, issuer)
    desk.award("b", member, 333)
    before = desk.lots(member)
    paid = desk.buy("c", member, 9_999, 1_110)
    sizes = [9_999 // parts] * (parts - 1)
    refunds = [
        desk.by(Refund, "c", original=paid.operation, amount=size)
        for size in [*sizes, 9_999 - sum(sizes)]
    ]
    outcomes = [good(outcome) for outcome in desk.post(*refunds)]
    assert sum(o.spent for o in outcomes) == -1_110
    assert sum(o.cash for o in outcomes) == -paid.cash
    assert sum(o.earned for o in outcomes) == -paid.earned
    net: dict[tuple[str, str], int] = {}
    for outcome in (paid, *outcomes):
        for owing, owed, amount in desk.claims(outcome):
            net[owing, owed] = net.get((owing, owed), 0) + amount
    assert set(net.values()) == {0}
    assert desk.lots(member) == before
    fees = [m for o in (paid, *outcomes) for m in desk.moved(o) if "fee" in m[0]]
    assert sum(a if n == "acceptance_fee" else -a for n, _, _, a in fees) == 0
    assert code(desk.refund("c", paid, amount=1)) == "refund-exceeds-sale"


def test_a_refund_repeated_with_new_keys_gives_nothing_twice(desk: Desk) -> None:
    member = desk.rich(100)
    paid = desk.buy("nothing", member, 100, 100)
    outcomes = desk.post(*(desk.by(Refund, "nothing", original=paid.operation) for _ in range(5)))
    assert [code(o) for o in outcomes] == [None] + ["refund-exceeds-sale"] * 4
    assert desk.balances(member).available == 100


def test_lines_come_back_one_by_one_and_never_beyond_themselves(desk: Desk) -> None:
    member = desk.rich(500)
    paid = desk.buy("nothing", member, 1_001, 500, lines=LINES)
    refused = desk.refund("nothing", paid, lines=(RefundLine(id="cake", amount=301),))
    assert refused.refusal is not None
    assert refused.refusal.facts == {"line": "cake", "left": 300, "wanted": 301}
    cake = good(desk.refund("nothing", paid, lines=(RefundLine(id="cake", amount=300),)))
    assert cake.spent == -150
    twice = (RefundLine(id="tea", amount=400), RefundLine(id="tea", amount=301))
    assert code(desk.refund("nothing", paid, lines=twice)) == "refund-exceeds-sale"
    again = desk.refund("nothing", paid, lines=(RefundLine(id="cake", amount=1),))
    assert code(again) == "refund-exceeds-sale"
    unknown = desk.refund("nothing", paid, lines=(RefundLine(id="wine", amount=1),))
    assert code(unknown) == "line-not-found"
    assert good(desk.refund("nothing", paid)).spent == -350


def test_an_amount_is_spread_over_the_lines_that_are_left(desk: Desk) -> None:
    paid = desk.buy("nothing", desk.rich(500), 1_001, 500, lines=LINES)
    good(desk.refund("nothing", paid, lines=(RefundLine(id="cake", amount=300),)))
    part = good(desk.refund("nothing", paid, amount=350))
    row = desk.conn.execute(
        "SELECT data -> 'lines' FROM ledger.operation WHERE id = %s", (part.operation,)
    ).fetchone()
    assert row == ([["tea", 350, 175]],)
    assert code(desk.refund("nothing", paid, amount=352)) == "refund-exceeds-sale"


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "past its date"])
def test_points_of_a_lot_that_has_expired_come_back_with_a_time_of_grace(
    desk: Desk, ended: bool
) -> None:
    member = desk.member()
    award = desk.award("prepaid", member, 1_000)
    paid = desk.buy("nothing", member, 600, 600)
    later = AT + timedelta(days=40)
    if ended:
        good(desk.one(desk.by(ExpireLots, None, member=member), later))
    back = good(desk.refund("nothing", paid, later))
    assert back.lots[0].lot != award.lot
    row = desk.conn.execute(
        "SELECT available, reserve, earned_at, expires_at, kind FROM ledger.lot WHERE id = %s",
        (back.lots[0].lot,),
    ).fetchone()
    assert row == (600, 600, AT, later + timedelta(days=30), "earned")


def test_a_refund_is_no_sale_and_cannot_be_refunded(desk: Desk) -> None:
    paid = desk.buy("nothing", desk.rich(100), 100, 100)
    back = good(desk.refund("nothing", paid))
    refused = desk.refund("nothing", back)
    assert refused.refusal is not None
    assert refused.refusal.code == "not-refundable"
    assert refused.refusal.facts["kind"] == "refund"


def test_a_refund_in_a_later_window_counters_there_and_leaves_the_closed_one(
    own_desk: Desk,
) -> None:
    desk, member = own_desk, own_desk.rich(100)
    paid = desk.buy("nothing", member, 100, 100)
    with desk.conn.transaction():
        windows.close(desk.conn, AT)
    back = good(desk.refund("nothing", paid))
    assert back.window > paid.window
    rows = desk.conn.execute(
        "SELECT window_id, claimed, countered FROM ledger.claim WHERE issuer_id = %s"
        " ORDER BY window_id",
        (desk.org("a"),),
    ).fetchall()
    assert rows == [(paid.window, 100, 0), (back.window, 0, 100)]


def test_a_back_dated_refund_enters_no_closed_window_either(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    paid = desk.buy("nothing", member, 100, 100)
    with desk.conn.transaction():
        windows.close(desk.conn, AT)
    back = good(desk.refund("nothing", paid, AT + timedelta(days=2), effective_at=AT))
    assert (back.window, back.effective_at) == (paid.window + 1, AT)


def test_a_captured_hold_and_an_award_are_refunded_like_any_sale(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 100)
    done = good(desk.one(desk.by(Capture, "nothing", hold=held.operation, points=60)))
    assert good(desk.refund("nothing", done)).spent == -60
    assert code(desk.refund("nothing", held)) == "not-refundable"
    given = good(desk.one(desk.at(Award, "a", member=member, amount=10_000, points=50)))
    half = good(desk.refund("a", given, amount=5_000))
    assert (half.earned, half.cash) == (-25, 0)
    assert desk.moved(half) == [("claw_back", "member", "a", 25)]
    assert good(desk.refund("a", given)).earned == -25


def test_an_issue_fee_comes_back_with_the_points_it_was_paid_for(desk: Desk) -> None:
    given = good(desk.one(desk.at(Award, "fee", member=desk.member(), amount=1_000, points=999)))
    backs = [good(desk.refund("fee", given, amount=amount)) for amount in (333, 333, 334)]
    fees = [a for o in backs for n, _, _, a in desk.moved(o) if n == "issue_fee_back"]
    assert sum(fees) == 30


def test_what_was_earned_and_is_gone_is_taken_from_the_issuers_other_lots_or_owed(
    desk: Desk,
) -> None:
    member, other = desk.member(), desk.member()
    sale = good(desk.one(desk.at(Award, "a", member=member, amount=10_000)))
    desk.award("b", member, 500)
    desk.award("a", member, 30)
    good(desk.one(desk.by(Gift, "a", member=member, to=other, points=100)))
    back = good(desk.refund("a", sale))
    assert desk.moved(back) == [("claw_back", "member", "a", 30), ("owe", "member", "a", 70)]
    assert back.balances is not None
    assert (back.balances.available, back.balances.owing) == (500, 70)


def test_a_refund_of_somebody_elses_sale_is_not_found(desk: Desk) -> None:
    paid = desk.buy("nothing", desk.rich(100), 100, 100)
    assert code(desk.refund("b", paid)) == "operation-not-found"
    good(desk.refund("nothing", paid, scope=desk.operator))


def test_a_suspended_member_gets_a_refund_and_a_closed_one_cannot(own_desk: Desk) -> None:
    desk = own_desk
    first, second = desk.rich(100), desk.rich(100)
    paid = [desk.buy("nothing", member, 100, 100) for member in (first, second)]
    with desk.conn.transaction():
        set_member_status(desk.conn, first, "suspended")
    good(desk.refund("nothing", paid[0]))
    good(desk.one(desk.by(Close, None, member=second)))
    assert code(desk.refund("nothing", paid[1])) == "member-not-active"


def test_a_sale_of_nothing_but_points_that_earn_nothing_back(desk: Desk) -> None:
    member = desk.rich(1_000)
    paid = desk.buy("b", member, 1_000, 1_000)
    assert (paid.earned, good(desk.refund("b", paid, amount=500)).earned) == (0, 0)
