"""The backtest: what would have been estimated months ago, against what has happened since.

The triangle is cut at the end of each earlier month, estimated as it was then, and the redemptions
expected for the next 1, 2, 3 … months are held against those that came. Three ways are compared:
the estimate itself, the usual chain ladder on what was redeemed, and last month all over again.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, get_args

from msgspec import Struct

from tongbao.kernel.db import Connection
from tongbao.liability import months, triangle
from tongbao.liability.ladder import Pattern, forecast, learn
from tongbao.liability.triangle import Cell, Row, Triangle

Way = Literal["estimate", "usual", "same"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)


class Score(Struct, frozen=True, kw_only=True):
    """How well one way of estimating would have done, so many months ahead.

    ``cuts`` is how many ends of months it was tried at, ``cases`` how many issuers together.
    ``predicted`` and ``happened`` are fen redeemed in those months, summed over all cases.
    ``mape``: the mean of the absolute errors in per cent of what happened, one case one voice;
    ``wape``: all absolute errors in per cent of all that happened, which large issuers rule;
    ``bias``: how much too high (negative: too low) all together were, in per cent.
    """

    way: Way
    ahead: int
    cuts: int
    cases: int
    predicted: float
    happened: int
    mape: float | None
    wape: float | None
    bias: float | None


class _Learnt(Struct, frozen=True):
    """What was known of the whole alliance at one cut."""

    pattern: Pattern
    factors: list[float]


class _Sum(Struct):
    cuts: set[date]
    cases: int = 0
    predicted: float = 0.0
    happened: int = 0
    errors: float = 0.0
    shares: float = 0.0
    shared: int = 0


def backtest(
    conn: Connection, zone: str, through: date, most: int, only: int | None = None
) -> list[Score]:
    """Score every way for 1 to ``most`` months ahead, from all that happened until ``through``.

    Of all issuers, or of ``only`` one.
    Empty where history is too short to have been estimated before. Call it in a transaction.
    """
    sums: dict[tuple[Way, int], _Sum] = {}
    learnt: dict[date, _Learnt] = {}
    for issuer, cells in triangle.read(conn, zone, through):
        if issuer is None:
            learnt = _learn_at_each_cut(cells, through)
            continue
        if only not in (None, issuer):
            continue
        final = {row.cohort: row for row in triangle.build(cells, through)}
        for cut, alliance in learnt.items():
            then = triangle.build(cells, cut)
            ahead = min(most, months.between(cut, through))
            if then:
                _score(sums, cut, then, final, alliance, ahead)
    return [_close(way, ahead, sums[way, ahead]) for way, ahead in sorted(sums, key=_order)]


def _learn_at_each_cut(cells: list[Cell], through: date) -> dict[date, _Learnt]:
    """Learn what could have been known of the alliance at the end of every earlier month.

    A month's end at which not even one month had been seen twice taught nothing.
    """
    first = min((cell.cohort for cell in cells), default=through)
    learnt = {}
    for back in range(1, months.between(first, through)):
        cut = months.add(through, -back)
        then = triangle.build(cells, cut)
        learnt[cut] = _Learnt(pattern=learn(then), factors=_factors(then))
    return learnt


def _factors(then: Triangle) -> list[float]:
    """Give the usual development factors: of what was redeemed, from each age to the next."""
    factors = []
    for age in range(max((row.age for row in then), default=0)):
        seen = [row for row in then if row.age > age]
        before, after = (sum(row.paid[place] for row in seen) for place in (age, age + 1))
        factors.append(after / before if before > 0 else 1.0)
    return factors


def _score(
    sums: dict[tuple[Way, int], _Sum],
    cut: date,
    then: Triangle,
    final: dict[date, Row],
    alliance: _Learnt,
    most: int,
) -> None:
    pattern = learn(then, alliance.pattern)
    last_month = sum(row.paid[-1] - (row.paid[-2] if row.age else 0) for row in then)
    left = sum(row.outstanding for row in then)
    for ahead in range(1, most + 1):
        happened = sum(_came(row, final, ahead) for row in then)
        said: dict[Way, float] = {
            "estimate": sum(forecast(row, pattern, ahead) for row in then),
            "usual": sum(_climb(row, alliance.factors, ahead) for row in then),
            "same": float(max(0, min(last_month * ahead, left))),
        }
        for way, predicted in said.items():
            _add(sums.setdefault((way, ahead), _Sum(cuts=set())), cut, predicted, happened)


def _climb(row: Row, factors: Sequence[float], ahead: int) -> float:
    """Give what the usual chain ladder expects to be redeemed in the next months."""
    grown = float(row.redeemed)
    for factor in factors[row.age : row.age + ahead]:
        grown *= factor
    return min(grown - row.redeemed, float(row.outstanding))


def _came(row: Row, final: dict[date, Row], ahead: int) -> int:
    """Give what was redeemed of a cohort in the months after the cut."""
    return final[row.cohort].paid[row.age + ahead] - row.paid[-1]


def _add(found: _Sum, cut: date, predicted: float, happened: int) -> None:
    error = abs(predicted - happened)
    found.cuts.add(cut)
    found.cases += 1
    found.predicted += predicted
    found.happened += happened
    found.errors += error
    if happened > 0:
        found.shares += error / happened
        found.shared += 1


def _close(way: Way, ahead: int, found: _Sum) -> Score:
    whole = found.happened
    return Score(
        way=way,
        ahead=ahead,
        cuts=len(found.cuts),
        cases=found.cases,
        predicted=round(found.predicted, 2),
        happened=whole,
        mape=round(100 * found.shares / found.shared, 2) if found.shared else None,
        wape=round(100 * found.errors / whole, 2) if whole > 0 else None,
        bias=round(100 * (found.predicted - whole) / whole, 2) if whole > 0 else None,
    )


def _order(key: tuple[Way, int]) -> tuple[int, int]:
    return key[1], WAYS.index(key[0])
