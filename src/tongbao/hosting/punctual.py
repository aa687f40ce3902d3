"""No request waits without end for a database that hangs: it is told to ask again.

Calls of tills and apps are answered in time, whatever it is. Long things for people, such as
clearing, and pages are waited for as long as the database gives a sign of life: those routes are
``unhurried``.
"""

import asyncio
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tongbao.hosting import probe
from tongbao.hosting.parts import Parts
from tongbao.hosting.patience import Patience
from tongbao.kernel import db


def begin(app_state: Any, parts: Parts) -> None:
    """Let an application have patience, for as long as the settings say."""
    alive = probe.of_server(db.url(parts.settings))
    app_state.patience = Patience(parts.settings.answer_within, alive)


class Punctual(ASGIMiddleware):
    """Refuse ``answer-overdue`` instead of answering too late."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and let go of it when its time is over."""
        unhurried = scope["route_handler"].opt.get("unhurried", True)
        patience: Patience = scope["litestar_app"].state.patience
        clock = asyncio.get_running_loop().time
        with patience.waiting(unhurried=unhurried) as mine:

            async def received() -> object:
                mine.since = None  # the caller's own time is its own
                message = await receive()
                mine.since = clock()
                return message

            async def sent(message: Message) -> None:
                mine.since = None  # what is being answered is not late any more
                await send(message)

            await next_app(scope, received, sent)  # type: ignore[arg-type]
