"""Webhooks: where an organisation wants to be told of events, and what became of each."""

import secrets as chance
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from tongbao.access.keys import Caller
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.api import etags, listing, lookup
from tongbao.api.caller import needs
from tongbao.api.wire import Id, PathId, Time
from tongbao.api.writes import Made, write
from tongbao.events import audience
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.webhooks import addresses, deliveries, endpoints, fanout, signing
from tongbao.webhooks.types import Attempt, Delivery, DeliveryState, Endpoint, EndpointState

_SCOPE: Final = "webhooks:write"
WRITE: Final = needs(_SCOPE)
CHANGE: Final = needs(_SCOPE, 412, 428)
_DAY: Final = 24
_DELIVERIES: Final = "deliveries"

Url = Annotated[str, Meta(max_length=2_000, examples=["https://shop.example/hooks/tongbao"])]
Types = Annotated[
    list[str],
    Meta(max_length=100, description="Types of events; none: all of them."),
]
Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME, examples=["shop"])]
EventId = Annotated[str, PathParameter(pattern=r"^evt_[0-9]+_[0-9]+$", description="Its id.")]
Whose = Annotated[
    str | None,
    QueryParameter(description="Of this organisation; only the operator may name another."),
]
State = Annotated[
    DeliveryState | None,
    QueryParameter(name="state", description="Only deliveries in this state."),
]


class WebhookIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint to be told of events; the operator may make one for another organisation."""

    url: Url
    name: Name
    types: Types = []
    organisation: Id | None = None


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be another; ``active`` lets one that was disabled be called again."""

    url: Url | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    types: Types | UnsetType = UNSET
    state: EndpointState | UnsetType = UNSET


class SecretIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the secret before stays good, in hours."""

    overlap_hours: Annotated[int, Meta(ge=0, le=limits.OVERLAP.days * _DAY)] = _DAY


class ReplayIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on events are to be sent once more."""

    since: Time


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing more is to be said."""


class WebhookOut(Struct, frozen=True, kw_only=True):
    """An endpoint; ``failing_since``: when calls began to fail, if the last ones did."""

    id: Id
    organisation: Id
    url: str
    name: str
    types: list[str]
    state: EndpointState
    created_at: datetime
    reached_at: datetime | None
    failing_since: datetime | None
    disabled_because: str | None


class WebhookMade(WebhookOut, frozen=True, kw_only=True):
    """An endpoint with its new secret, which is shown this once."""

    secret: str | None


class DeliveryOut(Delivery, frozen=True, kw_only=True):
    """A delivery with the calls that were made for it, newest first."""

    calls: list[Attempt]


class ReplayOut(Struct, frozen=True, kw_only=True):
    """A replay that was begun; it goes on in the background."""

    id: Id
    since: datetime


@post("/v1/webhooks", status_code=201, opt=WRITE)
async def create(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], data: JSONBody[WebhookIn]
) -> Response[WebhookMade]:
    """Register an endpoint; it is told of what happens from now on.

    The answer shows the secret to check signatures with, this once.
    """
    settings = parts.of(request).settings
    whose = _whose(caller, data.organisation)
    secret = chance.token_bytes(signing.SECRET)

    def do(conn: Connection) -> Made:
        made = endpoints.create(
            conn, whose, data.url, data.types, data.name, secret, by=_by(caller), at=clock.now(),
            allowed=addresses.networks(settings.webhook_networks), key=settings.access_secret,
        )  # fmt: skip
        return _made(made, secret)

    return await write(request, caller, data, do)


@get("/v1/webhooks", opt=WRITE)
async def list_webhooks(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cursor: listing.Cursor = None,
    limit: listing.Limit = listing.ROWS,
    organisation: Whose = None,
) -> listing.Page[WebhookOut]:
    """List the endpoints of an organisation."""
    after = listing.after("webhooks", cursor, int) or 0
    everybody = caller.operator and organisation is None
    whose = None if everybody else _whose(caller, organisation)
    rows = await parts.read(request, lambda conn: endpoints.list_of(conn, whose, after, limit + 1))
    return listing.page("webhooks", rows, limit, _tell, lambda row: row.id)


@get("/v1/webhooks/{webhook_id:str}", opt=WRITE)
async def show(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], webhook_id: PathId
) -> Response[WebhookOut]:
    """Show an endpoint."""
    number = lookup.number(webhook_id)
    found = await parts.read(request, lambda conn: endpoints.get(conn, number, _of(caller)))
    return etags.answer(request, _tell(found))


@patch("/v1/webhooks/{webhook_id:str}", opt=CHANGE)
async def change(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    data: JSONBody[WebhookChange],
) -> Response[WebhookOut]:
    """Change where an endpoint is, what it is told of, or whether it is called."""
    number = lookup.number(webhook_id)
    allowed = addresses.networks(parts.of(request).settings.webhook_networks)

    def do(conn: Connection) -> Endpoint:
        at = clock.now()
        seen = endpoints.lock(conn, number, _of(caller))
        etags.check(request, _tell(seen))
        endpoints.change(
            conn, seen, at=at, allowed=allowed, url=data.url or None,
            types=None if data.types is UNSET else data.types, name=data.name or None,
        )  # fmt: skip
        if data.state == "active" and seen.state != "active":
            endpoints.enable(conn, number, at=at)
        if data.state == "disabled":
            endpoints.disable(conn, number, _by(caller), at=at)
        return endpoints.get(conn, number)

    return etags.answer(request, _tell(await parts.write(request, do)))


@post("/v1/webhooks/{webhook_id:str}/secret", status_code=201, opt=WRITE)
async def rotate(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    data: JSONBody[SecretIn],
) -> Response[WebhookMade]:
    """Give an endpoint a new secret; for a while it is signed with both.

    The answer shows the new one, this once.
    """
    number = lookup.number(webhook_id)
    key = parts.of(request).settings.access_secret
    secret = chance.token_bytes(signing.SECRET)
    overlap = timedelta(hours=data.overlap_hours)

    def do(conn: Connection) -> Made:
        endpoints.lock(conn, number, _of(caller))
        at = clock.now()
        return _made(
            endpoints.rotate(conn, number, secret, overlap=overlap, at=at, key=key), secret
        )

    return await write(request, caller, data, do)


@delete("/v1/webhooks/{webhook_id:str}", opt=WRITE)
async def remove(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], webhook_id: PathId
) -> None:
    """Delete an endpoint, and what waits for it."""
    number = lookup.number(webhook_id)

    def do(conn: Connection) -> None:
        endpoints.lock(conn, number, _of(caller))
        endpoints.delete(conn, number, at=clock.now())

    await parts.write(request, do)


@post("/v1/webhooks/{webhook_id:str}/ping", status_code=201, opt=WRITE)
async def ping(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    data: JSONBody[Nothing],
) -> Response[WebhookOut]:
    """Send an endpoint an event of the type ``tongbao.webhook.pinged.v1``, to try it."""
    number = lookup.number(webhook_id)

    def do(conn: Connection) -> Made:
        found = endpoints.get(conn, number, _of(caller))
        endpoints.ping(conn, found, clock.now())
        return Made(body=_tell(found))

    return await write(request, caller, data, do)


@get("/v1/webhooks/{webhook_id:str}/deliveries", opt=WRITE)
async def list_deliveries(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    cursor: listing.Cursor = None,
    limit: listing.Limit = listing.ROWS,
    only: State = None,
) -> listing.Page[Delivery]:
    """List what an endpoint was sent or is to be sent, newest first."""
    number = lookup.number(webhook_id)
    before = listing.after(_DELIVERIES, cursor, str)

    def ask(conn: Connection) -> list[Delivery]:
        endpoints.get(conn, number, _of(caller))
        begin = None if before is None else audience.place_of(before)
        return deliveries.list_of(
            conn, number, state=only, before=begin or deliveries.NEWEST, limit=limit + 1
        )

    rows = await parts.read(request, ask)
    return listing.page(_DELIVERIES, rows, limit, lambda row: row, lambda row: row.event)


@get("/v1/webhooks/{webhook_id:str}/deliveries/{event_id:str}", opt=WRITE)
async def show_delivery(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    event_id: EventId,
) -> DeliveryOut:
    """Show what became of one event at an endpoint, call by call."""
    number = lookup.number(webhook_id)

    def ask(conn: Connection) -> DeliveryOut:
        endpoints.get(conn, number, _of(caller))
        found, calls = deliveries.get(conn, number, event_id)
        return DeliveryOut(**_fields(found), calls=calls)

    return await parts.read(request, ask)


@post("/v1/webhooks/{webhook_id:str}/deliveries/{event_id:str}/replay", status_code=201, opt=WRITE)
async def send_again(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    event_id: EventId,
    data: JSONBody[Nothing],
) -> Response[Delivery]:
    """Send one event once more, with the id that it has."""
    number = lookup.number(webhook_id)

    def do(conn: Connection) -> Made:
        endpoints.get(conn, number, _of(caller))
        return Made(body=deliveries.send_again(conn, number, event_id, clock.now()))

    return await write(request, caller, data, do)


@post("/v1/webhooks/{webhook_id:str}/replays", status_code=201, opt=WRITE)
async def replay(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    webhook_id: PathId,
    data: JSONBody[ReplayIn],
) -> Response[ReplayOut]:
    """Send all that concerns an endpoint from a time on once more, each with the id that it has."""
    number = lookup.number(webhook_id)

    def do(conn: Connection) -> Made:
        found = endpoints.get(conn, number, _of(caller))
        made = fanout.replay(conn, found, data.since, by=_by(caller), at=clock.now())
        return Made(body=ReplayOut(id=str(made), since=data.since))

    return await write(request, caller, data, do)


def _of(caller: Caller) -> int | None:
    """Give whose endpoints a caller may see: everybody's if it is the operator."""
    return None if caller.operator else caller.organisation_id


def _whose(caller: Caller, named: str | None) -> int:
    """Give the organisation that is meant; of another's name nothing is found."""
    number = caller.organisation_id if named is None else lookup.number(named)
    if number != caller.organisation_id and not caller.operator:
        raise OrganisationNotFound(organisation=number)
    return number


def _by(caller: Caller) -> str:
    return f"key {caller.key_id}"


def _tell(found: Endpoint) -> WebhookOut:
    return WebhookOut(**_told(found))


def _told(found: Endpoint) -> dict[str, Any]:
    names = WebhookOut.__struct_fields__
    said = {name: getattr(found, name) for name in names if name not in ("id", "organisation")}
    return said | {"id": str(found.id), "organisation": str(found.organisation_id)}


def _made(found: Endpoint, secret: bytes) -> Made:
    told = _told(found)
    return Made(
        body=WebhookMade(**told, secret=signing.shown(secret)),
        kept=WebhookMade(**told, secret=None),
        headers={"Location": f"/v1/webhooks/{found.id}"},
    )


def _fields(found: Delivery) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Delivery.__struct_fields__}


ROUTES: Final[list[BaseRouteHandler]] = [
    create, list_webhooks, show, change, rotate, remove, ping, list_deliveries, show_delivery,
    send_again, replay,
]  # fmt: skip
