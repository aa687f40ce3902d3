"""The backtest: what would have been estimated months ago, against what has happened since.

The triangle is cut at the end of each earlier month, estimated as it was then, and the redemptions
expected for the next 1, 2, 3 … months are held against those that came. Three ways are compared:
the estimate itself, chain ladder alone, and nothing but the pace of the month before.
"""

from datetime import date
from typing import Final, Literal, get_args

from msgspec import Struct

from tongbao.kernel.db import Connection
from tongbao.liability import months, triangle
from tongbao.liability.ladder import Pattern, expect, forecast, learn
from tongbao.liability.triangle import Cell, Row, Triangle

Way = Literal["estimate", "ladder", "pace"]
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
    patterns: dict[date, Pattern] = {}
    for issuer, cells in triangle.read(conn, zone, through):
        if issuer is None:
            patterns = _learn_at_each_cut(cells, through)
            continue
        if only not in (None, issuer):
            continue
        final = {row.cohort: row for row in triangle.build(cells, through)}
        for cut, alliance in patterns.items():
            then = triangle.build(cells, cut)
            ahead = min(most, months.between(cut, through))
            if then:
                _score(sums, cut, then, final, learn(then, alliance), ahead)
    return [_close(way, ahead, sums[way, ahead]) for way, ahead in sorted(sums, key=_order)]


def _learn_at_each_cut(cells: list[Cell], through: date) -> dict[date, Pattern]:
    """Learn the alliance's pattern as it was at the end of every month that could say one."""
    first = min((cell.cohort for cell in cells), default=through)
    patterns = {}
    for back in range(1, months.between(first, through) + 1):
        cut = months.add(through, -back)
        pattern = learn(triangle.build(cells, cut))
        if pattern is not None:
            patterns[cut] = pattern
    return patterns


def _score(
    sums: dict[tuple[Way, int], _Sum],
    cut: date,
    then: Triangle,
    final: dict[date, Row],
    pattern: Pattern | None,
    most: int,
) -> None:
    assert pattern is not None, "the alliance's was learnt at this cut"
    expected = [(row, expect(row, pattern)) for row in then]
    pace = sum(row.paid[-1] - (row.paid[-2] if row.age else 0) for row in then)
    for ahead in range(1, most + 1):
        happened = sum(_came(row, final, ahead) for row in then)
        said: dict[Way, float] = {
            "estimate": sum(forecast(row, pattern, e.ultimate, ahead) for row, e in expected),
            "ladder": sum(forecast(row, pattern, e.ladder, ahead) for row, e in expected),
            "pace": float(min(pace * ahead, sum(row.outstanding for row in then))),
        }
        for way, predicted in said.items():
            _add(sums.setdefault((way, ahead), _Sum(cuts=set())), cut, predicted, happened)


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
