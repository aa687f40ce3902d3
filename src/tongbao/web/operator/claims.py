"""What two organisations owe each other, window by window: what the sums of a pair are made of."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation
from tongbao.hosting import parts
from tongbao.kernel.db import Connection
from tongbao.web import lists
from tongbao.web.lists import Column, Listing
from tongbao.web.merchant import positions
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

LISTING: Final[Listing] = replace(
    positions.WITH_ONE,
    name="claims-of-pair",
    columns=(
        Column(
            name="id",
            title=mark("Window"),
            kind="id",
            sort=True,
            to=lambda row: f"/operator/windows/{row['id']}",
        ),
        Column(name="owed", title=mark("It owes"), kind="money", sort=True),
        Column(name="due", title=mark("It is owed"), kind="money", sort=True),
        Column(name="net", title=mark("Net"), kind="money", sort=True),
        Column(name="operations", title=mark("Operations"), kind="number", sort=True),
        Column(name="opened_at", title=mark("Opened"), kind="moment"),
    ),
)


@get("/operator/organisations/{organisation:int}/claims/{other:int}", opt=sees(*OPERATOR))
async def claims_of_pair(
    request: Request[Any, Any, Any], organisation: FromPath[int], other: FromPath[int]
) -> Response[Any]:
    """List what an organisation owes another and is owed by it, window by window."""

    def ask(conn: Connection) -> tuple[Organisation, Organisation]:
        return organisations.get(conn, organisation), organisations.get(conn, other)

    one, its = await parts.read(request, ask)
    return await lists.show(
        request,
        "operator/claims.html",
        LISTING,
        {"organisation": organisation, "other": other},
        one=one,
        its=its,
    )


ROUTES: Final[list[BaseRouteHandler]] = [claims_of_pair]
