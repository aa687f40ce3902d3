"""Endpoints: made, changed, given new secrets, disabled and enabled, deleted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg.rows import class_row

from tongbao.access import sealing
from tongbao.access.keys import OverlapMalformed
from tongbao.alliance import organisations
from tongbao.desk import exceptions, people
from tongbao.events.outbox import Event, announce
from tongbao.events.types import TYPES, WEBHOOK_DISABLED, WEBHOOK_PINGED, WebhookChanged
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound, Refused
from tongbao.webhooks import signing
from tongbao.webhooks.addresses import Networks, check_url
from tongbao.webhooks.types import Endpoint

Q = sql.load(__package__)

ITEM: Final = "webhook-disabled"
"""Kind of the exception item of an endpoint that was disabled because it does not answer."""

_VALID: Final = 2


class WebhookNotFound(NotFound):
    code = "webhook-not-found"
    text = "there is no webhook {webhook}"


class WebhooksTooMany(Refused):
    code = "webhooks-too-many"
    text = "an organisation has at most {most} webhooks"


def create(
    conn: Connection,
    organisation_id: int,
    url: str,
    types: Sequence[str],
    name: str,
    secret: bytes,
    *,
    by: str,
    at: datetime,
    allowed: Networks,
    key: str,
) -> Endpoint:
    """Make an endpoint that is told of events from now on; of all when ``types`` is empty.

    ``secret`` is 32 bytes of chance, given by the door, and kept sealed under ``key``. Refuses
    ``organisation-not-found``, ``organisation-closed``, ``webhooks-too-many``, ``url-malformed``,
    ``address-forbidden``, ``choice-malformed`` and ``text-malformed``.
    """
    organisations.lock_open(conn, organisation_id)
    count = conn.execute(Q.count_endpoints, {"organisation": organisation_id}).fetchone()
    assert count is not None, "a count has a row"
    if count[0] >= limits.WEBHOOKS:
        raise WebhooksTooMany(most=limits.WEBHOOKS)
    values = {
        "organisation": organisation_id,
        "url": check_url(url, allowed),
        "types": arrays.words(_known(types)),
        "name": texts.line("name", name),
        "by": people.name(by),
        "at": at,
    }
    row = conn.execute(Q.insert_endpoint, values).fetchone()
    assert row is not None, "it has just been inserted"
    _add_secret(conn, row[0], 1, secret, at, key)
    return get(conn, row[0])


def get(conn: Connection, endpoint_id: int, organisation_id: int | None = None) -> Endpoint:
    """Give an endpoint, if told so only one of an organisation; refuses ``webhook-not-found``."""
    values = {"id": endpoint_id, "organisation": organisation_id}
    with conn.cursor(row_factory=class_row(Endpoint)) as cursor:
        found = cursor.execute(Q.get_endpoint, values).fetchone()
    if found is None:
        raise WebhookNotFound(webhook=endpoint_id)
    return found


def list_of(
    conn: Connection, organisation_id: int | None, after: int = 0, limit: int = limits.PAGE
) -> list[Endpoint]:
    """Give at most ``limit`` endpoints of an organisation, or of all, in the order of their ids."""
    values = {"organisation": organisation_id, "after": after, "limit": limit}
    with conn.cursor(row_factory=class_row(Endpoint)) as cursor:
        return cursor.execute(Q.list_endpoints, values).fetchall()


def lock(conn: Connection, endpoint_id: int, organisation_id: int | None = None) -> Endpoint:
    """Keep an endpoint from changing until this transaction ends, and give it.

    Refuses ``webhook-not-found``.
    """
    get(conn, endpoint_id, organisation_id)
    conn.execute(Q.lock_endpoint, {"id": endpoint_id})
    return get(conn, endpoint_id, organisation_id)


def change(
    conn: Connection,
    endpoint: Endpoint,
    *,
    at: datetime,
    allowed: Networks,
    url: str | None = None,
    types: Sequence[str] | None = None,
    name: str | None = None,
) -> Endpoint:
    """Change what is given of an endpoint that was locked.

    Refuses ``url-malformed``, ``address-forbidden``, ``choice-malformed``, ``text-malformed``.
    """
    values = {
        "id": endpoint.id,
        "url": endpoint.url if url is None else check_url(url, allowed),
        "types": arrays.words(endpoint.types if types is None else _known(types)),
        "name": endpoint.name if name is None else texts.line("name", name),
        "at": at,
    }
    conn.execute(Q.change_endpoint, values)
    return get(conn, endpoint.id)


def enable(conn: Connection, endpoint_id: int, *, at: datetime) -> Endpoint:
    """Let an endpoint be called again; what waited for it meanwhile is sent."""
    conn.execute(Q.enable_endpoint, {"id": endpoint_id, "at": at})
    return get(conn, endpoint_id)


def disable(conn: Connection, endpoint_id: int, because: str, *, at: datetime) -> Endpoint:
    """Let an endpoint be called no more until it is enabled; twice is once."""
    conn.execute(Q.disable_endpoint, {"id": endpoint_id, "because": because, "at": at})
    return get(conn, endpoint_id)


def give_up(conn: Connection, endpoint_id: int, because: str, *, at: datetime) -> None:
    """Disable an endpoint that does not answer, and say so: an event, and an item on the desk."""
    endpoint = disable(conn, endpoint_id, because, at=at)
    _announce(conn, WEBHOOK_DISABLED, endpoint, at, because)
    facts = {"webhook": endpoint.id, "url": endpoint.url, "because": because}
    subject = f"webhook {endpoint.id}, {at.isoformat()}"
    exceptions.raise_item(conn, ITEM, endpoint.organisation_id, subject, facts, at)


def delete(conn: Connection, endpoint_id: int, *, at: datetime) -> None:
    """Delete an endpoint with its secrets and what waits for it; its log stays for a while."""
    conn.execute(Q.delete_endpoint, {"id": endpoint_id, "at": at})
    conn.execute(Q.forget_secrets, {"id": endpoint_id})
    conn.execute(Q.forget_waiting, {"id": endpoint_id})


def rotate(
    conn: Connection,
    endpoint_id: int,
    secret: bytes,
    *,
    overlap: timedelta,
    at: datetime,
    key: str,
) -> Endpoint:
    """Give an endpoint, which was locked, a new secret; the one before stays good for ``overlap``.

    Refuses ``overlap-malformed``.
    """
    if not timedelta() <= overlap <= limits.OVERLAP:
        raise OverlapMalformed(most=limits.OVERLAP.days)
    row = conn.execute(Q.newest_generation, {"id": endpoint_id}).fetchone()
    assert row is not None, "a maximum has a row"
    generation = row[0] + 1
    _add_secret(conn, endpoint_id, generation, secret, at, key)
    values = {"id": endpoint_id, "generation": generation, "expires_at": at + overlap}
    conn.execute(Q.end_secrets, values)
    return get(conn, endpoint_id)


def secrets(conn: Connection, endpoint_id: int, at: datetime, key: str) -> list[bytes]:
    """Give the secrets that are valid, newest first: two after a rotation.

    Refuses ``secret-unreadable``.
    """
    rows = conn.execute(Q.valid_secrets, {"id": endpoint_id, "at": at, "limit": _VALID})
    return [
        sealing.unseal(sealed, _use(endpoint_id, generation), key) for generation, sealed in rows
    ]


def ping(conn: Connection, endpoint: Endpoint, at: datetime) -> None:
    """Announce an event that is sent to this endpoint alone, so that somebody may try it."""
    _announce(conn, WEBHOOK_PINGED, endpoint, at)


def _announce(
    conn: Connection, kind: str, endpoint: Endpoint, at: datetime, because: str | None = None
) -> None:
    data = WebhookChanged(
        endpoint=endpoint.id,
        organisation=endpoint.organisation_id,
        written=micros(at),
        because=because,
    )
    said = msgspec.json.encode(data).decode()
    announce(conn, [Event(endpoint.organisation_id, kind, at, said)], at)


def _add_secret(
    conn: Connection, endpoint_id: int, generation: int, secret: bytes, at: datetime, key: str
) -> None:
    assert len(secret) == signing.SECRET, "a secret has 256 bits"
    sealed = sealing.seal(secret, _use(endpoint_id, generation), key)
    values = {"id": endpoint_id, "generation": generation, "sealed": sealed, "at": at}
    conn.execute(Q.insert_secret, values)


def _use(endpoint_id: int, generation: int) -> str:
    return f"webhook {endpoint_id} {generation}"


def _known(types: Sequence[str]) -> list[str]:
    for one in types:
        texts.choice("type", one, TYPES)
    return [one for one in TYPES if one in types]
