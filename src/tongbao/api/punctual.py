"""No call waits without end for a database that hangs: it is told to ask again.

Whoever works on long things for people, such as clearing, is waited for: those routes say so.
"""

import asyncio

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tongbao.hosting.patience import Patience


class Punctual(ASGIMiddleware):
    """Refuse ``answer-overdue`` instead of answering too late."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and let go of it when its time is over."""
        if scope["route_handler"].opt.get("unhurried", True):
            await next_app(scope, receive, send)
            return
        patience: Patience = scope["litestar_app"].state.patience
        clock = asyncio.get_running_loop().time
        with patience.waiting() as mine:

            async def received() -> object:
                mine.since = None  # the caller's own time is its own
                message = await receive()
                mine.since = clock()
                return message

            async def sent(message: Message) -> None:
                mine.since = None  # what is being answered is not late any more
                await send(message)

            await next_app(scope, received, sent)  # type: ignore[arg-type]
