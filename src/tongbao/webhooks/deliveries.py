"""Deliveries: what is due, how a call went, the log, and what is sent once more."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from tongbao.events import audience
from tongbao.events.outbox import Read
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound
from tongbao.webhooks import backoff, endpoints
from tongbao.webhooks.types import Answer, Attempt, Delivery, Due, Endpoint

Q = sql.load(__package__)

KEPT: Final = timedelta(days=30)
"""How long it can be looked up what became of a delivery."""

NEWEST: Final = (2**62, 2**62)
"""A place after every event."""

LOCK: Final = 7_407_025
"""First half of the advisory lock of who calls an endpoint; the other is its id."""

_GONE: Final = 410
_FORGOTTEN: Final = 10_000
_encode = msgspec.json.Encoder().encode


class DeliveryNotFound(NotFound):
    code = "delivery-not-found"
    text = "webhook {webhook} was sent no event {event}"


def lock(conn: Connection, endpoint_id: int) -> bool:
    """Be the one who calls an endpoint, until ``conn`` closes; False if somebody else is."""
    row = conn.execute(Q.lock_sending, {"lock": LOCK, "endpoint": endpoint_id}).fetchone()
    return bool(row and row[0])


def due(conn: Connection, endpoint_id: int, at: datetime, limit: int) -> list[Due]:
    """Give at most ``limit`` deliveries whose time has come, in the order of the stream."""
    values = {"endpoint": endpoint_id, "at": at, "limit": limit}
    rows = conn.execute(Q.due_deliveries, values).fetchall()
    return [
        Due(attempts=attempts, event=Read(xid, event_id, *event))
        for xid, event_id, attempts, *event in rows
    ]


def body(endpoint: Endpoint, event: Read, *, operator: bool) -> bytes:
    """Give what is sent of an event: no more of it than the endpoint's organisation may see."""
    data = audience.seen_by(event, None if operator else endpoint.organisation_id)
    assert data is not None, "only what concerns it was queued for it"
    return _encode(audience.tell(event, data))


def note(
    conn: Connection,
    endpoint: Endpoint,
    sent: Due,
    answer: Answer,
    at: datetime,
    chance: float,
    patience: timedelta,
) -> bool:
    """Write down how a call went and what follows from it; give whether to go on calling.

    A receiver that has failed for ``patience``, or says that it is gone, is called no more.
    """
    read, attempts = sent.event, sent.attempts + 1
    place = {"endpoint": endpoint.id, "xid": read.xid, "event": read.id}
    log = {"status": answer.status, "milliseconds": answer.milliseconds, "error": answer.error}
    conn.execute(Q.write_attempt, {**place, "at": at, **log})
    if answer.good:
        ended = {"state": "delivered", "next_at": at, "ended_at": at}
        conn.execute(Q.note_delivery, {**place, **ended})
        conn.execute(Q.note_reached, {"id": endpoint.id, "at": at})
        return True
    wait = backoff.wait(attempts, chance)
    if wait is None:
        conn.execute(Q.note_delivery, {**place, "state": "given_up", "next_at": at, "ended_at": at})
    else:
        later = at + max(wait, timedelta(seconds=answer.wait))
        conn.execute(
            Q.note_delivery, {**place, "state": "waiting", "next_at": later, "ended_at": None}
        )
    return _note_failure(conn, endpoint, answer, at, patience)


def _note_failure(
    conn: Connection, endpoint: Endpoint, answer: Answer, at: datetime, patience: timedelta
) -> bool:
    row = conn.execute(Q.note_failure, {"id": endpoint.id, "at": at}).fetchone()
    assert row is not None, "endpoints are never removed"
    failures, since = row
    if answer.status == _GONE:
        endpoints.give_up(conn, endpoint.id, "it answers 410 Gone", at=at)
        return False
    if at - since >= patience:
        because = f"it has not answered well since {since.isoformat(timespec='seconds')}"
        endpoints.give_up(conn, endpoint.id, because, at=at)
        return False
    pause = backoff.pause(failures)
    if pause is None and not answer.wait:
        return True
    until = at + max(pause or timedelta(), timedelta(seconds=answer.wait))
    conn.execute(Q.pause, {"id": endpoint.id, "until": until})
    return False


def list_of(
    conn: Connection,
    endpoint_id: int,
    *,
    state: str | None = None,
    before: tuple[int, int] = NEWEST,
    limit: int = limits.PAGE,
) -> list[Delivery]:
    """Give at most ``limit`` deliveries, newest first, those ``before`` a place in the stream."""
    xid, event = before
    values = {"endpoint": endpoint_id, "state": state, "xid": xid, "event": event, "limit": limit}
    return [_delivery(row) for row in conn.execute(Q.list_deliveries, values)]


def get(conn: Connection, endpoint_id: int, event: str) -> tuple[Delivery, list[Attempt]]:
    """Give a delivery by the id of its event, with the calls made; refuses delivery-not-found."""
    values = _place(endpoint_id, event)
    row = conn.execute(Q.get_delivery, values).fetchone()
    if row is None:
        raise DeliveryNotFound(webhook=endpoint_id, event=event)
    calls = conn.execute(Q.list_attempts, {**values, "limit": limits.PAGE})
    names = Attempt.__struct_fields__
    return _delivery(row), [Attempt(**dict(zip(names, call, strict=True))) for call in calls]


def send_again(conn: Connection, endpoint_id: int, event: str, at: datetime) -> Delivery:
    """Queue a delivery once more, with the id that it has; refuses ``delivery-not-found``."""
    found, _ = get(conn, endpoint_id, event)
    place = audience.place_of(event)
    assert place is not None, "it was found by it"
    values = {
        "at": at,
        "endpoints": [endpoint_id],
        "xids": [place[0]],
        "events": [place[1]],
        "types": [found.type],
    }
    conn.execute(Q.queue_deliveries, values)
    return get(conn, endpoint_id, event)[0]


def forget(conn: Connection, at: datetime) -> int:
    """Forget what has ended long ago, a part at a time; give how many deliveries that were."""
    before = at - KEPT
    conn.execute(Q.forget_attempts, {"before": before})
    return conn.execute(Q.forget_ended, {"before": before, "limit": _FORGOTTEN}).rowcount


def waiting(conn: Connection) -> tuple[int, datetime | None]:
    """Give how many deliveries wait, and since when the oldest does."""
    row = conn.execute(Q.count_waiting).fetchone()
    assert row is not None, "a count has a row"
    return row[0], row[1]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    xid, event_id, *rest = row
    names = Delivery.__struct_fields__[1:]
    event = audience.id_of(xid, event_id)
    return Delivery(event=event, **dict(zip(names, rest, strict=True)))


def _place(endpoint_id: int, event: str) -> dict[str, int]:
    place = audience.place_of(event)
    if place is None:
        raise DeliveryNotFound(webhook=endpoint_id, event=event[:60])
    return {"endpoint": endpoint_id, "xid": place[0], "event": place[1]}
