"""What every answer says in its headers: its request, the version, how often its caller may ask."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tongbao.api import entry, versions
from tongbao.hosting import request_id


class Heading(ASGIMiddleware):
    """Write them in one go; refuses ``version-unknown``."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on if it wants a version that there is."""
        asked = request_id.of(scope)
        version = versions.wanted(scope)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [
                    (request_id.NAME, asked.encode()),
                    (versions.NAME, version),
                    *entry.standing(scope),
                ]
                names = {name for name, _ in ours}  # a refusal says some of them already
                others = [each for each in message["headers"] if each[0].lower() not in names]
                message["headers"] = [*others, *ours]
            await send(message)

        await next_app(scope, receive, headed)
