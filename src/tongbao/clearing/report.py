"""What there is to say about a window: how much is owed, and what netting makes of it."""

from collections.abc import Iterable

from msgspec import Struct

from tongbao.clearing import settlements, windows
from tongbao.clearing.positions import claims_by_pair, nets
from tongbao.clearing.types import Net, Pair, Settlement, Window
from tongbao.kernel import limits
from tongbao.kernel.db import Connection


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
    breakage, reserves and what moved between these and blocks. Call it in a transaction that
    sees one snapshot if the window is open.
    """
    window = windows.get(conn, window_id)
    moved, both = nets(conn, window_id), claims_by_pair(conn, window_id)
    largest = sorted(moved, key=lambda one: (-abs(one.clearing), one.organisation_id))
    limit = min(limit, limits.PAGE)
    return Report(
        window=window,
        gross=_payments(way for pair in both for way in (pair.owed, pair.owed_back)),
        bilateral=_payments(pair.net for pair in both),
        collections=_payments(-one.clearing for one in moved),
        payouts=_payments(one.clearing for one in moved),
        kept=sum(one.kept for one in moved),
        organisations=len(moved),
        nets=largest[:limit],
        pairs_in_all=len(both),
        pairs=both[:limit],
        settlements=settlements.of_window(conn, window_id),
    )


def _payments(amounts: Iterable[int]) -> Payments:
    """Count and sum those that are above zero."""
    paid = [amount for amount in amounts if amount > 0]
    return Payments(len(paid), sum(paid))
