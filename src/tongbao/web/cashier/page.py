"""The page itself: where somebody works, and the till."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.alliance import outlets
from tongbao.alliance.types import Outlet
from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.web import pages, who
from tongbao.web.cashier.place import AT_TILL, here, is_mine


@get("/till", opt=AT_TILL)
async def choose(request: Request[Any, Any, Any]) -> Response[str]:
    """Lead to the outlet of a cashier, or let a manager choose one."""
    me = who.of(request)

    def ask(conn: Connection) -> list[Outlet]:
        if me.outlet_id is not None:
            return [outlets.get(conn, me.outlet_id)]
        mine = outlets.list_of(conn, me.organisation_id, limit=limits.PAGE)
        return [place for place in mine if place.open and is_mine(me, place)]

    found = await parts.read(request, ask)
    if len(found) == 1:
        return pages.go(f"/till/at/{found[0].code}")
    return pages.page(request, "cashier/choose.html", outlets=found)


@get("/till/at/{outlet:str}", opt=AT_TILL)
async def till(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[str]:
    """Show the till of an outlet."""
    place = await here(request, outlet)
    return pages.page(request, "cashier/till.html", outlet=place)


ROUTES: Final[list[BaseRouteHandler]] = [choose, till]
