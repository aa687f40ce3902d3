"""Summing: each closed window is read once, after its close, and never again.

Closing costs the same after one sale or a million because it reads none. What statements need
beyond the sums that posting keeps is gathered here, by two scans of the window's part of the
journal, whenever there is time for it. The sums are kept, so that a statement of a year reads as
much as one of a day for each of its windows, and opening balances are not added up from the
beginning of time.
"""

from typing import Any, Final

import psycopg

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.ledger.movements import MOVEMENTS, SETTLEMENT, M
from tongbao.statements.items import CLAIMED, ITEMS, KINDS, ONE_BY_ONE, REDEEMED

Q = sql.load(__package__, "summing_queries.sql")

LOCK: Final = 7_407_019
"""Key of the advisory lock that whoever sums takes."""

PASS: Final = 100
"""Windows that are gathered together; what is gathered waits on the disk, not in memory."""

_LAST: Final = 2**31 - 1
_NOT_IN_WINDOWS: Final = ("circulation", "owed_points", "collateral", "guarantee", "first_loss")


def sum_windows(conn: Connection, fee_vat: int, through: int = _LAST) -> list[int]:
    """Sum the closed windows up to ``through`` that are not summed yet, in order; give their ids.

    ``fee_vat`` is the rate of VAT (ppm) that their fees contain. Costs two scans of what was posted
    in these windows. Posting goes on meanwhile; others who sum wait.
    """
    conn.execute(Q.one_at_a_time, {"lock": LOCK})
    done, after = conn.execute(Q.summed_so_far).fetchone() or (0, 0)
    values = {"after": done, "through": through}
    waiting: list[int] = [row[0] for row in conn.execute(Q.closed_after, values)]
    if waiting:
        conn.execute(Q.bound_memory)
    for start in range(0, len(waiting), PASS):
        part = waiting[start : start + PASS]
        after = _sum(conn, part[0], part[-1], after, fee_vat)
    return waiting


def _sum(conn: Connection, first: int, last: int, after: int, fee_vat: int) -> int:
    """Sum the windows from ``first`` to ``last``; give the last operation seen."""
    bounds = {"first": first, "last": last, "after": after}
    with psycopg.ClientCursor(conn) as cursor:  # CREATE TABLE AS takes no parameters
        cursor.execute(Q.gather_flows, {**bounds, **_flows()})
        redeemed = {"redeemed": arrays.ints(REDEEMED), "restore": int(M.RESTORE)}
        cursor.execute(Q.gather_redemptions, {**bounds, **redeemed})
        kinds = {"restore": int(M.RESTORE), "redeem": int(M.REDEEM)}
        cursor.execute(Q.gather_lines, {**kinds, **_items()})
    conn.execute(Q.write_lines)
    conn.execute(Q.write_accepted)
    conn.execute(
        Q.write_closings,
        {
            "first": first,
            "last": last,
            "real": arrays.ints(sorted(SETTLEMENT)),
            "not_in_windows": arrays.words(_NOT_IN_WINDOWS),
        },
    )
    conn.execute(Q.write_summed, {**bounds, "fee_vat": fee_vat})
    conn.execute(Q.drop_gathered)
    row = conn.execute(Q.summed_so_far).fetchone()
    assert row is not None, "it has just been written"
    return int(row[1])


def _flows() -> dict[str, str]:
    """Say which movements are summed, and by whom: members are left out, and so are many pairs."""
    summed = [m for m in ITEMS if m not in (*REDEEMED, *CLAIMED)]
    return {
        "movements": arrays.ints(summed),
        "givers": arrays.ints(m for m in summed if MOVEMENTS[m].from_kind in KINDS),
        "takers": arrays.ints(m for m in summed if _has_taker(m) and MOVEMENTS[m].to_kind in KINDS),
        "one_by_one": arrays.ints(m for m in summed if m in ONE_BY_ONE),
    }


def _has_taker(movement: M) -> bool:
    """Say whether lines of this movement tell who takes; a claim's pair is in ledger.claim."""
    return movement is not M.CLAIM_RESERVE


def _items() -> dict[str, Any]:
    rows = [(movement, item) for movement, items in ITEMS.items() for item in items]
    return {
        "movement": arrays.ints(movement for movement, _ in rows),
        "gives": arrays.ints(item.gives for _, item in rows),
        "account": arrays.words(item.account for _, item in rows),
        "item": arrays.words(item.name for _, item in rows),
        "sign": arrays.ints(item.sign for _, item in rows),
    }
