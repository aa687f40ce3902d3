"""What there is to say about a window: how much is owed, and what netting makes of it."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from tongbao.clearing import positions, settlements, windows
from tongbao.clearing.types import Net, Pair, Settlement, Window
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

_ROOM: Final = 10


class Payments(Struct, frozen=True):
    """So many payments of so much together (fen)."""

    count: int
    amount: int


class Report(Struct, frozen=True, kw_only=True):
    """A window, the payments it takes in three ways, and its largest positions and pairs.

    ``gross``: every claim and counter-claim of a pair paid for itself. ``bilateral``: set off
    pair by pair. ``collections`` and ``payouts``: what settlement moves, fees and reserves
    included. ``nets`` and ``pairs`` are as many as were asked for, of ``organisations`` and
    ``pairs_in_all``.
    """

    window: Window
    gross: Payments
    bilateral: Payments
    collections: Payments
    payouts: Payments
    kept: int
    organisations: int
    nets: list[Net]
    pairs_in_all: int
    pairs: list[Pair]
    settlements: list[Settlement]


def report(conn: Connection, window_id: int, limit: int = limits.PAGE) -> Report:
    """Report on a window, of an open one as it stands now; refuses ``window-not-found``.

    Gives the ``limit`` largest positions and pairs. ``kept`` is what the operator keeps: fees,
    breakage, reserves and what moved between these and blocks. Needs a transaction, one that
    sees one snapshot if the window is open.
    """
    window = windows.get(conn, window_id)
    limit = min(limit, limits.PAGE)
    moved, both = positions.nets(conn, window_id), _Pairs(limit)
    for pair in positions.pairs(conn, window_id):
        both.add(pair)
    largest = sorted(moved, key=lambda one: (-abs(one.clearing), one.organisation_id))
    return Report(
        window=window,
        gross=Payments(both.claims, both.claimed),
        bilateral=Payments(both.payments, both.paid),
        collections=_payments(-one.clearing for one in moved),
        payouts=_payments(one.clearing for one in moved),
        kept=sum(one.kept for one in moved),
        organisations=len(moved),
        nets=largest[:limit],
        pairs_in_all=both.count,
        pairs=both.largest(),
        settlements=settlements.of_window(conn, window_id),
    )


class _Pairs:
    """Pairs summed as they come; only the largest are kept."""

    def __init__(self, limit: int) -> None:
        self.count = self.claims = self.claimed = self.payments = self.paid = 0
        self._limit = limit
        self._kept: list[Pair] = []

    def add(self, pair: Pair) -> None:
        self.count += 1
        self.claims += (pair.owed > 0) + (pair.owed_back > 0)
        self.claimed += pair.owed + pair.owed_back
        self.payments += pair.net > 0
        self.paid += pair.net
        self._kept.append(pair)
        if len(self._kept) > _ROOM * self._limit:
            self._kept = self.largest()

    def largest(self) -> list[Pair]:
        """Give the largest by what is left when both are set off."""
        key = lambda pair: (-pair.net, pair.debtor, pair.creditor)  # noqa: E731
        return sorted(self._kept, key=key)[: self._limit]


def _payments(amounts: Iterable[int]) -> Payments:
    """Count and sum those that are above zero."""
    paid = [amount for amount in amounts if amount > 0]
    return Payments(len(paid), sum(paid))
