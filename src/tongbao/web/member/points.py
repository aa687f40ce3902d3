"""Points: what the numbers of the wallet are made of, and when each part was earned and ends."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import structs

from tongbao.hosting import parts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.web import lists, who
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.member.showing import tabs
from tongbao.web.who import MEMBER
from tongbao.web.words import Words, mark

Q = sql.load(__package__)

STATES: Final = {
    "available": mark("To spend"),
    "pending": mark("Pending"),
    "held": mark("Held"),
}
ORDERS: Final = {
    "ends": mark("What ends first"),
    "-earned_at": mark("Newest first"),
    "-points": mark("Most points first"),
    "issuer": mark("By issuer"),
}
_NEVER: Final = 9999
"""The year that stands for no end, so that what never ends can be put in order."""


def ending(at: datetime, spoken: Words) -> str:
    """Say when points end, or that they never do."""
    return spoken.say(mark("never expire")) if at.year >= _NEVER - 1 else spoken.date(at)


POINTS: Final = Listing(
    name="points",
    query=Q.member_points,
    columns=(
        Column(name="issuer", title=mark("Issuer"), sort=True),
        Column(name="state", title=mark("State"), says=STATES),
        Column(name="points", title=mark("Points"), kind="points", sort=True),
        Column(name="earned_at", title=mark("Earned"), kind="moment", sort=True),
        Column(name="release_at", title=mark("Can be spent from"), kind="moment"),
        Column(name="ends", title=mark("Expires"), sort=True, tells=ending),
    ),
    sort="ends",
    search=("issuer",),
    hint=mark("Issuer"),
    dates="ends",
    empty=mark("No points yet"),
    advice=mark(
        "Show your code at the till of any merchant of the alliance, and they come by themselves."
    ),
)


@get("/m/points", opt=MEMBER)
async def points(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what a member's points are made of, by issuer, state and when they end, or as a file."""
    me = who.member_of(request).member_id

    def ask(conn: Connection) -> tuple[str, dict[str, str]]:
        family = arrays.ints(i for (i,) in conn.execute(Q.member_family, {"member": me}))
        issuers = conn.execute(Q.member_issuers, {"members": family}).fetchall()
        return family, {code: name for code, name, *_ in issuers}

    family, issuers = await parts.read(request, ask)
    choices = (
        Choice(name="state", title=mark("State"), values=STATES),
        Choice(name="code", title=mark("Issuer"), values=issuers),
    )
    return await lists.show(
        request,
        "member/points.html",
        structs.replace(POINTS, choices=choices),
        {"members": family},
        tabs=tabs("/m/points"),
        orders=ORDERS,
        states=STATES,
        made_of=made_of,
        ending=ending,
    )


def made_of(row: Mapping[str, Any]) -> str:
    """Give the path of what gave a part of the points."""
    return f"/m/history/{row['operation']}"


ROUTES: Final[list[BaseRouteHandler]] = [points]
