"""Merchants near me: where points may be earned and spent, by city and format."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from psycopg.rows import class_row

from tongbao.alliance import regions
from tongbao.alliance.regions import RegionUnknown
from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.web.member.showing import show
from tongbao.web.searching import literal
from tongbao.web.who import MEMBER

Q = sql.load(__package__)

ROWS: Final = 40
_LONGEST: Final = 60


class Near(Struct, frozen=True, kw_only=True):
    """An outlet as a member looks for it."""

    id: int
    name: str
    organisation: str
    site: str
    region: str
    format: str

    @property
    def city(self) -> str:
        """Give the name of its city."""
        return city_name(self.region[:4])

    @property
    def district(self) -> str:
        """Give the name of its district."""
        return _name(self.region)


@get("/m/near", opt=MEMBER)
async def near(request: Request[Any, Any, Any]) -> Response[str]:
    """List outlets by city, format, and what is searched for."""
    asked = request.query_params
    city, kind = str(asked.get("city", "")), str(asked.get("format", ""))
    search = str(asked.get("q", ""))[:_LONGEST].strip()
    after = str(asked.get("after", ""))
    given = {
        "city": city if city.isdecimal() and len(city) == 4 else None,
        "format": kind or None,
        "search": f"%{literal(search)}%" if search else None,
        "after": int(after) if after.isdecimal() and len(after) < 19 else 0,
        "limit": ROWS + 1,
    }

    def ask(conn: Connection) -> tuple[list[Near], list[tuple[str, int]], list[tuple[str, str]]]:
        with conn.cursor(row_factory=class_row(Near)) as cursor:
            found = cursor.execute(Q.outlets_near, given).fetchall()
        cities = conn.execute(Q.cities_with_outlets).fetchall()
        return found, cities, conn.execute(Q.formats_with_outlets).fetchall()

    found, cities, formats = await parts.read(request, ask)
    return show(
        request,
        "member/near.html",
        outlets=found[:ROWS],
        cities=[(code, city_name(code)) for code, _ in cities],
        formats=formats,
        city=city,
        kind=kind,
        search=search,
        more=found[ROWS - 1].id if len(found) > ROWS else None,
        first=not after,
    )


def city_name(code: str) -> str:
    """Give the name of a city by the first four digits of its regions."""
    if code[2:] in ("01", "02") and code[:2] in ("11", "12", "31", "50"):
        return _name(code[:2] + "0000")  # a city that is its own province
    return _name(code + "00")


def _name(region: str) -> str:
    try:
        return regions.name(region)
    except RegionUnknown:
        return region


ROUTES: Final[list[BaseRouteHandler]] = [near]
