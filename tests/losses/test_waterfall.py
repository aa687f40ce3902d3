"""The waterfall: whatever the loss and whoever stands behind it, it is borne to the fen."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tongbao.losses.types import SHARED, STEPS, Share, Source, Step
from tongbao.losses.waterfall import share_out, waterfall

A, B, C, D, OPERATOR = 1, 2, 3, 4, 9

FEN = st.integers(0, 10**15)
SMALL = st.integers(0, 40)
SOURCES = st.lists(
    st.builds(
        Source,
        step=st.sampled_from(STEPS),
        organisation_id=st.integers(1, 6),
        limit=st.one_of(st.none(), SMALL, FEN),
        weight=st.one_of(SMALL, FEN),
    ),
    max_size=25,
    unique_by=lambda source: (source.step, source.organisation_id),
)
CAPS = st.dictionaries(st.integers(1, 6), st.one_of(SMALL, FEN), max_size=6)
LOSS = st.one_of(st.integers(0, 200), FEN)


def borne(shares: list[Share]) -> dict[tuple[Step, int], int]:
    return {(share.step, share.organisation_id): share.amount for share in shares}


def by_step(shares: list[Share]) -> list[int]:
    return [sum(share.amount for share in shares if share.step == step) for step in STEPS]


def test_the_worked_example_to_the_fen() -> None:
    caps = {B: 500_00, C: 300_00, D: 200_00}
    sources = [
        Source(step="collateral", organisation_id=A, limit=180_00),
        Source(step="first_loss", organisation_id=OPERATOR, limit=20_00),
        *(
            Source(step="mutual", organisation_id=who, limit=cap, weight=cap)
            for who, cap in caps.items()
        ),
    ]
    assert borne(waterfall(270_00, sources, caps)) == {
        ("collateral", A): 180_00,
        ("first_loss", OPERATOR): 20_00,
        ("mutual", B): 35_00,
        ("mutual", C): 21_00,
        ("mutual", D): 14_00,
    }


@pytest.mark.parametrize(
    ("amount", "weights", "limits", "shares"),
    [
        (0, [1, 1], [5, 5], [0, 0]),
        (10, [], [], []),
        (1, [1, 1, 1], [9, 9, 9], [1, 0, 0]),
        (2, [1, 1, 1], [9, 9, 9], [1, 1, 0]),
        (10, [1, 2], [100, 100], [3, 7]),
        # What the first cannot bear is borne by the others in their own proportion.
        (100, [5, 3, 2], [10, 100, 100], [10, 54, 36]),
        (100, [5, 3, 2], [10, 20, 100], [10, 20, 70]),
        (100, [5, 3, 2], [10, 20, 30], [10, 20, 30]),
        (60, [5, 3, 2], [10, 20, 30], [10, 20, 30]),
        (7, [1, 1], [0, 100], [0, 7]),
    ],
)
def test_a_share_is_in_proportion_up_to_its_limit(
    amount: int, weights: list[int], limits: list[int], shares: list[int]
) -> None:
    assert share_out(amount, weights, limits) == shares


def test_a_cap_bounds_fund_and_mutual_share_together() -> None:
    sources = [
        Source(step="guarantee", organisation_id=B, limit=60, weight=100),
        Source(step="guarantee", organisation_id=C, limit=60, weight=50),
        Source(step="mutual", organisation_id=B, limit=100, weight=100),
        Source(step="mutual", organisation_id=C, limit=50, weight=50),
        Source(step="operator", organisation_id=OPERATOR),
    ]
    assert borne(waterfall(200, sources, {B: 100, C: 50})) == {
        ("guarantee", B): 60,
        ("guarantee", C): 50,
        ("mutual", B): 40,
        ("operator", OPERATOR): 50,
    }


@given(LOSS, SOURCES, CAPS)
def test_all_of_a_loss_is_borne_when_somebody_bears_the_rest(
    loss: int, sources: list[Source], caps: dict[int, int]
) -> None:
    rest = Source(step="operator", organisation_id=OPERATOR)
    assert sum(borne(waterfall(loss, [*sources, rest], caps)).values()) == loss


@given(LOSS, SOURCES, CAPS)
def test_nobody_bears_more_than_its_limit_or_its_cap(
    loss: int, sources: list[Source], caps: dict[int, int]
) -> None:
    shares = waterfall(loss, sources, caps)
    limits = {(source.step, source.organisation_id): source for source in sources}
    for share in shares:
        source = limits[share.step, share.organisation_id]
        assert 0 < share.amount <= loss
        assert source.weight
        assert source.limit is None or share.amount <= source.limit
    for who, cap in caps.items():
        assert sum(s.amount for s in shares if s.organisation_id == who and s.step in SHARED) <= cap


@given(LOSS, SOURCES, CAPS)
def test_a_step_begins_only_when_those_before_it_have_given_all(
    loss: int, sources: list[Source], caps: dict[int, int]
) -> None:
    shares = waterfall(loss, sources, caps)
    amounts = borne(shares)
    assert [(STEPS.index(s.step), s.organisation_id) for s in shares] == sorted(
        (STEPS.index(s.step), s.organisation_id) for s in shares
    )
    short = loss - sum(amounts.values())
    last = max((STEPS.index(s.step) for s in shares), default=-1) if not short else len(STEPS)
    for source in sources:
        if STEPS.index(source.step) >= last or not source.weight:
            continue
        who = source.organisation_id
        amount = amounts.get((source.step, who), 0)
        room = caps.get(who) if source.step in SHARED else None
        used = sum(s.amount for s in shares if s.organisation_id == who and s.step in SHARED)
        assert amount == source.limit or used == room, source


@given(LOSS, LOSS, SOURCES, CAPS)
def test_a_larger_loss_takes_no_less_of_any_step(
    one: int, other: int, sources: list[Source], caps: dict[int, int]
) -> None:
    less, more = sorted((one, other))
    steps = zip(
        by_step(waterfall(less, sources, {})), by_step(waterfall(more, sources, {})), strict=True
    )
    assert all(before <= after for before, after in steps)
    # Largest remainder may move one fen from one to another of the same step, never more.
    after = borne(waterfall(more, sources, {}))
    for where, amount in borne(waterfall(less, sources, {})).items():
        assert after.get(where, 0) >= amount - 1


@given(LOSS, SOURCES, CAPS, st.randoms(use_true_random=False))
def test_the_order_in_which_sources_are_given_changes_nothing(
    loss: int, sources: list[Source], caps: dict[int, int], chance: random.Random
) -> None:
    mixed = sources[:]
    chance.shuffle(mixed)
    assert waterfall(loss, mixed, caps) == waterfall(loss, sources, caps)


@given(LOSS, st.lists(st.tuples(st.integers(1, 10**15), FEN), max_size=12))
@example(2, [(1, 1), (4, 2)])
def test_within_a_step_shares_are_in_proportion_to_the_fen(
    loss: int, given_: list[tuple[int, int]]
) -> None:
    weights, limits = [weight for weight, _ in given_], [limit for _, limit in given_]
    shares = share_out(loss, weights, limits)
    assert sum(shares) == min(loss, sum(limits))
    free = [i for i, share in enumerate(shares) if share < limits[i]]
    whole, amount = sum(weights[i] for i in free), sum(shares[i] for i in free)
    for i in free:
        assert abs(shares[i] * whole - amount * weights[i]) < whole
    # Who is at its limit would not have got less by proportion with those who are not, each of
    # whom may lack a part of a fen; the last fen of a limit may be a rounded one.
    for i in range(len(shares)):
        if i not in free and whole:
            assert (limits[i] - 1) * whole < (amount + len(free)) * weights[i]
