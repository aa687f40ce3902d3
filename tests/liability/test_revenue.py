"""IFRS 15: the worked example to the fen, and what must be true of any numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel.amounts import WHOLE
from tongbao.liability.revenue import allocate, deferred_in_all, expect, recognise

AMOUNTS = st.integers(0, 10**15)
RATES = st.integers(0, WHOLE)


@pytest.mark.parametrize("unit", [1, 100], ids=["yuan", "fen"])
@pytest.mark.parametrize(("estimate", "third_year"), [(9_900, 3_552), (9_200, 4_140)])
def test_the_worked_example(unit: int, estimate: int, third_year: int) -> None:
    deferred, points = 9_000 * unit, 10_000 * unit

    def earned(redeemed: int, expected: int) -> int:
        said = expect(points, redeemed * unit, points - redeemed * unit, expected * 100)
        assert said == expected * unit
        return recognise(deferred, redeemed * unit, said, points - redeemed * unit)

    second = earned(4_500, 9_700)
    third = earned(8_500, estimate) - second
    exact = {9_900: 355_201, 9_200: 413_996}[estimate]
    assert (second, third) == ((4_175, third_year) if unit == 1 else (417_526, exact))


def test_a_sale_is_allocated_by_relative_stand_alone_prices() -> None:
    # The standard's own example 52: 100,000 of goods, 10,000 points worth 9,500.
    assert allocate(100_000, 10_000, 950_000) == 8_676
    # The price of sales of which 9,000.00 belong to the points of field's example.
    assert allocate(12_471_429, 1_000_000, 970_000) == 900_000


def test_without_a_price_nothing_is_deferred_and_without_points_neither() -> None:
    assert allocate(0, 10_000, WHOLE) == 0
    assert allocate(10_000, 0, WHOLE) == 0
    assert allocate(10_000, 10_000, 0) == 0
    assert allocate(0, 0, 0) == 0


def test_what_comes_back_was_never_deferred() -> None:
    assert deferred_in_all(100_000, 10_000, 950_000, 10_000, 10_000) == 8_676
    assert deferred_in_all(100_000, 10_000, 950_000, 10_000, 5_000) == 4_338
    assert deferred_in_all(100_000, 10_000, 950_000, 10_000, 0) == 0


@given(AMOUNTS, AMOUNTS, RATES)
def test_no_more_is_allocated_than_the_sale_cost_or_the_points_are_worth(
    price: int, points: int, rate: int
) -> None:
    allocated = allocate(price, points, rate)
    assert 0 <= allocated <= price
    assert allocated * WHOLE <= points * rate + WHOLE  # half a fen may have been rounded up


@given(AMOUNTS, AMOUNTS, AMOUNTS, RATES)
def test_what_is_expected_lies_between_what_was_and_what_can_be(
    redeemed: int, lost: int, outstanding: int, rate: int
) -> None:
    expected = expect(redeemed + lost + outstanding, redeemed, outstanding, rate)
    assert redeemed <= expected <= redeemed + outstanding


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, int, list[tuple[int, int, int]]]:
    """Give what was allocated, points given, and for each period (redeemed, lost, rate) so far."""
    points = draw(st.integers(1, 10**12))
    left, redeemed, lost = points, 0, 0
    steps = []
    for _ in range(draw(st.integers(1, 8))):
        spent, gone = draw(st.integers(0, left)), 0
        left -= spent
        gone = draw(st.integers(0, left))
        left -= gone
        redeemed, lost = redeemed + spent, lost + gone
        steps.append((redeemed, lost, draw(RATES)))
    if draw(st.booleans()):
        steps.append((redeemed, lost + left, draw(RATES)))
    return draw(AMOUNTS), points, steps


@given(histories())
def test_periods_add_up_and_never_beyond_what_was_allocated(
    history: tuple[int, int, list[tuple[int, int, int]]],
) -> None:
    allocated, points, steps = history
    recognised, periods = 0, []
    for redeemed, lost, rate in steps:
        outstanding = points - redeemed - lost
        now = recognise(
            allocated, redeemed, expect(points, redeemed, outstanding, rate), outstanding
        )
        assert 0 <= now <= allocated
        if not outstanding:
            assert now == allocated
        periods.append(now - recognised)
        recognised = now
    assert sum(periods) == recognised


@given(AMOUNTS, st.integers(1, 10**12), st.data())
def test_more_redeemed_is_never_less_recognised(
    allocated: int, points: int, data: st.DataObject
) -> None:
    rate = data.draw(RATES)
    more = data.draw(st.integers(0, points))
    less = data.draw(st.integers(0, more))
    one, other = (
        recognise(allocated, spent, expect(points, spent, points - spent, rate), points - spent)
        for spent in (less, more)
    )
    assert one <= other
