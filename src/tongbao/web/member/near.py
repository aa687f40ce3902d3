"""Merchants near me: where points may be earned and spent, by city and format."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import structs

from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.web import lists, pages
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.member.showing import tabs
from tongbao.web.who import MEMBER
from tongbao.web.words import Words, mark

Q = sql.load(__package__)


def place_of(region: str, spoken: Words) -> str:
    """Name the city of a region, and its district where that has another name."""
    city, district = spoken.region(city_of(region[:4])), spoken.region(region)
    if district == city:
        return city
    return f"{city} {district}" if spoken.language == "zh" else f"{district}, {city}"


def city_of(code: str) -> str:
    """Give the region of a city by the first four digits of those in it."""
    if code[2:] in ("01", "02") and code[:2] in ("11", "12", "31", "50"):
        return code[:2] + "0000"  # a city that is its own province
    return code + "00"


ORDERS: Final = {
    "name": mark("By name"),
    "what": mark("By what it is"),
    "region": mark("By city"),
}
NEAR: Final = Listing(
    name="near",
    query=Q.outlets_near,
    columns=(
        Column(name="name", title=mark("Outlet"), sort=True),
        Column(name="organisation", title=mark("Merchant")),
        Column(name="what", title=mark("What it is"), sort=True),
        Column(
            name="region",
            title=mark("City"),
            sort=True,
            tells=place_of,
        ),
        Column(name="site", title=mark("Place")),
    ),
    sort="name",
    search=("name", "organisation", "site"),
    undated="it lists what there is now",
    empty=mark("No merchant here yet"),
    advice=mark("Look in another city, or for something else."),
)


@get("/m/near", opt=MEMBER)
async def near(request: Request[Any, Any, Any]) -> Response[Any]:
    """List outlets by city, format, and what is searched for, or give them as a file."""
    spoken = pages.words_of(request)

    def ask(conn: Connection) -> tuple[dict[str, str], dict[str, str]]:
        cities = conn.execute(Q.cities_with_outlets).fetchall()
        return {code: spoken.region(city_of(code)) for code, _ in cities}, dict(
            conn.execute(Q.formats_with_outlets).fetchall()
        )

    cities, formats = await parts.read(request, ask)
    choices = (
        Choice(name="city", title=mark("City"), values=cities),
        Choice(name="kind", title=mark("What it is"), values=formats),
    )
    return await lists.show(
        request,
        "member/near.html",
        structs.replace(NEAR, choices=choices),
        tabs=tabs("/m/near"),
        cities=cities,
        formats=formats,
        orders=ORDERS,
        place_of=lambda region: place_of(region, spoken),
    )


ROUTES: Final[list[BaseRouteHandler]] = [near]
