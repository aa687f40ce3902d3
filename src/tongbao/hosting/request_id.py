"""Every request has an id: the caller's, if it sends a usable one, or ours."""

import re
import secrets
from itertools import count
from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "x-request-id"
NAME: Final = HEADER.encode()
_OURS: Final = secrets.token_hex(6)
"""What the ids of this process begin with; then they are counted. They need not be secret."""

_count: Final = count(1)
_USABLE: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestId(ASGIMiddleware):
    """Put the request's id into its state and into the answer's headers."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on; the answer says its id."""
        request_id = of(scope)

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders(message)[HEADER] = request_id
            await send(message)

        await next_app(scope, receive, with_id)


def of(scope: Scope) -> str:
    """Give the id of a request, and let it keep it."""
    state = scope["state"]
    known: str | None = state.get("request_id")
    if known is None:
        given = next((value for name, value in scope["headers"] if name == NAME), b"")
        usable = _USABLE.fullmatch(given) is not None
        known = state["request_id"] = given.decode() if usable else f"{_OURS}{next(_count):08x}"
    return known
