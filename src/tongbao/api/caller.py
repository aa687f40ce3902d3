"""Who calls: the key in the Authorization header, and what its route needs."""

from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tongbao.access.keys import Caller, KeyUnknown
from tongbao.access.roles import Scope
from tongbao.api.keyring import KeyRing
from tongbao.kernel.errors import Malformed, Refused

_PREFIX: Final = "Bearer "


class ScopeMissing(Refused):
    code = "scope-missing"
    text = "this key does not allow {scope}"


class KeyMissing(Malformed):
    code = "key-missing"
    text = "a call that changes something needs the header Idempotency-Key"


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request in, or refuse ``key-unknown`` or ``scope-missing``, before its body is read."""
    needed = handler.opt.get("scope")
    if needed is None:
        assert handler.opt.get("open"), "a route needs a scope, or says that it is open to all"
        return
    header = connection.headers.get("authorization", "")
    if not header.startswith(_PREFIX):
        raise KeyUnknown
    keyring: KeyRing = connection.app.state.keyring
    caller = await keyring.caller(header[len(_PREFIX) :])
    if needed not in caller.scopes:
        raise ScopeMissing(scope=needed)
    connection.state.caller = caller


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Give the caller that was let in."""
    caller: Caller = request.state.caller
    return caller


OPEN: Final = {"open": True}
"""The ``opt`` of a route that needs no key."""


def needs(scope: Scope) -> dict[str, Any]:
    """Say in a route's ``opt`` which scope it needs."""
    return {"scope": scope}


def idempotency_key(request: Request[Any, Any, Any]) -> str:
    """Give the caller's key of a request that changes something; refuses ``key-missing``."""
    key = request.headers.get("idempotency-key")
    if not key:
        raise KeyMissing
    return key
