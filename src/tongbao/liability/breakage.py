"""Breakage: how many of the points that were given will never be asked for."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from tongbao.kernel.amounts import WHOLE
from tongbao.kernel.db import Connection
from tongbao.liability import triangle
from tongbao.liability.ladder import Expected, Pattern, expect, learn
from tongbao.liability.triangle import Row


class Forecast(Struct, frozen=True, kw_only=True, gc=False):
    """What one cohort of one issuer (none: the alliance's whole month) will come to.

    As it looked when a month ended: points given, redeemed and lost by then (fen), its age in
    months, and what is expected of it.
    """

    issuer_id: int | None
    cohort: date
    given: int
    redeemed: int
    lost: int
    age: int
    expected: Expected

    @property
    def breakage(self) -> int:
        """Points given that are expected never to be redeemed; those lost already among them."""
        return self.given - self.expected.ultimate


def estimate(
    conn: Connection, zone: str, through: date, position: int | None = None
) -> Iterator[Forecast]:
    """Estimate every cohort as at the end of month ``through``: the alliance's, then each issuer's.

    Call it in a transaction. One issuer's triangle is in memory at a time.
    """
    alliance: Pattern | None = None
    for issuer, cells in triangle.read(conn, zone, through, position):
        rows = triangle.build(cells, through)
        if issuer is None:
            pattern = alliance = learn(rows)
        else:
            pattern = learn(rows, alliance)
        for row in rows:
            yield _forecast(issuer, row, expect(row, pattern))


def by_month(
    conn: Connection, zone: str, through: date, issuer: int | None = None
) -> list[Forecast]:
    """Estimate every month of one issuer, or of all together: then as the sum of the issuers'.

    Call it in a transaction.
    """
    found = estimate(conn, zone, through)
    if issuer is not None:
        return [one for one in found if one.issuer_id == issuer]
    whole: dict[date, Forecast] = {}
    sums: dict[date, int] = {}
    for one in found:
        if one.issuer_id is None:
            whole[one.cohort] = one
        else:
            sums[one.cohort] = sums.get(one.cohort, 0) + one.expected.ultimate
    return [_summed(one, sums.get(cohort, 0)) for cohort, one in whole.items()]


def _summed(one: Forecast, ultimate: int) -> Forecast:
    rate = (2 * ultimate * WHOLE + one.given) // (2 * one.given) if one.given > 0 else WHOLE
    return replace(one, expected=replace(one.expected, ultimate=ultimate, rate=rate))


def _forecast(issuer: int | None, row: Row, expected: Expected) -> Forecast:
    return Forecast(
        issuer_id=issuer,
        cohort=row.cohort,
        given=row.given,
        redeemed=row.redeemed,
        lost=row.lost,
        age=row.age,
        expected=expected,
    )
