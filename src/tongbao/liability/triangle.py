"""The redemption triangle: what became of each month's points, month after month."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.liability import months
from tongbao.liability.cohorts import bounds, stream
from tongbao.liability.types import AsOf

Q = sql.load(__package__)

NEVER: Final = date(9999, 12, 1)
"""The month in which points end that never do."""


class Cell(Struct, frozen=True, kw_only=True, gc=False):
    """What happened in one month (``happened``) to the points of one cohort, in fen.

    ``ends`` is the last month in which points that were given then can still be spent.
    """

    issuer_id: int | None
    cohort: date
    happened: date
    given: int
    redeemed: int
    lost: int
    redemptions: int
    ends: date | None


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """One cohort as it was when month ``through`` ended.

    ``paid`` is what was redeemed up to the end of each month of its life, the first one being the
    month in which the points were given; ``left`` what could still be redeemed then; ``age`` is
    the place of the last one.
    """

    cohort: date
    given: int
    lost: int
    paid: tuple[int, ...]
    left: tuple[int, ...]
    redemptions: int
    ends: date

    @property
    def age(self) -> int:
        """Months that have passed since the one in which the points were given."""
        return len(self.paid) - 1

    @property
    def redeemed(self) -> int:
        """What has been redeemed by now."""
        return self.paid[-1]

    @property
    def outstanding(self) -> int:
        """What can still be redeemed."""
        return self.left[-1]

    @property
    def last_age(self) -> int:
        """The age in which its last points end."""
        return max(self.age, months.between(self.cohort, self.ends))


Triangle = list[Row]


def read(
    conn: Connection, zone: str, through: date, position: int | None = None
) -> Iterator[tuple[int | None, list[Cell]]]:
    """Give the cells of the whole alliance (under None) first, then those of each issuer.

    Sees what happened up to the end of month ``through``, in the journal up to ``position``. One
    issuer's cells are in memory at a time. Needs a transaction.
    """
    as_of = AsOf(before=months.end(through, zone), position=position)
    rows = stream(conn, Q.triangle, {"zone": zone, **bounds(as_of)})
    cells = (_cell(row) for row in rows)
    for issuer, group in groupby(cells, key=attrgetter("issuer_id")):
        yield issuer, list(group)


def build(cells: Iterable[Cell], through: date) -> Triangle:
    """Build the triangle as it was when month ``through`` ended; what came later is left out."""
    known = [cell for cell in cells if cell.happened <= through and cell.cohort <= through]
    known.sort(key=attrgetter("cohort", "happened"))
    return [
        _row(cohort, list(group), through)
        for cohort, group in groupby(known, key=attrgetter("cohort"))
    ]


def _row(cohort: date, cells: Sequence[Cell], through: date) -> Row:
    ages = months.between(cohort, through) + 1
    paid, left = [0] * ages, [0] * ages
    for cell in cells:  # what is dated before its own points counts in their first month
        age = max(0, months.between(cohort, cell.happened))
        paid[age] += cell.redeemed
        left[age] += cell.given - cell.redeemed - cell.lost
    return Row(
        cohort=cohort,
        given=sum(cell.given for cell in cells),
        lost=sum(cell.lost for cell in cells),
        paid=tuple(accumulate(paid)),
        left=tuple(accumulate(left)),
        redemptions=sum(cell.redemptions for cell in cells),
        ends=max((cell.ends for cell in cells if cell.ends is not None), default=NEVER),
    )


def _cell(row: tuple[Any, ...]) -> Cell:
    return Cell(**dict(zip(Cell.__struct_fields__, row, strict=True)))
