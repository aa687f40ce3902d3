"""Each request is measured, traced and, if it went wrong, written to the log."""

import asyncio
import logging
from typing import Any, Final

import structlog
from litestar.types import Receive, Scope, Send

from tongbao.kernel import metrics, tracing

_log: Final = logging.getLogger("tongbao.http")
_NO_ROUTE: Final = "none"
_GONE: Final = "gone"


class Measured:
    """Wraps what answers requests; ``every``: write each to the log, not only what went wrong."""

    def __init__(self, serve: Any, *, every: bool) -> None:
        self._serve = serve
        self._every = every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        clock = asyncio.get_running_loop().time
        began = clock()
        status = 0

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        metrics.REQUESTS_RUNNING.inc()
        structlog.contextvars.clear_contextvars()
        try:
            with tracing.span(f"{scope['method']} request"):  # type: ignore[typeddict-item]
                await self._serve(scope, receive, noted)
        finally:
            metrics.REQUESTS_RUNNING.dec()
            self._note(scope, status, clock() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = str(scope.get("method"))
        route = str(scope.get("path_template") or _NO_ROUTE) if status != 404 else _NO_ROUTE
        said = str(status) if status else _GONE
        metrics.REQUEST_SECONDS.labels(method, route, said).observe(seconds)
        if self._every or status >= 500:
            facts = {
                "request_id": scope["state"].get("request_id"),
                "method": method,
                "route": route,
                "status": said,
                "seconds": round(seconds, 6),
            }
            caller = scope["state"].get("caller")
            if caller is not None:
                facts |= {"organisation": caller.organisation_id, "key": caller.key_id}
            level = logging.WARNING if status >= 500 else logging.INFO
            _log.log(level, "request", extra=facts)
