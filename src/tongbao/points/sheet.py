"""The sheet a plan writes on: transfers and lots of one operation, not yet in the books.

It answers what a lot would hold if the sheet were entered, so that one plan can restore, take
and give in turn. A plan that refuses throws its sheet away, and nothing has happened.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.kernel import limits
from tongbao.ledger.books import LOT_BITS, kinds, lot_fields
from tongbao.ledger.movements import M
from tongbao.ledger.types import Hold, Lot, Posting, Stamp, Transfer
from tongbao.points import refusals
from tongbao.points.detail import Detail, encode
from tongbao.points.outcome import Slice, Status

_TOUCHES: Final = 4 * limits.LOTS_PER_OPERATION
"""A lot that is spent has up to three transfers: its points, its reserve, the rest of it."""


class Decision(Struct, kw_only=True, gc=False):
    """What a plan has decided: the posting, and what the answer says beyond it.

    ``proposal``, ``decided`` and ``exception`` are rows of the points' own tables, ``closed``
    the exception item that is closed.
    ``ended`` is a membership that ends: (member, the one it lives on as or none). ``quote`` is
    the quote that is used up.
    """

    posting: Posting
    detail: Detail
    status: Status = "posted"
    spent: int = 0
    cash: int = 0
    earned: int = 0
    slices: tuple[Slice, ...] = ()
    lot: int | None = None
    withheld: str | None = None
    proposal: tuple[int, int, str, str] | None = None
    decided: tuple[int, str, str] | None = None
    exception: tuple[int, int, int | None, int, str] | None = None
    closed: int | None = None
    ended: tuple[int, int | None] | None = None
    quote: int | None = None


class Sheet:
    """Collect what one operation moves."""

    __slots__ = (
        "_lot_changes",
        "holds",
        "lots",
        "owing",
        "slices",
        "stamp",
        "touched",
        "transfers",
    )

    def __init__(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self.transfers: list[Transfer] = []
        self.lots: list[Lot] = []
        self.holds: list[Hold] = []
        self.owing: dict[tuple[int, int], int] = {}
        self.slices: list[Slice] = []
        self._lot_changes: dict[tuple[int, str], int] = {}
        self.touched = 0

    def move(
        self,
        movement: M,
        source: int,
        target: int,
        amount: int,
        from_lot: Lot | None = None,
        to_lot: Lot | None = None,
    ) -> None:
        """Write one transfer of ``amount`` fen; nothing is written for zero."""
        if not amount:
            return
        left = None if from_lot is None else from_lot.id
        right = None if to_lot is None else to_lot.id
        self.transfers.append(Transfer(movement, source, target, amount, left, right))
        from_field, to_field = lot_fields(movement)
        changes = self._lot_changes
        if left is not None and from_field is not None:
            changes[left, from_field] = changes.get((left, from_field), 0) - amount
        if right is not None and to_field is not None:
            changes[right, to_field] = changes.get((right, to_field), 0) + amount
        if left is not None or right is not None:
            self.touched += 1
            if self.touched > _TOUCHES:
                raise refusals.TooManyLots(most=limits.LOTS_PER_OPERATION)

    def new_lot(
        self,
        owner: int,
        issuer: int,
        kind: str,
        earned_at: datetime,
        expires_at: datetime | None = None,
        release_at: datetime | None = None,
        scope: str | None = None,
    ) -> Lot:
        """Make an empty lot; the transfers into it fill it."""
        n = len(self.lots)
        if n >= limits.LOTS_PER_OPERATION:
            raise refusals.TooManyLots(most=limits.LOTS_PER_OPERATION)
        lot = Lot(
            owner=owner,
            id=self.stamp.id << LOT_BITS | n,
            issuer=issuer,
            kind=kind,
            earned_at=earned_at,
            expires_at=expires_at,
            release_at=release_at,
            scope=scope,
        )
        self.lots.append(lot)
        return lot

    def now_in(self, lot: Lot, field: str) -> int:
        """Tell what ``field`` of ``lot`` would be with this sheet entered."""
        value: int = getattr(lot, field)
        return value + self._lot_changes.get((lot.id, field), 0)

    def remaining_in(self, lot: Lot) -> int:
        """Tell what would remain in ``lot``, in whatever state."""
        return sum(self.now_in(lot, field) for field in ("available", "held", "pending"))

    def reserve_of(self, lot: Lot, points: int) -> int:
        """Tell how much of the lot's reserve belongs to ``points`` of what remains in it."""
        reserve = self.now_in(lot, "reserve")
        return reserve * points // self.remaining_in(lot) if reserve else 0

    def net(self, owner: int, kind: str) -> int:
        """Tell by how much this sheet changes an account."""
        total = 0
        for t in self.transfers:
            if t.from_owner == owner and kinds(t.movement)[0] == kind:
                total -= t.amount
            if t.to_owner == owner and kinds(t.movement)[1] == kind:
                total += t.amount
        return total

    def note(self, lot: Lot, points: int) -> None:
        """Say in the answer that ``points`` of ``lot`` were moved."""
        if points:
            self.slices.append(Slice(lot.id, lot.issuer, points))

    def decide(
        self,
        kind: str,
        owner: int,
        detail: Detail,
        *,
        organisation: int | None = None,
        outlet: int | None = None,
        original: int | None = None,
        points: int = 0,
        spent: int = 0,
        cash: int = 0,
        earned: int = 0,
        lot: Lot | None = None,
        status: Status = "posted",
    ) -> Decision:
        """Make the sheet final; ``points`` is what the journal says it is about."""
        posting = Posting(
            kind=kind,
            owner=owner,
            organisation=organisation,
            outlet=outlet,
            original=original,
            points=points,
            cash=cash,
            data=encode(detail),
            transfers=self.transfers,
            lots=self.lots,
            holds=self.holds,
            owing=self.owing,
        )
        return Decision(
            posting=posting,
            detail=detail,
            status=status,
            spent=spent,
            cash=cash,
            earned=earned,
            slices=tuple(self.slices),
            lot=None if lot is None else lot.id,
            withheld=detail.withheld,
        )
