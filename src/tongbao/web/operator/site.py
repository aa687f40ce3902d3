"""A site: its outlets, whose they are, and what is given and spent at each."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.alliance import sites
from tongbao.hosting import parts
from tongbao.web import labels, lists
from tongbao.web.lists import Choice, Column, Listing, Row
from tongbao.web.operator import named, places
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark


def _operations(row: Row) -> str:
    """Give the list of what was done at an outlet in the days that are summed."""
    asked = {"search": row["name"], "since": row["since"], "until": row["until"]}
    return f"/operator/organisations/{row['organisation_id']}/operations?{urlencode(asked)}"


LISTING: Final = Listing(
    name="outlets-of-site",
    query=places.Q.outlets_at,
    sort="-accepted",
    search=("name", "code", "organisation", "format"),
    hint=mark("Outlet, code, organisation or business"),
    sums=True,
    choices=(Choice(name="state", title=mark("State"), values=labels.OUTLET_STATES),),
    columns=(
        lists.by_name(mark("Outlet"), _operations),
        Column(
            name="organisation",
            title=mark("Organisation"),
            sort=True,
            to=lambda row: f"/operator/organisations/{row['organisation_id']}",
        ),
        Column(name="format", title=mark("Business"), sort=True),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=labels.OUTLET_STATES,
            tones={"open": "active"},
        ),
        Column(name="issued", title=mark("Points given"), kind="points", sort=True),
        Column(name="accepted", title=mark("Points spent"), kind="points", sort=True),
    ),
    empty=mark("There is no outlet at this site"),
    advice=mark("An organisation opens outlets on its own pages, and chooses where they are."),
)


@get("/operator/places/{site:int}", opt=sees(*OPERATOR))
async def site_page(request: Request[Any, Any, Any], site: FromPath[int]) -> Response[Any]:
    """Show a site with its outlets."""
    found = await parts.read(request, lambda conn: sites.get(conn, site))
    given = await places.summed(request, lists.ask(request, LISTING))
    return await lists.show(
        request,
        "operator/site.html",
        LISTING,
        {**given, "site": site},
        site=found,
        kind=named.PLACES[found.kind],
        first=given["first"],
        last=given["last"],
    )


ROUTES: Final[list[BaseRouteHandler]] = [site_page]
