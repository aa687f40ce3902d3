"""Sleeping wallets: locked when nobody has been there for long, unlocked by the member's proof."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.members import members
from tongbao.members.types import Member
from tongbao.points import dormant

Q = sql.load(__package__)

PAGE: Final = 1_000


class Locked(Struct, frozen=True, kw_only=True):
    """How many wallets were locked; ``through``: the last member looked at, none: all were."""

    locked: int
    through: int | None = None


def lock_all(
    conn: Connection,
    now: Callable[[], datetime],
    days: int,
    *,
    above: int = 0,
    until: datetime | None = None,
) -> Locked:
    """Lock the wallets of members who were not here for ``days``, page by page; 0: of nobody.

    Looks at members with ids above ``above``, each page in a transaction of its own. No page is
    begun after ``until``.
    """
    locked, place = 0, above
    while days and (until is None or now() < until):
        with conn.transaction():
            more, last = lock_page(conn, now(), timedelta(days=days), above=place)
        if last is None:
            return Locked(locked=locked)
        locked, place = locked + more, last
    return Locked(locked=locked, through=place if days else None)


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
