"""Chain ladder on triangles whose answer is known, and on those that say too little."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel.amounts import WHOLE
from tongbao.liability import months
from tongbao.liability.ladder import FULL, Pattern, expect, forecast, learn
from tongbao.liability.triangle import NEVER, Row, Triangle

FIRST = date(2025, 1, 1)


def row(
    paid: Sequence[int], given: int = 10_000, lost: int = 0, redemptions: int = 2_000,
    cohort: date = FIRST, ends: date = NEVER,
) -> Row:  # fmt: skip
    return Row(
        cohort=cohort, given=given, lost=lost, paid=tuple(paid), redemptions=redemptions, ends=ends
    )


def staircase(curve: Sequence[int], given: int = 10_000, count: int = 2_000) -> Triangle:
    """Make a triangle in which every cohort follows the same curve; the first has seen it all."""
    return [
        row(curve[: len(curve) - n], given, redemptions=count, cohort=months.add(FIRST, n))
        for n in range(len(curve))
    ]


ENDED = staircase([1_000, 3_000, 6_000, 8_000, 8_000, 8_000, 8_000])


def pattern(triangle: Triangle, alliance: Pattern | None = None) -> Pattern:
    found = learn(triangle, alliance)
    assert found is not None
    return found


def test_every_cohort_of_one_curve_comes_to_its_end() -> None:
    learnt = pattern(ENDED)
    assert learnt.links == pytest.approx((1 / 3, 1 / 2, 3 / 4, 1, 1, 1))
    assert learnt.fades is None
    assert learnt.typical == pytest.approx(0.8)
    for one in ENDED:
        found = expect(one, learnt)
        assert (found.rate, found.ultimate, found.ladder) == (800_000, 8_000, 8_000)
        assert found.basis == "estimated"
    assert expect(ENDED[-1], learnt).developed == 125_000


def test_what_is_expected_next_month_is_the_next_step_of_the_curve() -> None:
    learnt = pattern(ENDED)
    assert [forecast(one, learnt, 8_000, 1) for one in ENDED] == pytest.approx(
        [0, 0, 0, 0, 2_000, 3_000, 2_000]
    )
    assert forecast(ENDED[-1], learnt, 8_000, 100) == pytest.approx(7_000)


def test_points_that_never_expire_go_on_fading() -> None:
    learnt = pattern(staircase([4_000, 6_000, 7_000, 7_500, 7_750, 7_875]))
    assert learnt.fades == pytest.approx((1 / 126, 1 / 2))
    oldest = expect(row([4_000, 6_000, 7_000, 7_500, 7_750, 7_875]), learnt)
    assert oldest.ultimate == 8_000  # the curve halves its way there


def test_points_end_with_their_lots_however_slowly_redemption_fades() -> None:
    curve = [4_000, 6_000, 7_000, 7_500, 7_750, 7_875]
    learnt = pattern(staircase(curve))
    ends = months.add(FIRST, 6)
    expiring = expect(row(curve, ends=ends), learnt)
    assert 7_875 < expiring.ultimate < expect(row(curve), learnt).ultimate
    assert expect(row(curve, ends=months.add(FIRST, 5)), learnt).ultimate == 7_875


@pytest.mark.parametrize(
    "triangle",
    [
        [],
        [row([0])],
        [row([5_000])],
        staircase([1_000, 2_000]),
        staircase([1_000, 2_000, 4_000, 8_000]),
        staircase([0, 0, 0, 0, 0, 0], count=0),
    ],
    ids=["nothing", "one month", "one month redeemed", "two", "growing faster", "never redeemed"],
)
def test_too_little_history_says_nothing_and_no_breakage_is_assumed(triangle: Triangle) -> None:
    assert learn(triangle) is None
    for one in triangle:
        found = expect(one, None)
        assert (found.rate, found.ultimate, found.basis) == (WHOLE, one.given, "none")


def test_a_cohort_that_is_all_gone_is_certain() -> None:
    gone = row([2_000, 6_000], lost=4_000)
    for learnt in (None, pattern(ENDED)):
        found = expect(gone, learnt)
        assert (found.rate, found.ultimate, found.basis) == (600_000, 6_000, "certain")
    assert expect(row([10_000]), None).rate == WHOLE
    assert expect(row([0], given=0), None).rate == WHOLE


def test_everything_redeemed_is_no_breakage() -> None:
    triangle = [row([10_000] * (6 - n), cohort=months.add(FIRST, n)) for n in range(6)]
    learnt = pattern(triangle)
    assert learnt.typical == 1
    assert expect(row([3_000]), learnt).ultimate <= 10_000


def test_a_young_cohort_is_judged_by_its_issuer_not_by_its_first_days() -> None:
    learnt = pattern(ENDED)
    unlucky = row([0], cohort=months.add(FIRST, 6))
    assert expect(unlucky, learnt).ladder == 0
    assert 6_000 < expect(unlucky, learnt).ultimate < 8_000
    lucky = row([1_500], cohort=months.add(FIRST, 6))
    assert expect(lucky, learnt).ladder == 10_000  # it would be 12,000, but cannot be
    assert expect(lucky, learnt).ultimate < 10_000


def test_an_issuer_is_believed_as_far_as_it_has_evidence() -> None:
    alliance = pattern(ENDED)
    own = [0, 0, 2_000, 4_000, 4_000, 4_000, 4_000]
    rates = []
    for count in (0, 1, FULL // 28, FULL):
        triangle = staircase(own, count=count)
        learnt = pattern(triangle, alliance)
        rates.append(learnt.typical)
        assert 0 <= learnt.credibility <= 1
    assert rates[0] == pytest.approx(0.8)
    assert rates[-1] == pytest.approx(0.4)
    assert rates == sorted(rates, reverse=True)


def test_an_issuer_without_history_goes_by_the_alliance() -> None:
    alliance = pattern(ENDED)
    assert pattern([], alliance).links == alliance.links
    new = [row([1_000], redemptions=0)]
    assert expect(new[0], pattern(new, alliance)).rate == 800_000


@st.composite
def triangles(draw: st.DrawFn) -> Triangle:
    found = []
    for n in range(size := draw(st.integers(1, 8))):
        total, lost = draw(st.integers(0, 10**13)), draw(st.integers(0, 10**13))
        paid, now = [], 0
        for _ in range(size - n):
            now = max(0, min(total, now + draw(st.integers(-(10**12), 10**13))))
            paid.append(now)
        found.append(
            row(
                paid, total + lost, lost, draw(st.integers(0, 3_000)), months.add(FIRST, n),
                draw(st.sampled_from([NEVER, months.add(FIRST, 4)])),
            )
        )  # fmt: skip
    return found


@given(triangles(), triangles())
def test_any_triangle_gives_bounded_estimates(whole: Triangle, part: Triangle) -> None:
    alliance = learn(whole)
    learnt = learn(part, alliance) if alliance else None
    for one in part:
        found = expect(one, learnt)
        assert 0 <= found.rate <= WHOLE
        assert one.redeemed <= found.ultimate <= one.redeemed + one.outstanding
        assert one.redeemed <= found.ladder <= one.redeemed + one.outstanding
        assert 0 <= found.developed <= WHOLE and 0 <= found.credibility <= WHOLE
        if learnt is not None:
            assert 0 <= forecast(one, learnt, found.ultimate, 3) <= one.outstanding + 1
