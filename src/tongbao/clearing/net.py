"""Netting: the same claims paid one by one, pair by pair, or all at once. Pure.

What an organisation owes itself is left out everywhere: nobody pays it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from tongbao.clearing.types import Claim, Pair, Regional

Way = tuple[int, int]


def gross(claims: Iterable[Claim]) -> list[Claim]:
    """Sum the claims of each creditor on each debtor, in the order of their ids."""
    sums: dict[Way, Claim] = {}
    for claim in claims:
        assert claim.amount > 0, "a claim is of something"
        way = claim.debtor, claim.creditor
        before = sums.get(way)
        amount, count = (before.amount, before.count) if before else (0, 0)
        sums[way] = Claim(*way, amount + claim.amount, count + claim.count)
    return [sums[way] for way in sorted(sums) if way[0] != way[1]]


def pairs(claims: Iterable[Claim]) -> list[Pair]:
    """Give each two that have claims on each other, with what is owed both ways.

    The largest net first. Two that come out even are there too.
    """
    found = set_off(sorted(gross(claims), key=_two))
    return sorted(found, key=lambda pair: (-pair.net, pair.debtor, pair.creditor))


def set_off(claims: Iterable[Claim]) -> Iterator[Pair]:
    """Set off what each two owe each other, as they come; the claims of two stand together."""
    for (one, other), some in groupby(claims, _two):
        owed = owed_back = count = 0
        for claim in some:
            count += claim.count
            if claim.debtor == one:
                owed += claim.amount
            else:
                owed_back += claim.amount
        if one == other:
            continue
        if owed < owed_back:
            yield Pair(debtor=other, creditor=one, owed=owed_back, owed_back=owed, claims=count)
        else:
            yield Pair(debtor=one, creditor=other, owed=owed, owed_back=owed_back, claims=count)


def bilateral(claims: Iterable[Claim]) -> list[Claim]:
    """Set off what each two owe each other; only the one who owes more pays. Largest first."""
    return [
        Claim(pair.debtor, pair.creditor, pair.net, pair.claims)
        for pair in pairs(claims)
        if pair.net
    ]


def multilateral(claims: Iterable[Claim]) -> dict[int, int]:
    """Give what each organisation receives (negative: pays) when all settle with all at once.

    The amounts sum to zero; an organisation that comes out even stands there with zero.
    """
    nets: dict[int, int] = {}
    for claim in claims:
        _add(nets, claim)
    return nets


def regional(claims: Iterable[Claim], homes: Mapping[int, str]) -> Regional:
    """Net by region first, then between regions; ``homes`` names each organisation's region.

    Inside a region its organisations settle what they owe each other; what they owe others is
    their region's, and regions settle that with each other. What an organisation receives inside
    and beyond is together what ``multilateral`` gives it.
    """
    claimed: dict[str, int] = {}
    inside: dict[str, dict[int, int]] = {}
    beyond: dict[int, int] = {}
    for claim in claims:
        if claim.debtor == claim.creditor:
            continue
        home, other = homes[claim.debtor], homes[claim.creditor]
        for region in (home, other):
            if region not in claimed:
                claimed[region], inside[region] = 0, {}
        if home != other:
            _add(beyond, claim)
        else:
            claimed[home] += claim.amount
            _add(inside[home], claim)
    between = dict.fromkeys(sorted(inside), 0)
    for organisation, amount in beyond.items():
        between[homes[organisation]] += amount
    return Regional(
        claimed={region: claimed[region] for region in between},
        inside={region: inside[region] for region in between},
        beyond=beyond,
        between=between,
    )


def _two(claim: Claim) -> Way:
    """Name the two between whom a claim is, whoever of them owes."""
    debtor, creditor = claim.debtor, claim.creditor
    return (debtor, creditor) if debtor < creditor else (creditor, debtor)


def _add(nets: dict[int, int], claim: Claim) -> None:
    debtor, creditor, amount = claim.debtor, claim.creditor, claim.amount
    assert amount > 0, "a claim is of something"
    if debtor != creditor:
        nets[debtor] = nets.get(debtor, 0) - amount
        nets[creditor] = nets.get(creditor, 0) + amount
