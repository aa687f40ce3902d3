"""What the service says of itself: alive, ready, which version."""

from importlib import metadata
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.api.caller import OPEN, UNCOUNTED
from tongbao.hosting.probe import Probe


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


ROUTES: Final[list[BaseRouteHandler]] = [health, ready, version]
