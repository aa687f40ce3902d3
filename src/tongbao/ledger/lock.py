"""The one place where posting takes locks, in one order.

First the fence (shared: a window cannot close under a posting), then wallets by member, then
the organisations whose issuing is bounded, by organisation. Every statement stands alone: the
next one reads what the locks protect. Rows of organisations without a bound are only written,
at the end of the batch, in key order.
"""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import Connection, Cursor

from tongbao.kernel import arrays, sql

Q = sql.load(__package__)

FENCE: Final = 7_407_001
"""Key of the advisory lock that keeps the open window open while anybody posts."""


def fence(conn: Connection[Any]) -> None:
    """Hold the open window open until the end of this transaction."""
    conn.execute(Q.fence_shared, {"fence": FENCE})


def fence_closing(conn: Connection[Any]) -> None:
    """Wait until nobody posts, and keep everybody from posting until this transaction ends."""
    conn.execute(Q.fence_exclusive, {"fence": FENCE})


def members(conn: Connection[Any], ids: Iterable[int]) -> None:
    """Lock the wallets of these members, and with them all their accounts, lots and holds."""
    conn.execute(Q.lock_wallets, {"owners": arrays.ints(sorted(ids))})


def organisations(
    conn: Connection[Any], ids: Iterable[int], spenders: Iterable[int], debtors: Iterable[int]
) -> Cursor[Any]:
    """Lock the bounded ones of these organisations, issuers of lots, and creditors of members.

    Gives the ids of those that are locked now.
    """
    return conn.execute(
        Q.lock_bounded,
        {
            "organisations": arrays.ints(ids),
            "spenders": arrays.ints(spenders),
            "debtors": arrays.ints(debtors),
        },
    )
