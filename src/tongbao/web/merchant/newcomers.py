"""Newcomers: members who came for the first time, and what had brought them."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.clearing import calendar
from tongbao.figures import days as figures
from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.web import labels, lists, who
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__)

WAYS: Final = {
    "points": mark("Paid with points of others"),
    "enrolled": mark("Registered by others"),
    "none": mark("Came by themselves"),
}
BROUGHT: Final = {"yes": mark("By others"), "no": mark("By themselves")}
LISTING: Final = Listing(
    name="newcomers",
    query=Q.newcomers,
    key="operation_id",
    sort="-operation_id",
    search=("known_by", "outlet", "enrolled_by"),
    hint=mark("End of a phone or card, outlet, organisation"),
    reach=lists.REACH // 2,  # each row is looked up in three other tables
    dates="effective_at",
    choices=(
        Choice(name="brought", title=mark("Came"), values=BROUGHT),
        Choice(name="way", title=mark("Brought by"), values=WAYS),
    ),
    columns=(
        Column(
            name="operation_id",
            title=mark("First operation"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/operations/{row['operation_id']}",
        ),
        Column(name="known_by", title=mark("Member")),
        Column(
            name="way",
            title=mark("Brought by"),
            says=WAYS,
            second="enrolled_by",
            second_title=mark("Enrolled by"),
        ),
        Column(name="outlet", title=mark("Outlet")),
        Column(name="foreign_points", title=mark("Points of others"), kind="points", sort=True),
        Column(name="sales", title=mark("First bill"), kind="money", sort=True),
        Column(name="effective_at", title=mark("When"), kind="moment"),
    ),
    empty=mark("Nobody has come for the first time yet"),
    advice=mark("Members appear here with their first purchase or award at your outlets."),
)


@get("/merchant/newcomers", opt=sees(*MERCHANT))
async def newcomer_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List members who came for the first time."""
    mine = who.of(request).organisation_id
    cutover = calendar.cutover_of(parts.of(request).settings)

    def catch_up(conn: Connection) -> None:
        figures.catch_up(conn, mine, cutover, few=figures.FEW)

    def bounds(conn: Connection) -> dict[str, Any]:
        return figures.bounds(conn, mine, cutover)

    await parts.write(request, catch_up)
    return await lists.show(
        request, "merchant/newcomers.html", LISTING, bounds, kinds=labels.OPERATIONS
    )


ROUTES: Final[list[BaseRouteHandler]] = [newcomer_list]
