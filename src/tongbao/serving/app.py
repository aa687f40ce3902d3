"""The application that each process serves: API and pages side by side, on the same parts."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection as Rope
from typing import Any

from litestar import Litestar
from litestar.types import Receive, Scope, Send

from tongbao.api import app as api
from tongbao.hosting import leaving, logs, traces
from tongbao.hosting.parts import Parts, opened
from tongbao.kernel import garbage
from tongbao.kernel.settings import Settings
from tongbao.serving import rope as ropes
from tongbao.serving.measure import Measured
from tongbao.serving.patience import patient
from tongbao.web import app as web
from tongbao.web import assets


def mounts(settings: Settings, parts: Parts) -> Sequence[tuple[str, Litestar]]:
    """Give the applications and where they are: the first whose prefix fits takes a request."""
    asked = api.make(settings, parts)
    if not assets.built():
        return [("/", asked)]
    return [("/v1/", asked), ("/schema", asked), ("/", web.make(settings, parts))]


class Service:
    """What Granian calls in each process; ``rope`` says when the service is to end."""

    def __init__(self, settings: Settings, rope: Rope) -> None:
        self._settings = settings
        self._rope = rope
        self._mounts: Sequence[tuple[str, Litestar]] = ()
        self._measured = Measured(self._serve, every=settings.log_requests == "all")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, or live from startup to shutdown."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._measured(scope, patient(receive), send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        for prefix, app in self._mounts:
            if path.startswith(prefix):
                await app(scope, receive, send)
                return

    async def _live(self, receive: Any, send: Any) -> None:
        """Say when requests can be served; at the end, when all are answered, close the parts."""
        await receive()
        async with self._opened():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        leaving.soon()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            parts = stack.enter_context(opened(self._settings))
            ropes.follow(self._rope, parts.stopping)
            self._mounts = mounts(self._settings, parts)
            for app in dict.fromkeys(app for _, app in self._mounts):
                await stack.enter_async_context(app.lifespan())
            garbage.calm()
            yield


def load(settings: Settings, rope: Rope) -> Service:
    """Make the service in a process of Granian's."""
    logs.configure(settings.log_format, settings.log_level)
    traces.begin(os.environ, f"http-{os.getpid()}")
    return Service(settings, rope)
