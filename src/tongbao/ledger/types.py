"""The nouns of the ledger: transfers, lots, holds and what one operation posts."""

from datetime import datetime

from msgspec import Struct, field

from tongbao.ledger.movements import M


class Transfer(Struct, frozen=True, gc=False):
    """An amount (fen) that moves from one account to another, in the way ``movement`` names."""

    movement: M
    from_owner: int
    to_owner: int
    amount: int
    from_lot: int | None = None
    to_lot: int | None = None


class Lot(Struct, kw_only=True, gc=False):
    """Points of one issuer earned at one time; the amounts are what remains, state by state.

    ``reserve`` is the money (CNY) a prepaid issuer has set aside for what remains.
    ``scope`` limits where the points may be spent, as JSON text; none: anywhere.
    """

    owner: int
    id: int
    issuer: int
    kind: str
    earned_at: datetime
    available: int = 0
    held: int = 0
    pending: int = 0
    reserve: int = 0
    expires_at: datetime | None = None
    release_at: datetime | None = None
    scope: str | None = None

    @property
    def remaining(self) -> int:
        """All that remains of it, in whatever state."""
        return self.available + self.held + self.pending


class Hold(Struct, kw_only=True, gc=False):
    """Points set aside for one purchase; ``slices`` is what remains of it, lot by lot."""

    owner: int
    id: int
    organisation: int
    outlet: int
    amount: int
    expires_at: datetime
    slices: dict[int, int]

    @property
    def remaining(self) -> int:
        """What may still be captured."""
        return sum(self.slices.values())


class Stamp(Struct, frozen=True, gc=False):
    """What is given to an operation from outside: its id, its two times and its window."""

    id: int
    at: datetime
    effective_at: datetime
    window: int


class Posting(Struct, kw_only=True, gc=False):
    """All that one operation writes into the journal; everything else follows from it.

    ``owner`` is the member, or the organisation of an operation without a member. ``data`` is
    JSON text. ``holds`` are holds as they stand after it; ``owing`` what the member then owes
    each organisation it concerns.
    """

    kind: str
    owner: int
    organisation: int | None = None
    outlet: int | None = None
    original: int | None = None
    points: int = 0
    cash: int = 0
    data: str = "{}"
    transfers: list[Transfer] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    owing: dict[tuple[int, int], int] = field(default_factory=dict)
