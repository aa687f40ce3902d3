"""Sleeping wallets: locked when nobody has been there for long, unlocked by the member's proof."""

from datetime import datetime, timedelta
from typing import Final

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.members import members
from tongbao.members.types import Member
from tongbao.points import dormant

Q = sql.load(__package__)

PAGE: Final = 1_000


def lock_page(
    conn: Connection, at: datetime, after: timedelta, *, above: int = 0
) -> tuple[int, int | None]:
    """Lock the wallets of the next page of members that sleep; in the caller's transaction.

    Looks at ``PAGE`` members with points and with ids above ``above``. Gives how many were locked
    and the last id that was looked at; none when there are no more.
    """
    rows = conn.execute(
        Q.lock_sleepers, {"above": above, "limit": PAGE, "horizon": at - after}
    ).fetchall()
    locked = sum(slept for _, slept in rows)
    return locked, max(member for member, _ in rows) if rows else None


def unlock(conn: Connection, member_id: int, at: datetime) -> Member:
    """Take the spend lock off and let the wallet be awake; whoever calls has seen a proof.

    Refuses what ``lock.living`` refuses.
    """
    member = members.set_spend_lock(conn, member_id, locked=False)
    dormant.wake(conn, member.id, at)
    return member
