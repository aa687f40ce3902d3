"""Who calls, and what the route that is called needs."""

from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tongbao.access.keys import Caller
from tongbao.access.roles import Scope
from tongbao.api import entry
from tongbao.api.problems import RequestMalformed
from tongbao.kernel.errors import Malformed, Refused

_JSON: Final = "application/json"


class ScopeMissing(Refused):
    code = "scope-missing"
    text = "this key does not allow {scope}"


class BodyTypeUnknown(Malformed):
    code = "body-type-unknown"
    text = "the body of this request is {takes} in UTF-8, not packed"


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request in before its body is read, but for the digest of a signed one.

    Refuses what ``Entry.let_in`` refuses, ``scope-missing``, ``body-type-unknown`` and, when a
    parameter has the character that no text of the database has, ``request-malformed``.
    """
    if b"%00" in connection.scope["query_string"] or "\0" in connection.scope["path"]:
        raise RequestMalformed(reason="a parameter has the character NUL")
    door = entry.of(connection)
    needed = handler.opt.get("scope")
    if needed is None:
        assert handler.opt.get("open"), "a route needs a scope, or says that it is open to all"
        if not handler.opt.get("uncounted"):
            door.count_open(connection)
        return
    caller = await door.let_in(connection)
    if needed not in caller.scopes:
        raise ScopeMissing(scope=needed)
    if not handler.opt.get("upload"):  # a file is whatever it is called
        _check_body_type(connection, handler.opt.get("takes", _JSON))
    connection.state.caller = caller


def _check_body_type(connection: ASGIConnection[Any, Any, Any, Any], takes: str) -> None:
    kind = connection.headers.get("content-type", takes)
    if kind.partition(";")[0].strip().lower() != takes:
        raise BodyTypeUnknown(takes=takes)
    if connection.headers.get("content-encoding", "identity") != "identity":
        raise BodyTypeUnknown(takes=takes)


def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Give the caller that was let in."""
    caller: Caller = request.state.caller
    return caller


OPEN: Final = {"open": True}
"""The ``opt`` of a route that needs no key; so many go of one address."""

UNCOUNTED: Final = {"open": True, "uncounted": True}
"""The ``opt`` of a route that is asked all the time, such as by what balances load."""


def needs(
    scope: Scope,
    *refuses: int,
    example: dict[str, Any] | None = None,
    reads: bool = False,
    unhurried: bool = False,
) -> dict[str, Any]:
    """Say in a route's ``opt`` which scope it needs.

    ``refuses``: statuses beyond those that every route of its kind may answer with; ``example``:
    a body, for the reference. A POST that only ``reads`` needs no key of its own. What is
    ``unhurried`` may take as long as it takes; all else is answered in time.
    """
    return {
        "scope": scope,
        "refuses": refuses,
        "example": example,
        "reads": reads,
        "unhurried": unhurried,
    }
