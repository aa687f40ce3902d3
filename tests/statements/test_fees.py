"""VAT in fees: nothing is lost between net and tax, and the operator's is the sum of theirs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel import limits
from tongbao.kernel.amounts import WHOLE
from tongbao.statements.fees import fees_of, net_half_up
from tongbao.statements.types import Line

amounts = st.integers(-limits.AMOUNT, limits.AMOUNT)
rates = st.integers(0, WHOLE)


def fee(amount: int, item: str = "acceptance_fees", rate: int = 60_000) -> Line:
    return Line(account="position", item=item, count=1, amount=amount, vat=rate)


def income(amount: int, item: str, rate: int, of: str) -> Line:
    return Line(account="fees", item=item, count=1, amount=amount, vat=rate, counterparty=of)


@pytest.mark.parametrize(
    ("gross", "rate", "net"),
    [
        (106, 60_000, 100),
        (825, 60_000, 778),
        (1, 60_000, 1),
        (0, 60_000, 0),
        (-106, 60_000, -100),
        (3, WHOLE, 2),  # half a fen goes up
        (-3, WHOLE, -2),
        (113, 130_000, 100),
        (5_000, 0, 5_000),
    ],
)
def test_what_is_left_without_vat(gross: int, rate: int, net: int) -> None:
    assert net_half_up(gross, rate) == net


@given(amounts, rates)
def test_net_is_as_near_as_whole_fen_can_be(gross: int, rate: int) -> None:
    exact = Fraction(gross * WHOLE, WHOLE + rate)
    assert abs(net_half_up(gross, rate) - exact) <= Fraction(1, 2)
    assert net_half_up(-gross, rate) == -net_half_up(gross, rate)


def test_fees_are_split_by_kind_and_rate() -> None:
    found = fees_of([
        fee(-825),
        fee(413, "acceptance_fees_back"),
        fee(-100, "issue_fees"),
        fee(-113, rate=130_000),
        Line(account="position", item="claims_due", count=1, amount=33_000),
    ])  # fmt: skip
    assert [(one.fee, one.rate, one.gross, one.net, one.vat) for one in found] == [
        ("acceptance", 60_000, 412, 389, 23),
        ("acceptance", 130_000, 113, 100, 13),
        ("issue", 60_000, 100, 94, 6),
    ]


@given(
    st.dictionaries(
        st.sampled_from("ABCDEF"), st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))
    ),
    rates,
)
def test_the_operators_vat_is_the_sum_of_what_each_is_told(
    charged: dict[str, tuple[int, int]], rate: int
) -> None:
    theirs = [
        one
        for gave, back in charged.values()
        for one in fees_of([fee(-gave, rate=rate), fee(back, "acceptance_fees_back", rate)])
    ]
    own = fees_of(
        line
        for code, (gave, back) in charged.items()
        for line in (
            income(gave, "acceptance_fees", rate, code),
            income(-back, "acceptance_fees_back", rate, code),
        )
    )
    for name in ("charged", "given_back", "gross", "net", "vat"):
        sums = [sum(getattr(one, name) for one in some) for some in (own, theirs)]
        assert sums[0] == sums[1], name
    assert all(one.received for one in own)
