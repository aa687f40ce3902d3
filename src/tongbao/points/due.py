"""What is due: holds past their time, awards to be released, lots past their date.

Gives operations; posting them is the caller's. Their keys follow from what is due, so that two
who post the same do it once. A key names the member that has it now: a refusal is remembered for
ever, and one that was only due to a merge at the same moment must not keep the survivor's points.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection

from tongbao.kernel import limits, sql
from tongbao.kernel.clock import micros
from tongbao.points.operations import ExpireHold, ExpireLots, Operation, ReleasePending

Q = sql.load(__package__, "due_queries.sql")

_START: Final = datetime.min.replace(tzinfo=UTC)


def pages(
    conn: Connection[Any], at: datetime, size: int = limits.PAGE
) -> Iterator[list[Operation]]:
    """Give all that is due at ``at``, at most ``size`` operations at a time, for post at ``at``.

    Post each page before the next is asked for: points that come free by the end of a hold, or
    by a release, may be past their date themselves. In time order; holds, releases, expiries.
    Nothing is asked for twice, so this ends, whatever is refused.
    """
    assert 0 < size <= limits.PAGE
    operator = conn.execute(Q.operator).fetchone()
    if operator is not None:  # without one there is nobody who could have points
        yield from _holds(conn, at, size, operator[0])
        yield from _releases(conn, at, size, operator[0])
        yield from _lots(conn, at, size, operator[0])


def _holds(conn: Connection[Any], at: datetime, size: int, scope: int) -> Iterator[list[Operation]]:
    after: dict[str, Any] = {"after_time": _START, "after_id": 0}
    while rows := conn.execute(Q.due_holds, {"at": at, "limit": size, **after}).fetchall():
        yield [
            ExpireHold(key=f"expire-hold:{owner}:{hold}", scope=scope, hold=hold)
            for owner, hold, _ in rows
        ]
        _, after["after_id"], after["after_time"] = rows[-1]


def _releases(
    conn: Connection[Any], at: datetime, size: int, scope: int
) -> Iterator[list[Operation]]:
    after: dict[str, Any] = {"after_time": _START, "after_id": 0}
    while rows := conn.execute(Q.due_releases, {"at": at, "limit": size, **after}).fetchall():
        yield [
            ReleasePending(key=f"release:{owner}:{award}", scope=scope, award=award)
            for owner, _, _, award in rows
        ]
        _, after["after_id"], after["after_time"], _ = rows[-1]


def _lots(conn: Connection[Any], at: datetime, size: int, scope: int) -> Iterator[list[Operation]]:
    """Give the members with lots past their date, once in each page.

    The same lot may come to its end twice: points of it that were held come free. So the time is
    part of the key, where a day would let the second wait until tomorrow.
    """
    after: dict[str, Any] = {"after_time": _START, "after_earned": _START, "after_id": 0}
    while rows := conn.execute(Q.due_lots, {"at": at, "limit": size, **after}).fetchall():
        first = {owner: lot for owner, lot, *_ in reversed(rows)}
        yield [
            ExpireLots(key=f"expire-lots:{owner}:{lot}:{micros(at)}", scope=scope, member=owner)
            for owner, lot in sorted(first.items())
        ]
        _, after["after_id"], after["after_time"], after["after_earned"] = rows[-1]
