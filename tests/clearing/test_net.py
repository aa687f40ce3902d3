"""Netting: the worked example to the fen, and what is true of any claims."""

from hypothesis import given
from hypothesis import strategies as st

from tongbao.clearing.net import bilateral, gross, multilateral, pairs, regional, set_off
from tongbao.clearing.types import Claim

A, B, C, D = 1, 2, 3, 4
EXAMPLE = [
    Claim(A, C, 60_000), Claim(A, B, 10_000), Claim(B, C, 30_000), Claim(B, A, 15_000),
    Claim(C, A, 20_000), Claim(C, D, 5_000), Claim(D, A, 8_000), Claim(D, C, 2_000),
]  # fmt: skip

claims = st.lists(
    st.builds(
        Claim, st.integers(1, 6), st.integers(1, 6), st.integers(1, 10**15), st.integers(1, 9)
    ),
    max_size=40,
)


def total(some: list[Claim]) -> int:
    return sum(claim.amount for claim in some)


def test_the_example_is_1500_in_8_payments_claim_by_claim() -> None:
    assert (total(gross(EXAMPLE)), len(gross(EXAMPLE))) == (150_000, 8)


def test_the_example_is_860_in_5_payments_pair_by_pair() -> None:
    assert bilateral(EXAMPLE) == [
        Claim(A, C, 40_000, 2), Claim(B, C, 30_000, 1), Claim(D, A, 8_000, 1),
        Claim(B, A, 5_000, 2), Claim(C, D, 3_000, 2),
    ]  # fmt: skip
    assert total(bilateral(EXAMPLE)) == 86_000


def test_the_example_is_670_in_3_collections_and_1_payout_all_at_once() -> None:
    assert multilateral(EXAMPLE) == {A: -27_000, B: -35_000, C: 67_000, D: -5_000}


def test_a_pair_says_what_is_owed_both_ways() -> None:
    (pair,) = pairs([Claim(A, B, 70, 2), Claim(B, A, 100), Claim(A, B, 10)])
    assert (pair.debtor, pair.creditor) == (B, A)
    assert (pair.owed, pair.owed_back, pair.net, pair.claims) == (100, 80, 20, 4)


def test_two_that_come_out_even_pay_nothing_and_are_still_a_pair() -> None:
    even = [Claim(A, B, 70), Claim(B, A, 70)]
    assert bilateral(even) == []
    assert multilateral(even) == {A: 0, B: 0}
    assert [(pair.net, pair.owed) for pair in pairs(even)] == [(0, 70)]


def test_what_one_owes_itself_is_nobodys_business() -> None:
    own = [Claim(A, A, 5)]
    assert (gross(own), pairs(own), bilateral(own), multilateral(own)) == ([], [], [], {})


@given(claims)
def test_nets_sum_to_zero_and_nobody_is_better_or_worse_off(some: list[Claim]) -> None:
    nets = multilateral(some)
    assert sum(nets.values()) == 0
    assert nets == multilateral(gross(some))
    paid = {who: net for who, net in multilateral(bilateral(some)).items() if net}
    assert paid == {who: net for who, net in nets.items() if net}


@given(claims)
def test_each_way_of_netting_takes_less_money_and_fewer_payments(some: list[Claim]) -> None:
    one_by_one, by_pair, at_once = gross(some), bilateral(some), multilateral(some)
    assert len(by_pair) <= len(one_by_one) <= len(some)
    assert total(by_pair) <= total(one_by_one)
    assert sum(net for net in at_once.values() if net > 0) <= total(by_pair)


@given(claims)
def test_pairs_hold_every_claim_once(some: list[Claim]) -> None:
    both = pairs(some)
    assert sum(pair.owed + pair.owed_back for pair in both) == total(gross(some))
    assert sum(pair.claims for pair in both) == sum(claim.count for claim in gross(some))
    assert all(pair.net >= 0 for pair in both)
    assert [Claim(p.debtor, p.creditor, p.net, p.claims) for p in both if p.net] == bilateral(some)


@given(claims, st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(some: list[Claim], chance: object) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert gross(shuffled) == gross(some)
    assert pairs(shuffled) == pairs(some)


@given(claims)
def test_the_claims_of_two_may_be_set_off_as_they_come(some: list[Claim]) -> None:
    together = sorted(some, key=lambda claim: sorted((claim.debtor, claim.creditor)))
    assert sorted(set_off(together), key=repr) == sorted(pairs(some), key=repr)


HOMES = {A: "310000", B: "110000", C: "310000", D: "110000", 5: "440000", 6: "000000"}


def test_the_example_by_region_is_shanghai_first_then_beijing_with_it() -> None:
    found = regional(EXAMPLE, HOMES)
    # A owes C 600 and C owes A 200, both in Shanghai; B and D in Beijing owe each other nothing.
    assert found.inside == {"110000": {}, "310000": {A: -40_000, C: 40_000}}
    assert found.claimed == {"110000": 0, "310000": 80_000}
    assert found.beyond == {A: 13_000, B: -35_000, C: 27_000, D: -5_000}
    assert found.between == {"110000": -40_000, "310000": 40_000}
    assert found.total == multilateral(EXAMPLE)


@given(claims, st.dictionaries(st.integers(1, 6), st.sampled_from("xyz")))
def test_netting_by_region_first_comes_out_like_netting_all_at_once(
    some: list[Claim], homes: dict[int, str]
) -> None:
    everybody = {who: homes.get(who, "z") for who in range(1, 7)}
    found = regional(some, everybody)
    flat = multilateral(some)
    assert {who: net for who, net in found.total.items() if net} == {
        who: net for who, net in flat.items() if net
    }
    assert found.total.keys() == flat.keys()
    assert found.claimed.keys() == found.inside.keys() == found.between.keys()
    assert sum(found.between.values()) == 0
    assert all(sum(nets.values()) == 0 for nets in found.inside.values())
    for region, amount in found.between.items():
        assert amount == sum(n for who, n in found.beyond.items() if everybody[who] == region)
