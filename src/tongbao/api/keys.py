"""API keys over HTTP: made, shown once, replaced with an overlap, made to sign, limited, ended."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tongbao.access import keys, signing
from tongbao.access.keys import ApiKey, ApiKeyNotFound, Caller
from tongbao.access.roles import Role, Scope
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, once, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.nouns import tell
from tongbao.api.paging import pages
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Name, PathId, Time
from tongbao.api.writes import Made
from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

_DAY: Final = 24
KEYS: Final = everybody("keys:write")


class KeyOut(Struct, frozen=True, kw_only=True):
    """What is known of a key; its secret is known to nobody but its holder.

    `signs`: it has a secret for signed requests, and `signing_required`: it is let in by them only.
    `rate_limit`: requests a minute in each process; null: as is set for all keys.
    """

    id: Id
    organisation: Id
    role: Role
    scopes: list[Scope]
    name: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    replaces: Id | None
    revoked_by: str | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    signs: bool
    signing_required: bool
    rate_limit: int | None


class NewKeyOut(Struct, frozen=True, kw_only=True):
    """A key with its token, which is shown this once; asked for again it is null."""

    key: KeyOut
    token: str | None


class KeyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key of your organisation (the operator: of any), with all its role allows, or less.

    It cannot allow what the key that makes it does not.
    """

    role: Role
    name: Name
    organisation: Id | None = None
    scopes: list[Scope] | None = None
    expires_at: Time | None = None


class RotateIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many hours the old key stays good."""

    overlap_hours: Annotated[int, Meta(ge=0, le=limits.OVERLAP.days * _DAY)] = _DAY


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Optional: the token stays good, too, for a changeover; else it lets nobody in any more."""

    optional: bool = False


class KeyLimitIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many requests a minute, in each process; null: as is set for all keys."""

    rate_limit: Annotated[int, Meta(ge=1, le=limits.ASKED, examples=[6_000])] | None


class SigningKeyOut(Struct, frozen=True, kw_only=True):
    """A key with its signing secret in base64, shown this once; asked for again it is null."""

    key: KeyOut
    secret: str | None


@post("/v1/keys", **KEYS)
async def create(
    request: Req, caller: Me, actor: Actor, data: JSONBody[KeyIn]
) -> Response[NewKeyOut]:
    """Make a key; its token is in this answer and nowhere else."""
    who = reach.whose(caller, data.organisation) or caller.organisation_id
    secret = secrets.token_urlsafe(32)

    def do(conn: Connection, at: datetime) -> Made:
        made, token = keys.create(
            conn,
            who,
            data.role,
            data.name,
            secret,
            by=actor,
            at=at,
            scopes=data.scopes,
            expires_at=data.expires_at,
            within=caller.scopes,
        )
        return _shown(made, token)

    return await once(request, caller, actor, data, do)


@get("/v1/keys", **KEYS)
async def list_keys(
    request: Req, caller: Me, organisation: Whose = None, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[KeyOut]:
    """List keys in the order in which they were made, ended ones too."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, KeyOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: keys.list_of(conn, who, after, most),
    )  # fmt: skip


@get("/v1/keys/{key_id:str}", **KEYS)
async def get_key(request: Req, caller: Me, key_id: PathId) -> KeyOut:
    """Give a key, without its secret."""
    return await show(request, KeyOut, lambda conn: _of(conn, caller, number(key_id)))


@post("/v1/keys/{key_id:str}/rotate", **KEYS)
async def rotate(
    request: Req, caller: Me, actor: Actor, key_id: PathId, data: JSONBody[RotateIn]
) -> Response[NewKeyOut]:
    """Make the key that takes another's place; the old one stays good for a while."""
    secret = secrets.token_urlsafe(32)
    overlap = timedelta(hours=data.overlap_hours)

    def do(conn: Connection, at: datetime) -> Made:
        old = _of(conn, caller, number(key_id))
        made, token = keys.rotate(
            conn, old.id, secret, overlap=overlap, by=actor, at=at, within=caller.scopes
        )
        return _shown(made, token)

    return await once(request, caller, actor, data, do)


@post("/v1/keys/{key_id:str}/sign", **KEYS)
async def sign(
    request: Req, caller: Me, actor: Actor, key_id: PathId, data: JSONBody[SignIn]
) -> Response[SigningKeyOut]:
    """Give a key a secret with which its requests are signed; the one before is good no more.

    The secret is in this answer and nowhere else; servers take some seconds to notice.
    """
    chance = secrets.token_bytes(signing.SECRET)
    kept_by = parts.of(request).settings.access_secret

    def do(conn: Connection, at: datetime) -> Made:  # noqa: ARG001 - what `once` calls
        which = _of(conn, caller, number(key_id)).id
        secret = signing.arm(
            conn, which, chance, required=not data.optional, key=kept_by, within=caller.scopes
        )
        key = tell(KeyOut, keys.get(conn, which))
        return Made(
            body=SigningKeyOut(key=key, secret=secret), kept=SigningKeyOut(key=key, secret=None)
        )

    return await once(request, caller, actor, data, do)


@post("/v1/keys/{key_id:str}/sign/stop", **everybody("keys:write", status_code=200))
async def stop_signing(request: Req, caller: Me, actor: Actor, key_id: PathId) -> Response[KeyOut]:
    """Take the signing secret from a key; its token lets in whoever has it."""

    def do(conn: Connection, at: datetime) -> ApiKey:  # noqa: ARG001 - what `act` calls
        which = _of(conn, caller, number(key_id)).id
        signing.disarm(conn, which, within=caller.scopes)
        return keys.get(conn, which)

    return await act(request, caller, actor, None, KeyOut, do)


@post("/v1/keys/{key_id:str}/limit", **operators("keys:write", status_code=200))
async def limit(
    request: Req, caller: Me, actor: Actor, key_id: PathId, data: JSONBody[KeyLimitIn]
) -> Response[KeyOut]:
    """Say how often a key may ask; servers take some seconds to notice."""

    def do(conn: Connection, at: datetime) -> ApiKey:  # noqa: ARG001 - what `act` calls
        return keys.limit(conn, number(key_id), data.rate_limit)

    return await act(request, caller, actor, data, KeyOut, do)


@post("/v1/keys/{key_id:str}/revoke", **everybody("keys:write", status_code=200))
async def revoke(request: Req, caller: Me, actor: Actor, key_id: PathId) -> Response[KeyOut]:
    """End a key at once; servers take some seconds to notice."""

    def do(conn: Connection, at: datetime) -> ApiKey:
        return keys.revoke(conn, _of(conn, caller, number(key_id)).id, by=actor, at=at)

    return await act(request, caller, actor, None, KeyOut, do)


def _of(conn: Connection, caller: Caller, which: int) -> ApiKey:
    found = keys.get(conn, which)
    reach.check(caller, found.organisation_id, ApiKeyNotFound(key=which))
    return found


def _shown(made: ApiKey, token: str) -> Made:
    """Show the token now; what is kept to be answered again has none."""
    key = tell(KeyOut, made)
    return Made(body=NewKeyOut(key=key, token=token), kept=NewKeyOut(key=key, token=None))


ROUTES: Final[list[BaseRouteHandler]] = [
    create, list_keys, get_key, rotate, sign, stop_signing, limit, revoke,
]  # fmt: skip
