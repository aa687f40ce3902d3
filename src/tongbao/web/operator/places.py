"""Where the alliance is: a plan of the provinces, and the sites with what is done at them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from psycopg.rows import dict_row

from tongbao.alliance import regions
from tongbao.clearing import calendar
from tongbao.figures import days
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.web import lists
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import named
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "places_queries.sql")

DAYS: Final = 30
_SUMMED_AT_ONCE: Final = 5
"""Organisations that a page sums where no worker has; it is to be quick."""

_LEVELS: Final = 5

GRID: Final = {
    "23": (8, 0),
    "15": (5, 1), "11": (6, 1), "22": (8, 1),
    "65": (0, 2), "62": (2, 2), "64": (3, 2), "14": (4, 2), "13": (5, 2), "12": (6, 2),
    "21": (7, 2),
    "63": (1, 3), "61": (3, 3), "41": (4, 3), "37": (5, 3),
    "54": (0, 4), "51": (2, 4), "50": (3, 4), "42": (4, 4), "34": (5, 4), "32": (6, 4),
    "31": (7, 4),
    "53": (2, 5), "52": (3, 5), "43": (4, 5), "36": (5, 5), "33": (6, 5),
    "45": (3, 6), "44": (4, 6), "35": (5, 6), "71": (6, 6),
    "46": (3, 7), "82": (4, 7), "81": (5, 7),
}  # fmt: skip
"""Where the square of each province stands, by the first two digits of its region: like a map."""


PROVINCES: Final = {province: regions.name(f"{province}0000") for province in GRID}


class Regions(Mapping[str, str]):
    """What regions are called, looked up as they are asked for; names of places stay Chinese."""

    def __getitem__(self, region: str) -> str:
        return regions.name(region)

    def __contains__(self, region: object) -> bool:
        return isinstance(region, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Square(Struct, frozen=True, kw_only=True):
    """A province on the plan: its place, and what is there; amounts are fen of points."""

    province: str
    name: str
    x: int
    y: int
    sites: int = 0
    outlets: int = 0
    volume: int = 0
    level: int = 0


LISTING: Final = Listing(
    name="sites",
    query=Q.sites,
    sort="-accepted",
    search=("name", "code"),
    hint=mark("Name or code"),
    sums=True,
    choices=(
        Choice(name="province", title=mark("Province"), values=PROVINCES),
        Choice(name="kind", title=mark("Kind"), values=named.PLACES),
    ),
    columns=(
        lists.by_name(mark("Site")),
        Column(name="region", title=mark("Region"), says=Regions(), sort=True),
        Column(name="kind", title=mark("Kind"), says=named.PLACES),
        Column(name="outlets", title=mark("Outlets"), kind="number", sort=True),
        Column(name="organisations", title=mark("Organisations"), kind="number", sort=True),
        Column(name="issued", title=mark("Points given"), kind="points", sort=True),
        Column(name="accepted", title=mark("Points spent"), kind="points", sort=True),
    ),
    empty=mark("There is no site here"),
    advice=mark("Sites and outlets come with the organisations that open them."),
)


@get("/operator/places", opt=sees(*OPERATOR))
async def places(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the alliance on a plan of the provinces, and its sites, of all or of one province."""
    chosen = str(request.query_params.get("province", ""))
    chosen = chosen if chosen in GRID else ""
    cutover = calendar.cutover_of(parts.of(request).settings)
    asked = lists.ask(request, LISTING)
    last = asked.until or calendar.business_date(clock.now(), cutover)
    first = asked.since or last - timedelta(days=DAYS)
    given = {"first": first, "last": last}

    def catch_up(conn: Connection) -> None:
        for organisation in days.behind(conn, _SUMMED_AT_ONCE):
            days.catch_up(conn, organisation, cutover)

    def ask(conn: Connection) -> list[dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(Q.provinces, given).fetchall()

    await parts.write(request, catch_up)
    found = await parts.read(request, ask)
    return await lists.show(
        request,
        "operator/places.html",
        LISTING,
        given,
        squares=squares(found),
        chosen=chosen,
        chosen_name=PROVINCES.get(chosen, ""),
        first=first,
        last=last,
        given=asked.until is not None,
    )


def squares(found: list[dict[str, Any]]) -> list[Square]:
    """Give every province with its place on the plan; its level is by the one with most."""
    known = {row["province"]: row for row in found}
    most = max((row["volume"] for row in found), default=0)
    return [
        Square(
            province=province,
            name=_short(PROVINCES[province]),
            x=x,
            y=y,
            **{
                name: known[province][name]
                for name in ("sites", "outlets", "volume")
                if province in known
            },
            level=_level(known[province]["volume"], most) if province in known else 0,
        )
        for province, (x, y) in GRID.items()
    ]


def _level(volume: int, most: int) -> int:
    """Give how strong a square is: from 1, where there are outlets, to 5."""
    return 1 + (_LEVELS - 1) * max(0, volume) // most if most > 0 else 1


def _short(name: str) -> str:
    return name[:3] if name.startswith(("内蒙古", "黑龙江")) else name[:2]


ROUTES: Final[list[BaseRouteHandler]] = [places]
