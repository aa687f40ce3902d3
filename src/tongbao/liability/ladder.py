"""Chain ladder: from what was redeemed so far to what will ever be. Pure.

The triangle's development factors say how much redemption grows from one age to the next. Their
inverse, the *link*, is kept instead: it is finite also where nothing was redeemed yet. The links
of an issuer are blended with those of the alliance by credibility, the square root rule: an
issuer with ``FULL`` redemptions speaks for itself, one with a quarter of them by half.

A cohort's ultimate is a blend as well (Benktander's): chain ladder for the part that has
developed, the typical rate of its issuer (Cape Cod) for the part that has not. So a young cohort
is not judged by its first week, nor an old one by others.

Floats are statistics here. What leaves this module is a rate in whole parts per million.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import exp, log, sqrt
from typing import Final

from msgspec import Struct

from tongbao.kernel.amounts import WHOLE
from tongbao.liability.triangle import Row, Triangle

FULL: Final = 1_082
"""Redemptions after which an issuer speaks for itself: within 5 %, nine times out of ten."""

_FITTED: Final = 3
"""Links that the tail needs: fewer say nothing of how redemption fades."""

_HORIZON: Final = 240
"""Months after which nothing is expected of points that never expire."""

_FADED: Final = 0.000_5
"""Monthly growth below which redemption has come to its end."""


class Pattern(Struct, frozen=True, kw_only=True):
    """How redemption develops: the link from each age to the next, and what comes after.

    ``fades``: what the first month beyond the links adds, in parts of what was redeemed by then,
    and what each further month adds in parts of the one before; none: redemption has come to its
    end. ``typical``: the part of points given that is redeemed in the end. ``credibility``: how
    far it is the issuer's own.
    """

    links: tuple[float, ...]
    fades: tuple[float, float] | None
    typical: float
    credibility: float

    def developed(self, age: int, last_age: int) -> float:
        """Give the part of what will be redeemed up to ``last_age`` that has been at ``age``."""
        seen, last = len(self.links), min(last_age, max(age, _HORIZON))
        part = 1.0
        for link in self.links[age:last]:
            part *= link
        return min(1.0, part * self._grown(max(age, seen)) / self._grown(max(last, seen)))

    def _grown(self, age: int) -> float:
        """Give what is redeemed by an age beyond the links, in parts of what was by the last."""
        if self.fades is None:
            return 1.0
        step, slower = self.fades
        return 1 + step * (1 - slower ** (age - len(self.links))) / (1 - slower)


class Expected(Struct, frozen=True, kw_only=True):
    """What one cohort's points will come to: ``rate`` (ppm) of those given will be redeemed.

    ``ultimate`` is that in fen; ``ladder`` what chain ladder alone says; ``developed`` (ppm) how
    far redemption has come; ``credibility`` (ppm) how far the pattern is the issuer's own.
    ``basis``: ``none`` where there is no evidence, and so no breakage is assumed.
    """

    rate: int
    ultimate: int
    ladder: int
    developed: int
    credibility: int
    basis: str


def learn(triangle: Triangle, alliance: Pattern | None = None) -> Pattern | None:
    """Learn how redemption develops; None where there is too little to learn from.

    ``alliance`` is what to fall back to, as far as the triangle is thin. Too little: nobody has
    redeemed, or there is no telling how what is seen so far goes on.
    """
    count = sum(row.redemptions for row in triangle)
    if alliance is None:
        links = [_ratio(*sums) for sums in _sums(triangle)]
        fades = _tail(triangle, links)
        if not count or (fades is None and not _ended(triangle, links)):
            return None
        first = Pattern(links=tuple(links), fades=fades, typical=1.0, credibility=1.0)
        return _with_typical(first, triangle, None)
    trust = min(1.0, sqrt(count / FULL))
    own = _sums(triangle)
    links = [
        trust * _ratio(*own[age]) + (1 - trust) * link if age < len(own) and any(own[age]) else link
        for age, link in enumerate(alliance.links)
    ]
    blended = Pattern(
        links=tuple(links), fades=alliance.fades, typical=alliance.typical, credibility=trust
    )
    return _with_typical(blended, triangle, alliance.typical)


def expect(row: Row, pattern: Pattern | None) -> Expected:
    """Estimate what will be redeemed of one cohort's points in the end.

    Never less than has been, never more than can be. Half a fen is rounded up, and half a
    millionth. Points that are all gone are certain; without a pattern all are expected.
    """
    most = row.redeemed + max(0, row.outstanding)
    if not row.outstanding or pattern is None:
        basis = "certain" if not row.outstanding else "none"
        return _expected(row, most, most, 1.0, pattern, basis)
    part = pattern.developed(row.age, row.last_age)
    prior = pattern.typical * row.given
    first = row.redeemed + (1 - part) * prior
    ladder = row.redeemed / part if part else first
    ultimate = row.redeemed + (1 - part) * first
    bounded = [max(row.redeemed, min(most, _whole(one))) for one in (ultimate, ladder)]
    return _expected(row, bounded[0], bounded[1], part, pattern, "estimated")


def forecast(row: Row, pattern: Pattern, ultimate: int, ahead: int) -> float:
    """Give what an estimate expects to be redeemed in the next ``ahead`` months (fen)."""
    now = pattern.developed(row.age, row.last_age)
    then = pattern.developed(min(row.age + ahead, row.last_age), row.last_age)
    left = ultimate - row.redeemed
    return left * (then - now) / (1 - now) if now < 1 else 0.0


def _expected(
    row: Row, ultimate: int, ladder: int, part: float, pattern: Pattern | None, basis: str
) -> Expected:
    trust = pattern.credibility if pattern is not None else 0.0
    return Expected(
        rate=_ppm(Fraction(ultimate, row.given)) if row.given > 0 else WHOLE,
        ultimate=ultimate,
        ladder=ladder,
        developed=_ppm(Fraction(part)),
        credibility=_ppm(Fraction(trust)),
        basis=basis,
    )


def _sums(triangle: Triangle) -> list[tuple[int, int]]:
    """Sum what was redeemed at each age and at the next, over the cohorts that have seen both."""
    oldest = max((row.age for row in triangle), default=0)
    sums = [(0, 0)] * oldest
    for row in triangle:
        for age, (one, other) in enumerate(pairwise(row.paid)):
            sums[age] = (sums[age][0] + one, sums[age][1] + other)
    return sums


def _ratio(before: int, after: int) -> float:
    """Give the link between two ages; nothing before and nothing after is no growth."""
    return min(1.0, max(0, before) / after) if after > 0 else 1.0


def _ended(triangle: Triangle, links: Sequence[float]) -> bool:
    """Say whether redemption has come to its end within what is seen of it."""
    if triangle and all(not row.outstanding for row in triangle):
        return True
    if triangle and all(row.last_age <= len(links) for row in triangle):
        return True
    last = links[-_FITTED:]
    return len(last) == _FITTED and all(1 - link <= _FADED for link in last)


def _tail(triangle: Triangle, links: Sequence[float]) -> tuple[float, float] | None:
    """Fit how redemption fades with age: each month a part of the one before; None if it does not.

    A line through the logarithms of what each month has added. Each age weighs as much as was
    redeemed by then, so the few oldest cohorts do not decide.
    """
    if _ended(triangle, links):
        return None
    points = []
    reached = 1.0
    for age, (before, _) in reversed(list(enumerate(_sums(triangle)))):
        added, reached = reached * (1 - links[age]), reached * links[age]
        if added > 0 and before > 0:
            points.append((age, log(added), before))
    if len(points) < _FITTED:
        return None
    weight = float(sum(w for _, _, w in points))
    mean_x = sum(w * x for x, _, w in points) / weight
    mean_y = sum(w * y for _, y, w in points) / weight
    spread = sum(w * (x - mean_x) ** 2 for x, _, w in points)
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / spread if spread else 0.0
    if slope >= -_FADED:
        return None
    return exp(mean_y + slope * (len(links) - mean_x)), exp(slope)


def _with_typical(pattern: Pattern, triangle: Triangle, prior: float | None) -> Pattern:
    """Add the typical rate: what was redeemed over what points given should have shown by now."""
    exposed = sum(row.given * pattern.developed(row.age, row.last_age) for row in triangle)
    redeemed = sum(row.redeemed for row in triangle)
    own = min(1.0, max(0.0, redeemed / exposed)) if exposed > 0 else prior
    if own is None:
        own = 1.0
    trust = pattern.credibility
    typical = own if prior is None else trust * own + (1 - trust) * prior
    return Pattern(links=pattern.links, fades=pattern.fades, typical=typical, credibility=trust)


def _whole(value: float) -> int:
    """Round half a fen up, exactly: a float is a fraction like any other."""
    return (2 * Fraction(value) + 1) // 2


def _ppm(part: Fraction) -> int:
    """Round to whole parts per million, half up."""
    return int((2 * part * WHOLE + 1) // 2)
