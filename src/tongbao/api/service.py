"""What the service says of itself: alive, ready, which version."""

import asyncio
from importlib import metadata
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.api.caller import OPEN, UNCOUNTED
from tongbao.hosting import parts
from tongbao.kernel import db


@get("/v1/health", opt=UNCOUNTED)
async def health() -> dict[str, str]:
    """Say that the process runs."""
    return {"status": "alive"}


@get("/v1/ready", opt=UNCOUNTED)
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Say whether money calls can be served now: the database answers."""
    try:
        await asyncio.wait_for(parts.read(request, _ask), 2)
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        return Response({"status": "not-ready"}, status_code=503)
    return Response({"status": "ready"})


@get("/v1/version", opt=OPEN)
async def version() -> dict[str, str]:
    """Say which version this is."""
    return {"version": metadata.version("tongbao")}


def _ask(conn: db.Connection) -> None:
    conn.execute("SELECT 1")


ROUTES: Final[list[BaseRouteHandler]] = [health, ready, version]
