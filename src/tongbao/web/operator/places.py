"""Where the alliance is: a plan of the provinces, and the sites with what is done at them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct, structs
from psycopg.rows import dict_row

from tongbao.clearing import calendar
from tongbao.figures import days
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.web import lists, pages
from tongbao.web.lists import Asked, Choice, Column, Listing, Row
from tongbao.web.operator import named
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "places_queries.sql")

DAYS: Final = 30
_SUMMED_AT_ONCE: Final = 5
"""Organisations that a page sums where no worker has; it is to be quick."""

_LEVELS: Final = 5

GRID: Final = {
    "23": (8, 0, "HL"),
    "15": (5, 1, "NM"), "11": (6, 1, "BJ"), "22": (8, 1, "JL"),
    "65": (0, 2, "XJ"), "62": (2, 2, "GS"), "64": (3, 2, "NX"), "14": (4, 2, "SX"),
    "13": (5, 2, "HE"), "12": (6, 2, "TJ"), "21": (7, 2, "LN"),
    "63": (1, 3, "QH"), "61": (3, 3, "SN"), "41": (4, 3, "HA"), "37": (5, 3, "SD"),
    "54": (0, 4, "XZ"), "51": (2, 4, "SC"), "50": (3, 4, "CQ"), "42": (4, 4, "HB"),
    "34": (5, 4, "AH"), "32": (6, 4, "JS"), "31": (7, 4, "SH"),
    "53": (2, 5, "YN"), "52": (3, 5, "GZ"), "43": (4, 5, "HN"), "36": (5, 5, "JX"),
    "33": (6, 5, "ZJ"),
    "45": (3, 6, "GX"), "44": (4, 6, "GD"), "35": (5, 6, "FJ"), "71": (6, 6, "TW"),
    "46": (3, 7, "HI"), "82": (4, 7, "MO"), "81": (5, 7, "HK"),
}  # fmt: skip
"""Where the square of each province stands, by the first two digits of its region: like a map; and
its letters in GB/T 2260, for where its name has no room."""

_FITS: Final = 9
"""Letters of a name that fit on one line of a square; a longer word is pressed together."""


class Square(Struct, frozen=True, kw_only=True):
    """A province on the plan: its place, and what is there; amounts are fen of points.

    ``lines`` are its short name as it is written on the square.
    """

    province: str
    name: str
    lines: tuple[str, ...]
    letters: str
    x: int
    y: int
    sites: int = 0
    outlets: int = 0
    volume: int = 0
    level: int = 0


def outlets_of(row: Row, sort: str) -> str:
    """Give the page of a site: with its open outlets, which are counted, in an order."""
    days = {"since": row["since"], "until": row["until"]}
    asked = {"state": "open", "sort": sort, **days} if sort else days
    return f"/operator/places/{row['id']}?{urlencode(asked)}"


LISTING: Final = Listing(
    name="sites",
    query=Q.sites,
    sort="-accepted",
    search=("name", "code"),
    hint=mark("Name or code"),
    sums=True,
    choices=(Choice(name="kind", title=mark("Kind"), values=named.PLACES),),
    columns=(
        lists.by_name(mark("Site"), lambda row: outlets_of(row, "")),
        Column(
            name="region",
            title=mark("Region"),
            tells=lambda region, spoken: spoken.region(region),
            sort=True,
        ),
        Column(name="kind", title=mark("Kind"), says=named.PLACES),
        Column(
            name="outlets",
            title=mark("Outlets"),
            kind="number",
            sort=True,
            to=lambda row: outlets_of(row, "name"),
        ),
        Column(
            name="organisations",
            title=mark("Organisations"),
            kind="number",
            sort=True,
            to=lambda row: outlets_of(row, "organisation"),
        ),
        Column(
            name="issued",
            title=mark("Points given"),
            kind="points",
            sort=True,
            to=lambda row: outlets_of(row, "-issued"),
        ),
        Column(
            name="accepted",
            title=mark("Points spent"),
            kind="points",
            sort=True,
            to=lambda row: outlets_of(row, "-accepted"),
        ),
    ),
    empty=mark("There is no site here"),
    advice=mark("Sites and outlets come with the organisations that open them."),
)


@get("/operator/places", opt=sees(*OPERATOR))
async def places(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the alliance on a plan of the provinces, and its sites, of all or of one province."""
    chosen = str(request.query_params.get("province", ""))
    chosen = chosen if chosen in GRID else ""
    called = provinces(pages.words_of(request))
    listing = structs.replace(
        LISTING,
        choices=(
            Choice(name="province", title=mark("Province"), values=called),
            *LISTING.choices,
        ),
    )
    asked = lists.ask(request, listing)
    given = await summed(request, asked)

    def ask(conn: Connection) -> list[dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(Q.provinces, given).fetchall()

    found = await parts.read(request, ask)
    return await lists.show(
        request,
        "operator/places.html",
        listing,
        given,
        squares=squares(found, called),
        fits=_FITS,
        chosen=chosen,
        chosen_name=called.get(chosen, ""),
        first=given["first"],
        last=given["last"],
        given=asked.until is not None,
    )


async def summed(request: Request[Any, Any, Any], asked: Asked) -> dict[str, date]:
    """Give the first and the last day that figures are asked of, summed as far as is quick."""
    cutover = calendar.cutover_of(parts.of(request).settings)
    last = asked.until or calendar.business_date(clock.now(), cutover)
    first = asked.since or last - timedelta(days=DAYS)

    def catch_up(conn: Connection) -> None:
        for organisation in days.behind(conn, _SUMMED_AT_ONCE):
            days.catch_up(conn, organisation, cutover)

    await parts.write(request, catch_up)
    return {"first": first, "last": last}


def provinces(spoken: Words) -> dict[str, str]:
    """Give what each province on the plan is called."""
    return {province: spoken.region(f"{province}0000") for province in GRID}


def squares(found: list[dict[str, Any]], called: Mapping[str, str]) -> list[Square]:
    """Give every province with its place on the plan; its level is by the one with most."""
    known = {row["province"]: row for row in found}
    most = max((row["volume"] for row in found), default=0)
    return [
        Square(
            province=province,
            name=name,
            lines=_lines(name),
            letters=letters,
            x=x,
            y=y,
            **{
                what: known[province][what]
                for what in ("sites", "outlets", "volume")
                if province in known
            },
            level=_level(known[province]["volume"], most) if province in known else 0,
        )
        for province, (x, y, letters) in GRID.items()
        for name in [_short(called[province])]
    ]


def _level(volume: int, most: int) -> int:
    """Give how strong a square is: from 1, where there are outlets, to 5."""
    return 1 + (_LEVELS - 1) * max(0, volume) // most if most > 0 else 1


def _short(name: str) -> str:
    """Leave out what a province is, as maps do: 广西 for 广西壮族自治区."""
    if name.isascii():
        return name
    return name[:3] if name.startswith(("内蒙古", "黑龙江")) else name[:2]


def _lines(name: str) -> tuple[str, ...]:
    """Break a name of several words that is too long for a square."""
    return (name,) if len(name) <= _FITS else tuple(name.split())


ROUTES: Final[list[BaseRouteHandler]] = [places]
