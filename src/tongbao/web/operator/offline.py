"""What the tills of an organisation did without a network, as the operator sees it."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.till import allowances
from tongbao.web import lists, offline
from tongbao.web.lists import Column, Row
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark


def _page_of(row: Row) -> str:
    allowance = row.get("allowance_id", row["id"])
    return f"/operator/organisations/{row['organisation_id']}/allowances/{allowance}"


_MEMBER: Final = Column(
    name="member_id",
    title=mark("Member"),
    kind="member",
    to=lambda row: f"/operator/members/{row['member_id']}" if row["member_id"] else None,
)
_LINES: Final = offline.lines("/operator", _page_of)
LINES: Final = replace(
    _LINES,
    columns=tuple(_MEMBER if each.name == "known_by" else each for each in _LINES.columns),
)
ALLOWANCES: Final = offline.allowances(_page_of)


@get("/operator/organisations/{organisation:int}/offline", opt=sees(*OPERATOR))
async def line_list(request: Request[Any, Any, Any], organisation: FromPath[int]) -> Response[Any]:
    """List what an organisation's tills did offline, and what became of it."""
    found = await parts.read(request, lambda conn: organisations.get(conn, organisation))
    values = {"organisation": organisation, "allowance": None}
    return await lists.show(
        request, "operator/offline.html", LINES, values, organisation=found, allowance=None
    )


@get("/operator/organisations/{organisation:int}/allowances", opt=sees(*OPERATOR))
async def allowance_list(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[Any]:
    """List what an organisation's terminals may do, or might have done, offline."""
    found = await parts.read(request, lambda conn: organisations.get(conn, organisation))
    values = {"organisation": organisation, "terminal": None, "at": clock.now()}
    return await lists.show(
        request, "operator/allowances.html", ALLOWANCES, values, organisation=found
    )


@get("/operator/organisations/{organisation:int}/allowances/{allowance:int}", opt=sees(*OPERATOR))
async def allowance_page(
    request: Request[Any, Any, Any], organisation: FromPath[int], allowance: FromPath[int]
) -> Response[Any]:
    """Show an allowance, and what came home of it."""
    key = parts.of(request).settings.access_secret

    def ask(conn: Connection) -> dict[str, Any]:
        return {
            "organisation": organisations.get(conn, organisation),
            "allowance": allowances.get(conn, allowance, organisation, key=key),
        }

    shown = await parts.read(request, ask)
    values = {"organisation": organisation, "allowance": allowance}
    return await lists.show(request, "operator/offline.html", LINES, values, **shown)


ROUTES: Final[list[BaseRouteHandler]] = [line_list, allowance_list, allowance_page]
