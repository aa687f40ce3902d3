"""The overview: what goes on in the alliance now."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.web import pages
from tongbao.web.who import OPERATOR, sees

Q = sql.load(__package__)


@get("/operator", opt=sees(*OPERATOR))
async def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the alliance as it stands."""
    circulation = await parts.read(request, _circulation)
    return pages.page(request, "operator/overview.html", circulation=circulation)


def _circulation(conn: Connection) -> int:
    (found,) = conn.execute(Q.circulation_now).fetchone() or (0,)
    return int(found)


ROUTES: Final[list[BaseRouteHandler]] = [overview]
