"""What the service says of itself: alive, ready, which version."""

import asyncio
import threading
from contextlib import suppress
from importlib import metadata
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.api.caller import OPEN, UNCOUNTED
from tongbao.hosting.database import begun
from tongbao.kernel import db

_PATIENCE: Final = 2.0
"""Seconds in which the database has to give a sign of life."""


@get("/v1/health", opt=UNCOUNTED)
async def health() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "alive"}


@get("/v1/ready", opt=UNCOUNTED)
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Say whether money calls can be served now: the database answers."""
    probe: Probe = request.app.state.probe
    if await probe.answers():
        return Response({"status": "ready"})
    return Response({"status": "not-ready"}, status_code=503)


@get("/v1/version", opt=OPEN)
async def version() -> dict[str, str]:
    """Say which version this is."""
    return {"version": metadata.version("tongbao")}


class Probe:
    """Asks the database for a sign of life; for the thread of one event loop.

    One that hangs keeps one thread of its own and one connection, however often is asked: all wait
    for the same sign, and no longer than they should.
    """

    def __init__(self, pool: db.Pool) -> None:
        self._pool = pool
        self._asked: asyncio.Future[bool] | None = None

    async def answers(self) -> bool:
        """Say whether the database answers in time."""
        asked = self._asked
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = self._asked = loop.create_future()
            asked.add_done_callback(self._forget)
            threading.Thread(
                target=self._ask, args=(loop, asked), name="probe", daemon=True
            ).start()
        await asyncio.wait([asked], timeout=_PATIENCE)
        return asked.done() and asked.result()

    def _forget(self, _: "asyncio.Future[bool]") -> None:
        self._asked = None

    def _ask(self, loop: asyncio.AbstractEventLoop, asked: "asyncio.Future[bool]") -> None:
        try:
            with begun(self._pool) as conn:
                conn.execute("SELECT 1")
            alive = True
        except Exception:  # noqa: BLE001 - whatever it is, we are not ready
            alive = False
        with suppress(RuntimeError):  # the service has ended
            loop.call_soon_threadsafe(asked.set_result, alive)


ROUTES: Final[list[BaseRouteHandler]] = [health, ready, version]
