"""Netting: the same claims paid one by one, pair by pair, or all at once. Pure.

What an organisation owes itself is left out everywhere: nobody pays it.
"""

from collections.abc import Iterable, Mapping

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
    sums = {(claim.debtor, claim.creditor): claim for claim in gross(claims)}
    found = [_pair(sums, *way) for way in {(min(way), max(way)) for way in sums}]
    return sorted(found, key=lambda pair: (-pair.net, pair.debtor, pair.creditor))


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
    for claim in gross(claims):
        nets[claim.debtor] = nets.get(claim.debtor, 0) - claim.amount
        nets[claim.creditor] = nets.get(claim.creditor, 0) + claim.amount
    return nets


def regional(claims: Iterable[Claim], homes: Mapping[int, str]) -> Regional:
    """Net by region first, then between regions; ``homes`` names each organisation's region.

    Inside a region its organisations settle what they owe each other; what they owe others is
    their region's, and regions settle that with each other. What an organisation receives inside
    and beyond is together what ``multilateral`` gives it.
    """
    inside: dict[str, list[Claim]] = {}
    beyond: list[Claim] = []
    for claim in gross(claims):
        home = homes[claim.debtor]
        if home == homes[claim.creditor]:
            inside.setdefault(home, []).append(claim)
        else:
            beyond.append(claim)
            for region in (home, homes[claim.creditor]):
                inside.setdefault(region, [])
    outside = multilateral(beyond)
    between = dict.fromkeys(sorted(inside), 0)
    for organisation, amount in outside.items():
        between[homes[organisation]] += amount
    return Regional(
        claimed={region: sum(c.amount for c in inside[region]) for region in between},
        inside={region: multilateral(inside[region]) for region in between},
        beyond=outside,
        between=between,
    )


def _pair(sums: dict[Way, Claim], one: int, other: int) -> Pair:
    there, back = sums.get((one, other)), sums.get((other, one))
    owed, owed_back = (claim.amount if claim else 0 for claim in (there, back))
    count = sum(claim.count for claim in (there, back) if claim)
    if owed < owed_back:
        one, other, owed, owed_back = other, one, owed_back, owed
    return Pair(debtor=one, creditor=other, owed=owed, owed_back=owed_back, claims=count)
