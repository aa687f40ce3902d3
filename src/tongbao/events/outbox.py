"""The outbox: announced in the transaction that makes it true, read without skipping any."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from psycopg import Connection

from tongbao.kernel import arrays, sql
from tongbao.kernel.clock import micros

Q = sql.load(__package__)

LAGS: Final = Q.reader_lags
"""Gives each reader and how many seconds it is behind, null: it has read all."""


class Event(Struct, frozen=True, gc=False):
    """An event to announce; ``owner`` is the member or organisation it is about."""

    owner: int
    type: str
    effective_at: datetime
    data: str


class Read(Struct, frozen=True):
    """An event as a reader gets it; (``xid``, ``id``) is its place in the stream."""

    xid: int
    id: int
    owner: int
    type: str
    at: datetime
    effective_at: datetime
    data: str


class Lag(Struct, frozen=True, kw_only=True):
    """How old the oldest event is that a reader has not read and could read; 0: it has read all."""

    reader: str
    seconds: float


def announce(conn: Connection[Any], events: Sequence[Event], at: datetime) -> None:
    """Write ``events``, in order, as part of the caller's transaction."""
    if events:
        conn.execute(
            Q.announce,
            {
                "at": at,
                "owners": arrays.ints([e.owner for e in events]),
                "types": arrays.words([e.type for e in events]),
                "effective": arrays.ints([micros(e.effective_at) for e in events]),
                "data": arrays.joined([e.data for e in events]),
            },
        )


def after(conn: Connection[Any], xid: int, event_id: int, limit: int) -> list[Read]:
    """Read up to ``limit`` events after a place in the stream.

    Only what lies below every transaction still running: nothing can appear before it later.
    """
    rows = conn.execute(Q.after, {"xid": xid, "id": event_id, "limit": limit})
    return [Read(*row) for row in rows]


def place_of(conn: Connection[Any], reader: str) -> tuple[int, int]:
    """Give how far a reader has come: (xid, id), or (0, 0) for a new one."""
    row = conn.execute(Q.place_of, {"reader": reader}).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def lags(conn: Connection[Any]) -> list[Lag]:
    """Give how far each reader is behind, by name."""
    rows = conn.execute(LAGS).fetchall()
    return [Lag(reader=name, seconds=round(seconds or 0.0, 3)) for name, seconds in rows]


def move(conn: Connection[Any], reader: str, xid: int, event_id: int, at: datetime) -> None:
    """Note how far a reader has come, in the transaction that does its work."""
    conn.execute(Q.move, {"reader": reader, "xid": xid, "id": event_id, "at": at})


def tip(conn: Connection[Any]) -> tuple[int, int]:
    """Give the last place in the stream that can be read; (0, 0) while there is none."""
    row = conn.execute(Q.tip).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def place_at(conn: Connection[Any], since: datetime) -> tuple[int, int]:
    """Give the place before the first event of a time on; where there is none, the tip."""
    row = conn.execute(Q.place_at, {"since": since}).fetchone()
    return tip(conn) if row is None else (row[0], row[1])
