"""OAuth 2.0: tokens that last for a while, for partners' systems (RFC 6749, client credentials).

A client is an API key: its id is the key's (``tbk_7``), its secret what follows in the token.
"""

import asyncio
import base64
import binascii
import secrets
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote_plus

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tongbao.access import bearer, keys, tokens
from tongbao.access.keys import KeyUnknown, SignatureNeeded
from tongbao.access.roles import Scope, ScopeNotAllowed
from tongbao.hosting import parts
from tongbao.hosting.database import begun
from tongbao.kernel import clock, db, limits
from tongbao.kernel.texts import ChoiceMalformed

_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = 20
_LARGEST: Final = 10_000
_BASIC: Final = "Basic "


class TokenForm(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client asks with; id and secret are here, or in the header (HTTP Basic)."""

    grant_type: Literal["client_credentials"]
    scope: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class TokenOut(Struct, frozen=True, kw_only=True):
    """A token, for ``Authorization: Bearer``; ``expires_in`` seconds, ``scope`` with spaces."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a password
    expires_in: int
    scope: str


class OAuthError(Struct, frozen=True, kw_only=True):
    """Why there is no token, as RFC 6749 section 5.2 says it."""

    error: str
    error_description: str


class _No(Exception):
    def __init__(self, status: int, error: str, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.body = OAuthError(error=error, error_description=said)


@post(
    "/v1/oauth/token",
    status_code=200,
    opt={
        "open": True,
        "form": TokenForm,
        "errors": OAuthError,
        "refuses": (401, 429),
        "unhurried": False,
    },
)
async def token(request: Request[Any, Any, Any]) -> Response[TokenOut]:
    """Get a token for a quarter of an hour with a key's id and secret.

    By HTTP Basic or in the form. `scope` asks for less than the key has.
    """
    try:
        form = await _form(request)
        given = _client(request, form)
        grant = form.get("grant_type")
        if grant is None:
            raise _No(400, "invalid_request", "grant_type is missing")
        if grant != "client_credentials":
            raise _No(400, "unsupported_grant_type", "grant_type is client_credentials")
        scope = form.get("scope")
        wanted = None if scope is None else scope.split()
        made, scopes = await asyncio.to_thread(_make, parts.of(request).pool, given, wanted)
    except _No as no:
        return _answer(no.status, no.body)
    said = TokenOut(
        access_token=made,
        expires_in=int(limits.KEY_TOKEN.total_seconds()),
        scope=" ".join(scopes),
    )
    return _answer(200, said)


def _make(pool: db.Pool, given: str, wanted: list[str] | None) -> tuple[str, list[Scope]]:
    """Check a key and make its token, in one transaction."""
    at = clock.now()
    try:
        with begun(pool) as conn:
            caller = keys.check(conn, given, at)
            assert caller.key_id is not None, "it is a key's"
            keys.note_used(conn, {caller.key_id: at})
            secret = secrets.token_urlsafe(bearer.BYTES)
            return tokens.for_key(conn, caller, wanted, secret, at)
    except (KeyUnknown, SignatureNeeded) as no:
        raise _No(401, "invalid_client", str(no)) from None
    except (ChoiceMalformed, ScopeNotAllowed) as no:
        raise _No(400, "invalid_scope", str(no)) from None


async def _form(request: Request[Any, Any, Any]) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != _FORM or len(body) > _LARGEST:
        raise _No(400, "invalid_request", f"the body is {_FORM}")
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except ValueError:
        raise _No(400, "invalid_request", "the body cannot be read") from None
    form = dict(fields)
    if len(form) != len(fields):
        raise _No(400, "invalid_request", "a field is there twice")
    return form


def _client(request: Request[Any, Any, Any], form: dict[str, str]) -> str:
    """Give the token that id and secret of a client stand for, from header or form, not both."""
    header = request.headers.get("authorization")
    if header is None:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
    elif "client_secret" in form or not header.startswith(_BASIC):
        raise _No(400, "invalid_request", "a client says who it is in one way")
    else:
        try:
            plain = base64.b64decode(header.removeprefix(_BASIC), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _No(401, "invalid_client", "the header cannot be read") from None
        first, _, second = plain.partition(":")
        name, secret = unquote_plus(first), unquote_plus(second)
    return f"{name}_{secret}"


def _answer(status: int, said: TokenOut | OAuthError) -> Response[Any]:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="tongbao"'
    return Response(said, status_code=status, headers=headers)


ROUTES: Final[list[BaseRouteHandler]] = [token]
