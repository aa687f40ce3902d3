"""Dormant wallets: whoever has not been here for long must prove to be there before spending.

A stolen identity is worth most where nobody looks. Nearly always the lots tell at once that a
wallet is awake; only where all of them are old is the journal asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from tongbao.kernel import arrays, sql
from tongbao.points import operations as ops
from tongbao.points.books import Books

Q = sql.load(__package__, "guard_queries.sql")


def read(
    conn: Connection[Any], books: Books, batch: Sequence[ops.Operation], after: timedelta
) -> None:
    """Note in the books who of the spenders of a batch has not been here for ``after``."""
    horizon = books.at - after
    doubtful = {
        op.member
        for op in batch
        if isinstance(op, ops.Purchase | ops.Hold | ops.Gift)
        and op.points
        and _all_old(books, op.member, horizon)
    }
    if doubtful:
        for member, at in conn.execute(Q.last_active, {"members": arrays.ints(doubtful)}):
            if at <= horizon:
                books.dormant[member] = at


def wake(conn: Connection[Any], member_id: int, at: datetime) -> None:
    """Note that a member has proved to be there."""
    conn.execute(Q.wake, {"member": member_id, "at": at})


def _all_old(books: Books, member: int, horizon: datetime) -> bool:
    """Say whether a member has lots and all of them are older; without any, nothing is spent."""
    lots = books.lots.get(member, {})
    return len(lots) > 0 and all(lot.earned_at <= horizon for lot in lots.values())
