"""An earlier operation, as those that follow it see it: what it did, and what is left of it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from tongbao.ledger.movements import M
from tongbao.ledger.types import Transfer
from tongbao.points.detail import Detail

SALES = frozenset({"award", "purchase", "capture", "advice"})
"""Kinds that can be refunded."""

_SPENDING = (M.REDEEM, M.CAPTURE)
_RESERVE_USED = (M.CLAIM_RESERVE, M.UNFUND, M.UNFUND_PREPAID)


class Original(Struct, kw_only=True):
    """A sale, award, hold or gift with the sums of what has already been undone of it.

    ``slices``: points spent by lot in the order they were consumed, with their issuer.
    ``released``: reserve (CNY) that spending freed, by lot. ``unclaimed``: what of that went
    into a block, by lot. ``claims``: by issuer.
    The ``*_back`` fields and ``restored`` are what refunds have undone so far.
    """

    id: int
    kind: str
    owner: int
    holder: int
    organisation: int | None
    outlet: int | None
    points: int
    cash: int
    effective_at: datetime
    detail: Detail
    transfers: list[Transfer] = field(default_factory=list)
    slices: list[tuple[int, int, int]] = field(default_factory=list)
    released: dict[int, int] = field(default_factory=dict)
    unclaimed: dict[int, int] = field(default_factory=dict)
    claims: dict[int, int] = field(default_factory=dict)
    fee: int = 0
    issue_fee: int = 0
    lines_back: dict[str, tuple[int, int]] = field(default_factory=dict)
    restored: dict[int, int] = field(default_factory=dict)
    reserve_back: dict[int, int] = field(default_factory=dict)
    unclaimed_back: dict[int, int] = field(default_factory=dict)
    claims_back: dict[int, int] = field(default_factory=dict)
    fee_back: int = 0
    issue_fee_back: int = 0
    base_back: int = 0
    clawed: int = 0
    undone: bool = False

    @property
    def unposted(self) -> bool:
        """Whether it is an advice that moved nothing and became an exception item."""
        return self.kind == "advice" and self.detail.reason is not None

    def take_up(self, transfers: Iterable[Transfer]) -> None:
        """Read what the operation did from its transfers, in their order."""
        self.transfers = list(transfers)
        for t in self.transfers:
            if t.movement in _SPENDING and t.from_lot is not None and t.from_owner == self.owner:
                self.slices.append((t.from_lot, t.to_owner, t.amount))
            elif t.movement in (M.CLAIM, M.CLAIM_RESERVE) and t.to_owner == self.organisation:
                self.claims[t.from_owner] = self.claims.get(t.from_owner, 0) + t.amount
            elif t.movement is M.ACCEPTANCE_FEE:
                self.fee += t.amount
            elif t.movement is M.ISSUE_FEE:
                self.issue_fee += t.amount
            if t.movement in _RESERVE_USED and t.from_lot is not None:
                self.released[t.from_lot] = self.released.get(t.from_lot, 0) + t.amount
                if t.movement is M.UNFUND_PREPAID:
                    self.unclaimed[t.from_lot] = self.unclaimed.get(t.from_lot, 0) + t.amount

    def take_off(self, kind: str, detail: Detail, transfers: Iterable[Transfer]) -> None:
        """Count what a later operation (refund, reversal, cancellation) has undone of it."""
        for line, amount, points in detail.lines:
            before = self.lines_back.get(line, (0, 0))
            self.lines_back[line] = (before[0] + amount, before[1] + points)
        consumed = {to_lot: lot for lot, _, to_lot, _ in detail.slices}
        for lot, points, _, reserve in detail.slices:
            self.restored[lot] = self.restored.get(lot, 0) + points
            self.reserve_back[lot] = self.reserve_back.get(lot, 0) + reserve
        for t in transfers:
            if t.movement is M.COUNTERCLAIM:
                self.claims_back[t.to_owner] = self.claims_back.get(t.to_owner, 0) + t.amount
            elif t.movement is M.ACCEPTANCE_FEE_BACK:
                self.fee_back += t.amount
            elif t.movement is M.ISSUE_FEE_BACK:
                self.issue_fee_back += t.amount
            elif t.movement is M.FUND_PREPAID and t.to_lot in consumed:
                lot = consumed[t.to_lot]
                self.unclaimed_back[lot] = self.unclaimed_back.get(lot, 0) + t.amount
        self.base_back += detail.base
        self.clawed += detail.clawed
        self.undone = self.undone or kind in ("reversal", "cancel_pending")
