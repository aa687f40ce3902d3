"""Chain ladder: from what was redeemed so far to what will ever be. Pure.

The development factors are those of what *remains*: of the points of a month that nobody had
redeemed at one age, so many were still there at the next. The part that went is the *pace* at that
age. What expires or is given up leaves the sum without counting as redeemed.

The usual ladder climbs on what *was* redeemed. It needs many redemptions in the first months to
multiply, and says nothing will come where nothing has come yet; the backtest shows both.

- The paces of an issuer are blended with the alliance's by credibility, the square root rule: an
  issuer with ``FULL`` redemptions speaks for itself, one with a quarter of them by half.
- Beyond the ages that are seen, the pace fades as it has faded since its peak (a line through its
  logarithms), and ends with the last lot.
- Where it has not begun to fade there is no telling how much is left in the end, and no breakage is
  assumed. An estimate that is too low becomes revenue that has to be taken back.

Floats are statistics here. What leaves this module are whole fen and parts per million.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, log, sqrt
from typing import Final

from msgspec import Struct

from tongbao.kernel.amounts import WHOLE
from tongbao.liability.triangle import Row, Triangle

FULL: Final = 1_082
"""Redemptions after which an issuer speaks for itself: within 5 %, nine times out of ten."""

_SEEN: Final = 3
"""Ages from the peak on that it takes to see how the pace fades."""

_RECENT: Final = 12
"""Months whose redemptions the paces are learnt from."""

_HORIZON: Final = 240
"""Months after which nothing is expected of points that never expire."""

_STILL: Final = 0.000_5
"""Monthly pace below which redemption has come to its end, and the least fading that counts."""


class Pattern(Struct, frozen=True, kw_only=True):
    """At which pace points go: the part of what remains at each age that is redeemed in the next.

    ``fades``: the pace in the first month beyond, and each further month's in parts of the one
    before. ``settled``: how it goes on after what is seen is known. ``credibility``: how far it is
    the issuer's own.
    """

    paces: tuple[float, ...]
    fades: tuple[float, float]
    settled: bool
    credibility: float

    def remaining(self, age: int, until: int) -> float:
        """Give the part of what remains at ``age`` that nobody has redeemed at ``until``."""
        part = 1.0
        for place in range(age, min(until, max(age, _HORIZON))):
            part *= 1 - self._pace(place)
        return part

    def _pace(self, age: int) -> float:
        beyond = age - len(self.paces)
        return self.paces[age] if beyond < 0 else self.fades[0] * self.fades[1] ** beyond


class Expected(Struct, frozen=True, kw_only=True):
    """What one cohort's points will come to: ``rate`` (ppm) of those given will be redeemed.

    ``ultimate`` is that in fen; ``developed`` (ppm) how much of it has been; ``credibility``
    (ppm) how far the pattern is the issuer's own. ``basis``: ``certain`` when all points are gone,
    ``none`` where there is no evidence, and so no breakage is assumed, else ``estimated``.
    """

    rate: int
    ultimate: int
    developed: int
    credibility: int
    basis: str


def learn(triangle: Triangle, alliance: Pattern | None = None) -> Pattern:
    """Learn at which pace points go; as far as the triangle is thin, as the ``alliance``'s do."""
    sums = exposures(triangle)
    if alliance is None:
        paces = [_pace(went, remained) for went, remained in sums]
        settled, fades = _tail(triangle, paces, [remained for _, remained in sums])
        return Pattern(paces=tuple(paces), fades=fades, settled=settled, credibility=1.0)
    trust = min(1.0, sqrt(sum(row.redemptions for row in triangle) / FULL))
    paces = list(alliance.paces)
    for age, (went, remained) in enumerate(sums[: len(paces)]):
        if remained > 0:
            paces[age] = trust * _pace(went, remained) + (1 - trust) * paces[age]
    return Pattern(
        paces=tuple(paces), fades=alliance.fades, settled=alliance.settled, credibility=trust
    )


def expect(row: Row, pattern: Pattern) -> Expected:
    """Estimate what will be redeemed of one cohort's points in the end.

    Never less than has been, never more than can be. Half a fen is rounded up, and so is half a
    millionth.
    """
    left = row.outstanding
    if not left:
        return _expected(row, row.redeemed, pattern, "certain")
    if not pattern.settled:
        return _expected(row, row.redeemed + left, pattern, "none")
    part = 1 - pattern.remaining(row.age, row.last_age)
    more = (2 * Fraction(left) * Fraction(part) + 1) // 2
    return _expected(row, row.redeemed + max(0, min(left, more)), pattern, "estimated")


def forecast(row: Row, pattern: Pattern, ahead: int) -> float:
    """Give how much is expected to be redeemed in the next ``ahead`` months (fen)."""
    until = min(row.age + ahead, row.last_age)
    return row.outstanding * (1 - pattern.remaining(row.age, until))


def exposures(triangle: Triangle) -> list[tuple[int, int]]:
    """Sum, age by age, what went in the month after and what had remained before it.

    Over the cohorts that have seen both, in the last year: every season once, and no habit that
    people have given up.
    """
    sums = [(0, 0)] * max((row.age for row in triangle), default=0)
    for row in triangle:
        for age in range(max(0, row.age - _RECENT), row.age):
            went, remained = sums[age]
            sums[age] = went + row.paid[age + 1] - row.paid[age], remained + row.left[age]
    return sums


def _expected(row: Row, ultimate: int, pattern: Pattern, basis: str) -> Expected:
    developed = Fraction(max(0, row.redeemed), ultimate) if ultimate > 0 else Fraction(1)
    return Expected(
        rate=_ppm(Fraction(ultimate, row.given)) if row.given > 0 else WHOLE,
        ultimate=ultimate,
        developed=_ppm(developed),
        credibility=_ppm(Fraction(pattern.credibility)),
        basis=basis,
    )


def _pace(went: int, remained: int) -> float:
    """Give the part that went; refunds may have brought back more than went, which is none."""
    return max(0.0, min(1.0, went / remained)) if remained > 0 else 0.0


def _tail(
    triangle: Triangle, paces: Sequence[float], remained: Sequence[int]
) -> tuple[bool, tuple[float, float]]:
    """Fit how the pace goes on after what is seen, and say whether that is known.

    A line through the logarithms of the paces since their peak. Each age weighs as much as there
    was to redeem, so the few oldest cohorts do not decide. Not known: as long as the pace is
    rising or level, or nobody has redeemed anything; it then stays as it is.
    """
    level = paces[-1] if paces else 0.0
    if not any(row.redemptions for row in triangle):
        return False, (level, 1.0)
    if all(row.last_age <= len(paces) for row in triangle):
        return True, (0.0, 1.0)
    last = paces[-_SEEN:]
    if len(last) == _SEEN and max(last) <= _STILL:
        return True, (0.0, 1.0)
    peak = max(range(len(paces)), key=paces.__getitem__, default=0)
    points = [
        (age, log(paces[age]), remained[age])
        for age in range(peak, len(paces))
        if paces[age] > 0 and remained[age] > 0
    ]
    if len(points) < _SEEN:
        return False, (level, 1.0)
    weight = float(sum(w for _, _, w in points))
    mean_x = sum(w * x for x, _, w in points) / weight
    mean_y = sum(w * y for _, y, w in points) / weight
    spread = sum(w * (x - mean_x) ** 2 for x, _, w in points)
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / spread
    if slope > -_STILL:
        return False, (level, 1.0)
    return True, (min(1.0, exp(mean_y + slope * (len(paces) - mean_x))), exp(slope))


def _ppm(part: Fraction) -> int:
    """Round to whole parts per million, half up."""
    return int((2 * part * WHOLE + 1) // 2)
