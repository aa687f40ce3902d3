"""Fan out: read the stream of events, and queue each for the endpoints that want it.

The deliveries are written in the transaction that moves the place, so that none is missed and
none is queued twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from psycopg.rows import class_row

from tongbao.events import outbox
from tongbao.events.audience import seen_by
from tongbao.events.outbox import Read
from tongbao.events.types import WEBHOOK_PINGED, WebhookChanged
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.webhooks.types import Endpoint

Q = sql.load(__package__)

READER: Final = "webhooks"
PAGE: Final = 2_000
"""Events of one transaction."""

_LAST: Final = 2**62
"""Above every number of an event."""

_pinged = msgspec.json.Decoder(WebhookChanged).decode


class Wanting(Struct, frozen=True, kw_only=True):
    """An endpoint and what it wants."""

    id: int
    organisation_id: int
    types: frozenset[str]
    operator: bool


def fan_out(conn: Connection, at: datetime) -> int:
    """Queue what the next page of events makes due, and give how many events it had.

    While nobody wants to be told of anything, the place is the end of the stream.
    """
    wanting = _wanting(conn)
    place = outbox.place_of(conn, READER)
    if not wanting or place == (0, 0):
        row = conn.execute(Q.boundary).fetchone()
        assert row is not None, "there is always one"
        outbox.move(conn, READER, row[0] - 1, _LAST, at)
        return 0
    events = outbox.after(conn, *place, PAGE)
    if events:
        _queue(conn, wanting, events, at)
        outbox.move(conn, READER, events[-1].xid, events[-1].id, at)
    return len(events)


def replay(conn: Connection, endpoint: Endpoint, since: datetime, *, by: str, at: datetime) -> int:
    """Queue once more, in the background, what concerns an endpoint from ``since`` on.

    Gives the number of the replay: while it runs, the same asked again is the same one.
    """
    same = {"endpoint": endpoint.id, "since": since}
    running = conn.execute(Q.same_replay, same).fetchone()
    if running is not None:
        return int(running[0])
    xid, event = outbox.place_at(conn, since)
    values = {"endpoint": endpoint.id, "since": since, "by": by, "at": at}
    row = conn.execute(Q.insert_replay, {**values, "xid": xid, "event": event}).fetchone()
    assert row is not None, "it has just been inserted"
    return int(row[0])


def go_on(conn: Connection, at: datetime) -> int:
    """Queue a page of each replay that is not done, and give how many deliveries that made."""
    total = 0
    wanting = {one.id: one for one in _wanting(conn)}
    end = outbox.place_of(conn, READER)
    for number, endpoint_id, since, xid, event in conn.execute(Q.open_replays).fetchall():
        one = wanting.get(endpoint_id)
        page = [] if one is None else outbox.after(conn, xid, event, PAGE)
        # Beyond the place of the fan-out is what it will queue itself.
        events = [read for read in page if (read.xid, read.id) <= end]
        wanted = [read for read in events if read.at >= since]
        queued = 0 if one is None else _queue(conn, [one], wanted, at)
        place = (events[-1].xid, events[-1].id) if events else (xid, event)
        values = {"id": number, "xid": place[0], "event": place[1], "queued": queued}
        done_at = None if len(events) == PAGE else at
        conn.execute(Q.move_replay, {**values, "done_at": done_at})
        total += queued
    return total


def due(conn: Connection, at: datetime) -> list[int]:
    """Give the endpoints that have something to be sent now."""
    return [row[0] for row in conn.execute(Q.due_endpoints, {"at": at})]


def queue_jobs(conn: Connection, endpoints: Sequence[int], queue: str, task: str) -> None:
    """Queue a job for each of ``endpoints`` that has none waiting; ``conn`` searches the queue."""
    if endpoints:
        values = {"queue": queue, "task": task, "endpoints": arrays.ints(endpoints)}
        conn.execute(Q.queue_jobs, values)


def _wanting(conn: Connection) -> list[Wanting]:
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(Q.active_endpoints).fetchall()
    return [
        Wanting(
            id=row.id,
            organisation_id=row.organisation_id,
            types=frozenset(row.types),
            operator=row.operator,
        )
        for row in rows
    ]


class _Row(Struct, frozen=True, kw_only=True):
    id: int
    organisation_id: int
    types: list[str]
    operator: bool


def _queue(
    conn: Connection, wanting: Sequence[Wanting], events: Sequence[Read], at: datetime
) -> int:
    wanted = [(one.id, read) for read in events for one in wanting if _wants(one, read)]
    if wanted:
        values = {
            "at": at,
            "endpoints": arrays.ints(endpoint for endpoint, _ in wanted),
            "xids": arrays.ints(read.xid for _, read in wanted),
            "events": arrays.ints(read.id for _, read in wanted),
            "types": arrays.words(read.type for _, read in wanted),
        }
        conn.execute(Q.queue_deliveries, values)
    return len(wanted)


def _wants(one: Wanting, event: Read) -> bool:
    if event.type == WEBHOOK_PINGED:
        return _pinged(event.data).endpoint == one.id
    if one.types and event.type not in one.types:
        return False
    return seen_by(event, None if one.operator else one.organisation_id) is not None
