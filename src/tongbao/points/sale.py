"""What award, purchase, capture and advice share: lines, and the detail that a sale keeps."""

from collections.abc import Sequence

from tongbao.kernel.amounts import split
from tongbao.points.detail import WHOLE_SALE, Detail, SaleLine
from tongbao.points.operations import Line, Operation, Purchase


def lines_of(lines: Sequence[Line], amount: int, points: int) -> tuple[SaleLine, ...]:
    """Spread ``points`` over the lines in proportion to their amounts, exactly.

    A sale without lines is one line, ``*``, and so is an award whose lines cost nothing.
    """
    if not any(line.amount for line in lines):
        return ((WHOLE_SALE, amount, points),)
    parts = split(points, [line.amount for line in lines])
    return tuple((line.id, line.amount, part) for line, part in zip(lines, parts, strict=True))


def sale_detail(
    op: Operation,
    lines: tuple[SaleLine, ...],
    *,
    base: int,
    earned: int,
    lot: int | None,
    withheld: str | None,
) -> Detail:
    """Give the detail of a sale."""
    return Detail(
        lines=lines,
        base=base,
        earned=earned,
        earned_lot=lot,
        withheld=withheld,
        reference=op.reference,
        channel=op.channel,
        campaign=op.campaign,
        terminal=op.terminal,
        staff=op.staff,
        quote=op.quote if isinstance(op, Purchase) else None,
    )
