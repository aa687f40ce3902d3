"""What the small model of points knows: lots, holds, debts and positions as plain objects."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)
GRACE = timedelta(days=30)


class No(Exception):
    """A refusal, by its code."""


@dataclass
class Terms:
    """What the model knows of a contract: earning in per cent, a limit, money in a block."""

    per_cent: int
    limit: int | None = None
    earns_on_points: bool = False
    block: int | None = None


@dataclass(eq=False)
class Lot:
    """Points of one issuer; ``became`` is the lot it was copied into by a merge."""

    number: int
    owner: int
    issuer: int
    earned: datetime
    expires: datetime
    release: datetime | None
    only: int | None
    available: int = 0
    held: int = 0
    pending: int = 0
    became: "Lot | None" = None


@dataclass(eq=False)
class Done:
    """An operation that was posted, with what has been undone of it."""

    kind: str
    member: int
    organisation: int
    amount: int = 0
    points: int = 0
    base: int = 0
    earned: int = 0
    lot: Lot | None = None
    slices: list[tuple[Lot, int]] = field(default_factory=list)
    copies: list[tuple[Lot, Lot, int]] = field(default_factory=list)
    back: int = 0
    points_back: int = 0
    base_back: int = 0
    clawed: int = 0
    restored: dict[int, int] = field(default_factory=dict)
    drawn: dict[int, int] = field(default_factory=dict)
    undone: bool = False


@dataclass(eq=False)
class Held:
    """A hold: what is left of it, lot by lot."""

    member: int
    organisation: int
    expires: datetime
    slices: list[tuple[Lot, int]]
    captures: list[int] = field(default_factory=list)


@dataclass
class Proposal:
    member: int
    organisation: int
    points: int
    by: str
    state: str = "proposed"


@dataclass
class State:
    """All that an operation may change."""

    lots: list[Lot] = field(default_factory=list)
    done: dict[int, Done] = field(default_factory=dict)
    holds: dict[int, Held] = field(default_factory=dict)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    owing: dict[tuple[int, int], int] = field(default_factory=dict)
    position: dict[int, int] = field(default_factory=dict)
    block: dict[int, int] = field(default_factory=dict)
    ended: dict[int, int | None] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)
    numbers: int = 0


@dataclass
class Expected:
    """What the answer must say."""

    code: str | None = None
    status: str = "posted"
    spent: int = 0
    earned: int = 0
    withheld: str | None = None
