"""The nouns of losses. Amounts are fen of CNY; organisations are ids."""

from datetime import datetime
from typing import Final, Literal, get_args

from msgspec import Struct

Step = Literal[
    "own_credits",
    "own_block",
    "collateral",
    "first_loss",
    "own_guarantee",
    "guarantee",
    "mutual",
    "creditors",
    "operator",
]
"""Who bears a defaulter's debt. ``own_*`` and ``collateral`` are the defaulter's own money."""

STEPS: Final[tuple[Step, ...]] = get_args(Step)
"""The steps in their order: each begins where those before it have nothing left."""

SHARED: Final[frozenset[Step]] = frozenset({"guarantee", "mutual"})
"""Steps in which an organisation bears no more than its cap, both together."""


class Source(Struct, frozen=True, kw_only=True, gc=False):
    """What one organisation can bear in one step.

    ``limit`` (fen) none: whatever is left. Within a step they bear in proportion to ``weight``.
    """

    step: Step
    organisation_id: int
    limit: int | None = None
    weight: int = 1


class Share(Struct, frozen=True, kw_only=True, gc=False):
    """What one organisation bears in one step; the amount is above zero."""

    step: Step
    organisation_id: int
    amount: int


class Plan(Struct, frozen=True, kw_only=True):
    """Who would bear what an organisation owes, as things stand.

    ``owed``: what it owes before its own credits are set off. ``loss``: what it owes after them,
    the debt of its clearing account. The shares sum to ``owed``.
    """

    organisation_id: int
    owed: int
    loss: int
    shares: list[Share]


class Default(Struct, frozen=True, kw_only=True):
    """A declared default; it is over when it is lifted."""

    id: int
    organisation_id: int
    reason: str
    declared_by: str
    approved_by: str
    declared_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None


class Run(Struct, frozen=True, kw_only=True):
    """One run of the waterfall of a default: the ``run``-th, with who bore what."""

    default_id: int
    run: int
    operation_id: int
    window_id: int
    owed: int
    loss: int
    by: str
    at: datetime
    shares: list[Share] = []


class Recovery(Struct, frozen=True, kw_only=True):
    """Money of a defaulter that came in later, and to whom it was repaid.

    ``paid_in``: what it paid now. ``shares``: who got what back, last bearer first.
    """

    default_id: int
    recovery: int
    operation_id: int
    reference: str
    paid_in: int
    by: str
    at: datetime
    shares: list[Share] = []
    replayed: bool = False


class Cap(Struct, frozen=True, kw_only=True):
    """What a member of the guarantee fund has to contribute, and the most it bears of one default.

    ``contributed`` is what is there. Without a decision ``cap`` is what is there, too.
    """

    organisation_id: int
    required: int
    cap: int
    contributed: int

    @property
    def missing(self) -> int:
        """What it still has to contribute."""
        return max(0, self.required - self.contributed)


class Fund(Struct, frozen=True, kw_only=True):
    """What stands behind defaults: the operator's first loss, and the sums of all caps."""

    first_loss: int
    contributed: int
    required: int
    missing: int
    caps: int
    members: int
