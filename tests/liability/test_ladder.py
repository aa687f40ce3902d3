"""Chain ladder on triangles whose answer is known, and on those that say too little."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel.amounts import WHOLE
from tongbao.liability import months
from tongbao.liability.ladder import FULL, expect, exposures, forecast, learn
from tongbao.liability.triangle import NEVER, Row, Triangle

FIRST = date(2025, 1, 1)


def row(
    paid: Sequence[int], given: int = 10_000, lost: int = 0, redemptions: int = 2_000,
    cohort: date = FIRST, ends: date = NEVER,
) -> Row:  # fmt: skip
    left = [given - one for one in paid]
    left[-1] -= lost
    return Row(
        cohort=cohort, given=given, lost=lost, paid=tuple(paid), left=tuple(left),
        redemptions=redemptions, ends=ends,
    )  # fmt: skip


def staircase(curve: Sequence[int], count: int = 2_000, ends: int | None = None) -> Triangle:
    """Make a triangle in which every cohort follows the same curve; the first has seen it all.

    ``ends``: the age at which points end.
    """
    cohorts = [months.add(FIRST, n) for n in range(len(curve))]
    return [
        row(
            curve[: len(curve) - n], redemptions=count, cohort=cohort,
            ends=NEVER if ends is None else months.add(cohort, ends),
        )
        for n, cohort in enumerate(cohorts)
    ]  # fmt: skip


ENDED = staircase([1_000, 4_600, 7_300, 8_000, 8_000, 8_000, 8_000])


def test_every_cohort_of_one_curve_comes_to_its_end() -> None:
    learnt = learn(ENDED)
    assert learnt.paces == pytest.approx((0.4, 0.5, 7 / 27, 0, 0, 0))
    assert (learnt.settled, learnt.fades, learnt.credibility) == (True, (0, 1), 1)
    for one in ENDED:
        found = expect(one, learnt)
        assert (found.rate, found.ultimate, found.basis) == (800_000, 8_000, "estimated")
    assert expect(ENDED[-1], learnt).developed == 125_000


def test_what_is_expected_next_month_is_the_next_step_of_the_curve() -> None:
    learnt = learn(ENDED)
    steps = [forecast(one, learnt, 1) for one in ENDED]
    assert steps == pytest.approx([0, 0, 0, 0, 700, 2_700, 3_600])
    assert forecast(ENDED[-1], learnt, 100) == pytest.approx(7_000)


def test_points_that_never_expire_go_on_at_a_pace_that_fades() -> None:
    left, curve = 10_000.0, []
    for age in range(8):
        left *= 1 - 0.3 * 0.5**age
        curve.append(10_000 - round(left))
    learnt = learn(staircase(curve))
    assert learnt.settled
    assert learnt.fades == pytest.approx((0.3 * 0.5**8, 0.5), rel=0.05)
    for age in range(8, 30):
        left *= 1 - 0.3 * 0.5**age
    assert expect(row(curve), learnt).ultimate == pytest.approx(10_000 - left, abs=2)


def test_points_end_with_their_lots_however_slowly_redemption_fades() -> None:
    curve = [2_000, 5_000, 6_500, 7_000, 7_250, 7_400]
    learnt = learn(staircase(curve))
    ends = months.add(FIRST, 6)
    expiring = expect(row(curve, ends=ends), learnt)
    assert 7_400 < expiring.ultimate < expect(row(curve), learnt).ultimate
    assert expect(row(curve, ends=months.add(FIRST, 5)), learnt).ultimate == 7_400


def test_a_pace_that_does_not_fade_is_enough_where_lots_end_within_what_is_seen() -> None:
    curve = [1_000, 2_000, 4_000, 7_000]
    assert not learn(staircase(curve)).settled
    expiring = staircase(curve, ends=3)
    learnt = learn(expiring)
    assert learnt.settled
    assert [expect(one, learnt).ultimate for one in expiring] == [7_000] * 4


@pytest.mark.parametrize(
    "triangle",
    [
        [],
        [row([0])],
        [row([5_000])],
        staircase([1_000, 2_000]),
        staircase([1_000, 2_000, 4_000, 8_000]),
        staircase([1_000, 1_900, 2_710, 3_439, 4_095]),
        staircase([0, 0, 0, 0, 0, 0], count=0),
    ],
    ids=["nothing", "a month", "a month redeemed", "two", "rising", "level", "never redeemed"],
)
def test_too_little_history_says_nothing_and_no_breakage_is_assumed(triangle: Triangle) -> None:
    learnt = learn(triangle)
    assert not learnt.settled
    for one in triangle:
        found = expect(one, learnt)
        assert (found.rate, found.ultimate, found.basis) == (WHOLE, one.given, "none")


def test_a_cohort_that_is_all_gone_is_certain() -> None:
    gone = row([2_000, 6_000], lost=4_000)
    for learnt in (learn([]), learn(ENDED)):
        found = expect(gone, learnt)
        assert (found.rate, found.ultimate, found.basis) == (600_000, 6_000, "certain")
    assert expect(row([10_000]), learn([])).rate == WHOLE
    assert expect(row([0], given=0), learn([])).rate == WHOLE


def test_everything_redeemed_is_no_breakage() -> None:
    triangle = staircase([10_000] * 6)
    learnt = learn(triangle)
    assert all(expect(one, learnt).rate == WHOLE for one in triangle)


def test_what_is_lost_is_not_redeemed_and_not_waited_for() -> None:
    half = [row([1_000] * (7 - n), lost=4_500, cohort=months.add(FIRST, n)) for n in range(7)]
    assert expect(half[0], learn(half)).ultimate == 1_000
    ended = expect(row([1_000], lost=4_500), learn(ENDED))
    assert ended.ultimate == 1_000 + 4_500 * 7 // 9


def test_nothing_redeemed_yet_is_no_sign_that_nothing_will_be() -> None:
    unlucky = expect(row([0], cohort=months.add(FIRST, 6)), learn(ENDED))
    assert unlucky.ultimate == 7_778  # seven ninths of what remains, as of the others


def test_an_issuer_is_believed_as_far_as_it_has_evidence() -> None:
    alliance = learn(ENDED)
    own = [0, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000]
    rates, trusts = [], []
    for count in (0, 1, FULL // 28, FULL):
        triangle = staircase(own, count=count)
        learnt = learn(triangle, alliance)
        trusts.append(learnt.credibility)
        rates.append(expect(triangle[-1], learnt).rate)
    assert (trusts[0], trusts[-1]) == (0, 1)
    assert 0.45 < trusts[2] < 0.5
    assert (rates[0], rates[-1]) == (777_800, 400_000)
    assert rates == sorted(rates, reverse=True)


def test_an_issuer_without_history_goes_by_the_alliance() -> None:
    alliance = learn(ENDED)
    assert learn([], alliance).paces == alliance.paces
    new = [row([1_000], redemptions=0)]
    assert expect(new[0], learn(new, alliance)).rate == 800_000


def test_the_paces_are_of_the_last_year() -> None:
    old = [row([9_000] * 20 + [9_000] * 13, cohort=months.add(FIRST, -20))]
    assert exposures(old)[:20] == [(0, 0)] * 20
    assert exposures(old)[20:] == [(0, 1_000)] * 12


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
    learnt = learn(part, learn(whole))
    for one in part:
        found = expect(one, learnt)
        assert 0 <= found.rate <= WHOLE
        assert one.redeemed <= found.ultimate <= one.redeemed + one.outstanding
        assert 0 <= found.developed <= WHOLE and 0 <= found.credibility <= WHOLE
        assert 0 <= forecast(one, learnt, 3) <= one.outstanding
