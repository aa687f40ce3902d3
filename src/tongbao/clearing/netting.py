"""A window netted by region: within each first, then between them."""

from msgspec import Struct

from tongbao.clearing import homes, net, positions
from tongbao.clearing.homes import Level
from tongbao.clearing.types import Regional
from tongbao.kernel.db import Connection


class Netting(Struct, frozen=True, kw_only=True):
    """A window netted by region; ``homes`` says in which each organisation is at home."""

    window: int
    homes: dict[int, str]
    netted: Regional

    @property
    def nets(self) -> dict[int, int]:
        """What each organisation receives (negative: pays) in both stages together."""
        return self.netted.total


def by_region(conn: Connection, window: int, level: Level = "province") -> Netting:
    """Net what is owed in a window by region first, then between regions.

    Call it in a transaction that sees one snapshot if the window is open. Refuses
    ``choice-malformed``, ``window-not-found`` and ``operator-missing``.
    """
    where = homes.of_window(conn, window, level)
    netted = net.regional(positions.owed(conn, window), where)
    return Netting(window=window, homes=where, netted=netted)
