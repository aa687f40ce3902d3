"""A till's totals against the ledger's, outlet by outlet, as 0500 messages send them."""

import pytest

from tests.reconcile.shop import Shop
from tongbao.kernel.amounts import AmountMalformed
from tongbao.reconcile import till
from tongbao.reconcile.refusals import TillValueMalformed

HEADER = "outlet,terminal,debits,debit_points,debit_cash,credits,credit_points,refunds,refund_cash"


def live(shop: Shop) -> None:
    bought = shop.buy("R1")
    shop.buy("R2", points=200)
    shop.earn("R3")
    shop.refund("R4", bought, 400)
    shop.buy("R5", outlet="B2")


def test_totals_that_agree_are_balanced(shop: Shop) -> None:
    live(shop)
    made = shop.reconcile(
        shop.write(
            "B,1,1,5.00,5.00,0,0,1,2.00", "B,2,1,2.00,8.00,1,1.00,0,", "B2,1,1,5.00,5.00,,,,",
            header=HEADER,
        )
    )  # fmt: skip
    assert (made.form, made.balanced, made.lines) == ("totals", True, 3)
    sums = till.sums(shop.conn, made.id)
    debit = next(t for t in sums if t.outlet_id == shop.outlets["B"] and t.subject == "debit")
    assert (debit.here_count, debit.here_points, debit.here_cash) == (2, 700, 1_300)
    assert (debit.till_count, debit.till_points, debit.till_cash) == (2, 700, 1_300)


def test_what_differs_is_said_outlet_by_outlet(shop: Shop) -> None:
    live(shop)
    lines = ("B,1,2,7.00,13.00,1,1.00,0,0", "B2,1,2,9.00,5.00,,,,")
    made = shop.reconcile(shop.write(*lines, header=HEADER))
    found = shop.differences(made)
    assert [(d.code, d.kind, d.line, d.outlet_id) for d in found] == [
        ("totals-differ", "refund", 2, shop.outlets["B"]),
        ("totals-differ", "debit", 3, shop.outlets["B2"]),
    ]
    assert [d.note for d in found] == [
        "count: 0 at the till, 1 here; cash: 0.00 at the till, 2.00 here",
        "count: 2 at the till, 1 here; points: 9.00 at the till, 5.00 here",
    ]
    assert found[0].action == "send-lines"


def test_an_outlet_that_the_till_leaves_out_differs(shop: Shop) -> None:
    live(shop)
    found = shop.differences(shop.reconcile(shop.write("B,2", header="outlet,debits")))
    assert [(d.kind, d.outlet_id, d.note) for d in found] == [
        ("debit", shop.outlets["B2"], "count: 0 at the till, 1 here")
    ]


def test_data_elements_of_8583_are_understood_for_the_whole_organisation(shop: Shop) -> None:
    live(shop)
    path = shop.write("3,12.00,1,1.00", header="DE76,DE88,DE74,DE86")
    assert shop.reconcile(path).balanced
    wrong = shop.write("3,12.00,1,1.01", header="DE76,DE88,DE74,DE86")
    made = shop.reconcile(wrong)
    (one,) = shop.differences(made)
    assert (one.kind, one.outlet_id, one.till_points, one.here_points) == ("credit", None, 101, 100)


def test_with_reversals_sums_are_of_all_and_without_of_what_stands(shop: Shop) -> None:
    shop.buy("R1")
    shop.buy("R2")
    shop.reverse("sale:B:R1")
    assert shop.reconcile(shop.write("1,5.00", header="debits,debit_points")).balanced
    header = "debits,debit_points,reversals,reversal_points"
    assert shop.reconcile(shop.write("2,10.00,1,5.00", header=header)).balanced
    found = shop.differences(shop.reconcile(shop.write("1,5.00,0,0", header=header)))
    assert [d.kind for d in found] == ["debit", "reversal"]


def test_lines_that_agree_close_what_totals_left_open(shop: Shop) -> None:
    from tests.reconcile.shop import EVENING
    from tongbao.desk import exceptions

    shop.buy("R1")
    shop.reconcile(shop.write("2", header="debits"))
    assert len(exceptions.listed(shop.conn, now=EVENING)) == 1
    shop.reconcile(shop.write("R1,B,purchase,10.00,5.00"))
    assert exceptions.listed(shop.conn, now=EVENING) == []


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 20])
def test_a_count_that_is_none_is_refused_with_its_field(shop: Shop, text: str) -> None:
    with pytest.raises(TillValueMalformed, match="debits"):
        shop.reconcile(shop.write(text, header="debits"))


def test_other_values_are_refused_too(shop: Shop) -> None:
    with pytest.raises(AmountMalformed):
        shop.reconcile(shop.write("1;5,00", header="debits;debit_points"))
    with pytest.raises(TillValueMalformed, match="outlet of line 2"):
        shop.reconcile(shop.write("A,1", header="outlet,debits"))
