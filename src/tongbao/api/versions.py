"""The version of the interface: a date. A caller names the one it was written for."""

from typing import Final

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

HEADER: Final = "Tongbao-Version"
VERSIONS: Final = ("2026-11-01",)
"""Every version that is served, oldest first."""

CURRENT: Final = VERSIONS[-1]
_NAME: Final = HEADER.lower().encode()


class VersionUnknown(Malformed):
    code = "version-unknown"
    text = "there is no version {given!r} of this interface; there are {versions}"


class Version(ASGIMiddleware):
    """Say in every answer which version it is of; refuse ``version-unknown``."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on if it wants a version that there is."""
        wanted = next((value for name, value in scope["headers"] if name == _NAME), None)
        given = CURRENT if wanted is None else wanted.decode("latin-1")

        async def with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders(message)[HEADER] = given if given in VERSIONS else CURRENT
            await send(message)

        if given not in VERSIONS:
            raise VersionUnknown(given=texts.shown(given), versions=", ".join(VERSIONS))
        await next_app(scope, receive, with_version)
