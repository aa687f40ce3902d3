"""What operations were answered, counted."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

from tongbao.points.outcome import Outcome


class Tally(Struct, kw_only=True):
    """Counts: posted operations by kind, refusals and withheld rewards by code.

    ``exceptions`` of those posted became exception items.
    """

    posted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    exceptions: int = 0


def count(tally: Tally, outcomes: Iterable[Outcome]) -> None:
    """Add outcomes to the counts."""
    for outcome in outcomes:
        if outcome.refusal is not None:
            tally.refused[outcome.refusal.code] += 1
            continue
        tally.posted[outcome.kind] += 1
        tally.exceptions += outcome.status == "exception"
        if outcome.withheld is not None:
            tally.withheld[outcome.withheld] += 1
