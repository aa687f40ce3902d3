"""A till's lines against the ledger: balanced, or exactly what differs and what to do about it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.reconcile.shop import DAY, EVENING, Shop
from tests.world import AT, broken_laws
from tongbao.desk import exceptions
from tongbao.kernel.errors import Refusal
from tongbao.points import operations as ops
from tongbao.reconcile import till

NIGHT = AT + timedelta(hours=13)
"""One o'clock on the next day."""


def test_a_day_that_agrees_is_balanced(shop: Shop) -> None:
    bought = shop.buy("R1")
    shop.earn("R2")
    shop.refund("R3", bought, 400)
    made = shop.reconcile(
        shop.write("R1,B,purchase,10.00,5.00", "R2,B,award,100.00,1.00", "R3,B,refund,4.00,2.00")
    )
    assert (made.balanced, made.lines, made.matched, made.counts) == (True, 3, 3, {})
    totals = {t.subject: t for t in till.sums(shop.conn, made.id)}
    for total, points, cash in ((totals["debit"], 500, 500), (totals["credit"], 100, 10_000)):
        assert (total.here_count, total.here_points, total.here_cash) == (1, points, cash)
        assert (total.till_count, total.till_points, total.till_cash) == (1, points, cash)
    assert (totals["refund"].here_points, totals["refund"].till_cash) == (200, 200)
    assert exceptions.listed(shop.conn, now=EVENING) == []
    assert broken_laws(shop.conn) == {}


def test_a_file_without_kinds_is_of_sales(shop: Shop) -> None:
    bought = shop.buy("R1")
    shop.earn("R2")
    shop.refund("R3", bought, 400)
    lines = ("R1,10.00,5.00,B", "R2,100.00,,B", "R3,-4.00,,B")
    assert shop.differ(*lines, header="Receipt No.;Amount;Points;Shop".replace(";", ",")) == []


def test_nothing_on_either_side_is_balanced(shop: Shop) -> None:
    made = shop.reconcile(shop.write())
    assert (made.balanced, made.lines) == (True, 0)


def test_operations_are_found_by_id_by_key_and_by_the_tills_own_reference(shop: Shop) -> None:
    one = shop.buy("R1", key="own:1")
    shop.buy("R2", key="another", amount=2_000)
    shop.buy("R3", key="third", amount=3_000)
    lines = (f"{one.operation},,,10.00", ",another,,20.00", ",,R3,30.00")
    assert shop.differ(*lines, header="operation,key,receipt,amount") == []


def test_what_the_till_has_and_we_do_not_is_missing_here(shop: Shop) -> None:
    shop.buy("R1")
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00", "R9,B,purchase,7.00,7.00"))
    (one,) = shop.differences(made)
    assert (one.code, one.action, one.line, one.label) == ("missing-here", "post-late", 3, "R9")
    assert (one.till_amount, one.till_points, one.here_amount) == (700, 700, None)
    assert "advice" in one.advice
    (item,) = exceptions.listed(shop.conn, now=EVENING + timedelta(days=4))
    assert (item.kind, item.age, item.organisation_id) == ("till", 4, shop.b)
    assert item.facts["action"] == "post-late"


def test_what_we_have_and_the_till_does_not_is_missing_at_the_till(shop: Shop) -> None:
    shop.buy("R1")
    missing = shop.earn("R2")
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"))
    (one,) = shop.differences(made)
    assert (one.code, one.action) == ("missing-at-till", "reverse-here")
    assert (one.operation_id, one.here_amount, one.here_points) == (missing.operation, 10_000, 100)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("R1,B,purchase,9.00,5.00", "less-at-till"),
        ("R1,B,purchase,11.00,5.00", "more-at-till"),
        ("R1,B,purchase,10.00,4.99", "less-at-till"),
        ("R1,B,purchase,,5.01", "more-at-till"),
        ("R1,B,award,10.00,5.00", "kind-differs"),
        ("R1,B2,purchase,10.00,5.00", "missing-here"),
        ("R1,B,purchase,,", None),
        ("R1,B,sale,10.00,", None),
    ],
)
def test_a_line_says_what_differs(shop: Shop, line: str, code: str | None) -> None:
    shop.buy("R1")
    found = [code for code, _ in shop.differ(line)]
    assert found == (
        [] if code is None else [code] + ["missing-at-till"] * (code == "missing-here")
    )


def test_another_outlet_is_said_when_the_key_is_the_same(shop: Shop) -> None:
    shop.buy("R1", key="k1")
    made = shop.reconcile(shop.write("k1,B2,10.00", header="key,outlet,amount"))
    (one,) = shop.differences(made)
    assert (one.code, one.action) == ("other-outlet", "correct-outlet")
    assert one.note == "here it is of outlet B"


def test_a_line_twice_is_a_duplicate_at_the_till(shop: Shop) -> None:
    shop.buy("R1")
    lines = ("R1,B,purchase,10.00,5.00", "R1,B,purchase,10.00,5.00", "R9,B,purchase,1.00,0")
    found = shop.differ(*lines, lines[2])
    expected = [
        ("duplicate-at-till", "R1"), ("missing-here", "R9"), ("duplicate-at-till", "R9"),
    ]  # fmt: skip
    assert found == expected


def test_two_refunds_of_one_receipt_are_two(shop: Shop) -> None:
    bought = shop.buy("R1")
    for key, amount in (("x", 100), ("y", 200)):
        back = ops.Refund(
            key=key, scope=shop.b, original=bought.operation, amount=amount, reference="R1"
        )
        shop.post(back)
    lines = ("R1,B,purchase,10.00,5.00", "R1,B,refund,2.00,", "R1,B,refund,1.00,")
    assert shop.differ(*lines) == []
    assert shop.differ(*lines[:2]) == [("more-at-till", "R1"), ("missing-at-till", "R1")]


def test_a_sale_of_another_business_day_is_said_so(shop: Shop) -> None:
    shop.buy("R1", at=NIGHT)
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"), at=NIGHT)
    (one,) = shop.differences(made)
    assert (one.code, one.action, one.note) == ("other-day", "move-day", "2026-05-02")
    next_day = DAY + timedelta(days=1)
    path = shop.write("R1,B,purchase,10.00,5.00")
    assert shop.reconcile(path, at=NIGHT, day=next_day).balanced


def test_a_line_that_says_another_day_itself_is_said_so(shop: Shop) -> None:
    shop.buy("R1")
    header = "receipt,outlet,kind,amount,points,time"
    lines = (
        "R1,B,purchase,10.00,5.00,2026-05-01 23:59:59",
        "R2,B,award,10.00,,2026-05-02 00:00:00",
        "R3,B,award,10.00,,2026-05-01T16:00:00Z",
        "R4,B,award,10.00,,2026-05-01T15:59:59Z",
    )
    expected = [("other-day", "R2"), ("other-day", "R3"), ("missing-here", "R4")]
    assert shop.differ(*lines, header=header) == expected


def test_a_lost_reply_that_the_till_reversed_is_nowhere(shop: Shop) -> None:
    """The till got no answer, reversed, and rang the sale up anew under another key."""
    shop.buy("R1")
    shop.reverse("sale:B:R1")
    shop.buy("R2")
    assert shop.differ("R2,B,purchase,10.00,5.00") == []
    gone = ("R1,B,purchase,10.00,5.00", "R1,B,reversal,,")
    assert shop.differ("R2,B,purchase,10.00,5.00", *gone) == []
    assert broken_laws(shop.conn) == {}


def test_what_was_reversed_here_and_stands_at_the_till_is_said(shop: Shop) -> None:
    shop.buy("R1")
    shop.reverse("sale:B:R1")
    shop.reverse("sale:B:R1")
    found = shop.differences(shop.reconcile(shop.write("R1,B,purchase,10.00,5.00")))
    assert [(d.code, d.action) for d in found] == [("reversed-here", "reverse-at-till")]


def test_a_reversal_before_its_original_is_said_too(shop: Shop) -> None:
    shop.reverse("sale:B:R1")
    line = "R1,B,purchase,10.00,5.00"
    assert shop.differ(line) == [("reversed-here", "R1")]
    assert shop.differ(line, "R1,B,reversal,10.00,") == []


def test_a_reversal_that_did_not_arrive_is_to_be_sent_again(shop: Shop) -> None:
    shop.buy("R1")
    gone = "R1,B,reversal,10.00,"
    assert shop.differ("R1,B,purchase,10.00,5.00", gone) == [("missing-reversal-here", "R1")]
    assert shop.differ(gone) == [("missing-reversal-here", "R1")]
    assert shop.differ("R7,B,purchase,1.00,", "R7,B,reversal,1.00,", gone) == [
        ("missing-reversal-here", "R7"), ("missing-reversal-here", "R1"),
    ]  # fmt: skip


def test_a_reversal_on_the_next_day_belongs_to_that_day(shop: Shop) -> None:
    shop.buy("R1")
    shop.reverse("sale:B:R1", NIGHT)
    next_day = DAY + timedelta(days=1)
    first = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"), NIGHT)
    assert first.balanced
    made = shop.reconcile(shop.write(), NIGHT, day=next_day)
    (one,) = shop.differences(made)
    assert (one.code, one.here_amount) == ("missing-reversal-at-till", 1_000)
    assert shop.reconcile(shop.write("R1,B,reversal,,"), NIGHT, day=next_day).balanced


def test_what_was_refused_here_is_said_with_the_reason(shop: Shop) -> None:
    from tests.world import one as post

    refused = ops.Purchase(
        key="sale:B:R1", scope=shop.b, member=shop.world.members[1], outlet=shop.outlets["B"],
        amount=1_000, points=1_000, reference="R1",
    )  # fmt: skip
    assert post(shop.conn, refused).refusal is not None
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,10.00"))
    (one,) = shop.differences(made)
    assert (one.code, one.action) == ("refused-here", "cancel-at-till")
    assert one.note == "insufficient-points"


def test_a_late_advice_is_found_by_its_business_time(shop: Shop) -> None:
    told = ops.Advice(
        key="sale:B:R1", scope=shop.b, member=shop.member, outlet=shop.outlets["B"], points=500,
        cash=500, reference="R1", effective_at=AT + timedelta(minutes=5),
    )  # fmt: skip
    shop.post(told, AT + timedelta(days=3))
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"), AT + timedelta(days=3))
    assert made.balanced


def test_an_advice_that_could_not_be_posted_waits_on_the_work_list(shop: Shop) -> None:
    told = ops.Advice(
        key="sale:B:R1", scope=shop.b, member=shop.world.members[1], outlet=shop.outlets["B"],
        points=500, cash=500, reference="R1",
    )  # fmt: skip
    shop.post(told)
    made = shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"))
    (one,) = shop.differences(made)
    assert (one.code, one.action) == ("unposted-here", "work-on-exception")
    assert shop.differ() == []


def test_only_one_outlet_is_reconciled_when_asked_so(shop: Shop) -> None:
    shop.buy("R1")
    shop.buy("R2", outlet="B2")
    path = shop.write("R1,10.00", header="receipt,amount")
    assert shop.reconcile(path, outlet_id=shop.outlets["B"]).balanced
    made = shop.reconcile(path)
    assert made.counts == {"missing-at-till": 1}


def test_another_organisations_operation_is_not_told(shop: Shop) -> None:
    theirs = shop.conn.execute(
        "SELECT id FROM ledger.operation WHERE organisation_id = %s", (shop.a,)
    ).fetchone()
    assert theirs is not None
    found = shop.differ(f"{theirs[0]},1.00", header="operation,amount")
    assert found == [("missing-here", str(theirs[0]))]


def test_the_same_file_twice_is_the_same_reconciliation(shop: Shop) -> None:
    path = shop.write("R1,B,purchase,10.00,5.00")
    first = shop.reconcile(path)
    assert first.counts == {"missing-here": 1}
    shop.buy("R1")
    again = shop.reconcile(path)
    assert (again.id, again.replayed, again.counts) == (first.id, True, first.counts)
    other = shop.reconcile(path, again=True)
    assert (other.run, other.balanced, other.replayed) == (2, True, False)
    assert [r.id for r in till.listed(shop.conn, shop.b)] == [other.id, first.id]
    assert len(exceptions.listed(shop.conn, now=EVENING)) == 0
    (item,) = exceptions.listed(shop.conn, state=None, now=EVENING)
    assert (item.state, item.closed_how, item.closed_by) == ("closed", "reconciled", "Chen Jing")


def test_what_stays_open_grows_older_and_is_not_raised_again(shop: Shop) -> None:
    shop.reconcile(shop.write("R1,B,purchase,10.00,5.00", "R2,B,award,1.00,"))
    later = EVENING + timedelta(days=2)
    shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"), later)
    (item,) = exceptions.listed(shop.conn, now=later)
    assert (item.age, item.facts["label"]) == (2, "R1")


@pytest.mark.parametrize(
    "more",
    [
        {"day": DAY + timedelta(days=1)},
        {"day": DAY.replace(year=1999)},
        {"organisation_id": 4_711},
        {"outlet_id": 4_711},
        {"by": ""},
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, more: dict[str, Any]) -> None:
    path = shop.write("R1,B,purchase,10.00,5.00")
    with pytest.raises(Refusal):
        shop.reconcile(path, **more)
    with pytest.raises(Refusal):
        shop.reconcile(path, outlet_id=shop.world.outlets["A"])
    assert till.listed(shop.conn) == []
