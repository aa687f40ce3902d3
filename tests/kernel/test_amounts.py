"""Amounts are exact: what is split comes back whole, what is written can be read."""

from contextlib import suppress
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel import amounts, limits
from tongbao.kernel.amounts import AmountMalformed, AmountOutOfRange

FEN = st.integers(0, limits.AMOUNT)
PPM = st.integers(0, limits.RATE)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=50)


@given(FEN, WEIGHTS)
def test_a_split_gives_back_what_it_was_given(total: int, weights: list[int]) -> None:
    parts = amounts.split(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)


@given(FEN, WEIGHTS.filter(any))
def test_each_part_of_a_split_is_within_one_fen_of_its_share(
    total: int, weights: list[int]
) -> None:
    whole = sum(weights)
    for part, weight in zip(amounts.split(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1
        assert weight or not part


@given(FEN, st.lists(st.just(7), min_size=1, max_size=50))
def test_ties_go_to_the_earlier_place(total: int, weights: list[int]) -> None:
    parts = amounts.split(total, weights)
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (70, [500, 300, 200], [35, 21, 14]),
        (5, [0, 0], [5, 0]),
        (5, [], []),
        (0, [3, 4], [0, 0]),
        (1, [1, 2], [0, 1]),
    ],
)
def test_splits_by_example(total: int, weights: list[int], parts: list[int]) -> None:
    assert amounts.split(total, weights) == parts


@given(FEN, st.integers(1, 10**12), st.data())
def test_what_is_prorated_step_by_step_adds_up(
    amount: int, whole: int, data: st.DataObject
) -> None:
    steps = sorted(data.draw(st.lists(st.integers(0, whole), max_size=20)))
    given_out = [amounts.prorate(amount, part, whole) for part in [0, *steps, whole]]
    assert given_out == sorted(given_out)
    assert (given_out[0], given_out[-1]) == (0, amount)


def test_a_part_of_nothing_is_nothing() -> None:
    assert amounts.prorate(100, 0, 0) == 0


@given(FEN, PPM)
def test_shares_round_as_their_names_say(amount: int, ppm: int) -> None:
    exact = Decimal(amount) * ppm / limits.RATE
    assert amounts.share_down(amount, ppm) == exact.to_integral_value(ROUND_DOWN)
    assert amounts.share_half_up(amount, ppm) == exact.to_integral_value(ROUND_HALF_UP)


@given(st.integers(-limits.AMOUNT, limits.AMOUNT))
def test_what_is_shown_can_be_read(amount: int) -> None:
    assert amounts.parse(amounts.show(amount).replace(",", "")) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12.34", 1234), ("12", 1200), ("-0.5", -50), ("+1.10", 110), (" 7.000 ", 700), ("0", 0)],
)
def test_decimals_are_read_as_fen(text: str, amount: int) -> None:
    assert amounts.parse(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".5",
        "1.",
        "1.234",
        "1e3",
        "NaN",
        "Infinity",
        "0x10",
        "1,000",
        "--1",
        "1 2",
        "١٢",
        "9" * 99,
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountMalformed):
        amounts.parse(text)


def test_more_than_the_largest_amount_is_refused() -> None:
    assert amounts.parse("10000000000000.00") == limits.AMOUNT
    with pytest.raises(AmountOutOfRange):
        amounts.parse("10000000000000.01")


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_refusal(text: str) -> None:
    with suppress(AmountMalformed, AmountOutOfRange):
        assert abs(amounts.parse(text)) <= limits.AMOUNT
