"""What became of an operation that a page handed to the teller."""

from tongbao.kernel.errors import REFUSALS, Refusal, Refused
from tongbao.points.outcome import Outcome


def check(outcome: Outcome) -> None:
    """Raise the refusal of an operation that was refused, now or when its key was first used."""
    no = outcome.refusal
    if no is not None:
        raise _again(no.code, no.facts)


def _again(code: str, facts: dict[str, object]) -> Refusal:
    kind = REFUSALS.get(code, Refused)
    made = kind.__new__(kind)
    Refusal.__init__(made, **facts)
    return made
