"""Outlets of the organisation and their terminals: listed, added, changed, closed."""

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace
from psycopg.rows import dict_row

from tongbao.access import audit
from tongbao.alliance import brands, formats, outlets, sites, terminals
from tongbao.alliance.outlets import OutletNotFound
from tongbao.alliance.types import NewOutlet, Outlet
from tongbao.clearing import calendar
from tongbao.figures import days as figures
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.merchant.operations import LISTING as OPERATIONS
from tongbao.web.merchant.operations import asked as asked_of
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "place_queries.sql")

_LATELY: Final = timedelta(days=29)
_CHANGES: Final = {
    "rename": mark("It is changed."),
    "close": mark("The outlet is closed; its tills sell nothing more."),
    "reopen": mark("The outlet is open again."),
}
_BESIDE: Final = {"terminal-code-taken": "terminal", "code-malformed": "terminal"}
TERMINAL_STATES: Final = {"active": mark("Active"), "disabled": mark("Blocked")}

LISTING: Final = Listing(
    name="outlets",
    query=Q.outlets,
    sort="name",
    search=("name", "code", "site", "format"),
    hint=mark("Name, code, place or kind of business"),
    sums=True,
    choices=(Choice(name="state", title=mark("State"), values=labels.OUTLET_STATES),),
    columns=(
        lists.by_name(mark("Outlet"), lambda row: f"/merchant/outlets/{row['id']}"),
        Column(name="site", title=mark("Place"), sort=True),
        Column(name="format", title=mark("Business"), sort=True),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=labels.OUTLET_STATES,
            tones={"open": "active"},
        ),
        Column(
            name="terminals",
            title=mark("Terminals"),
            kind="number",
            sort=True,
            to=lambda row: (
                f"/merchant/terminals?{urlencode({'search': row['name'], 'state': 'active'})}"
            ),
        ),
        Column(
            name="people",
            title=mark("Cashiers"),
            kind="number",
            sort=True,
            to=lambda row: f"/merchant/staff?{urlencode({'search': row['name']})}",
        ),
        Column(
            name="sales",
            title=mark("Sales"),
            kind="money",
            sort=True,
            to=lambda row: (
                f"/merchant/outlets/{row['id']}/operations"
                f"?since={row['since']}&until={row['until']}"
            ),
        ),
        Column(
            name="accepted",
            title=mark("Points accepted"),
            kind="points",
            sort=True,
            to=lambda row: (
                f"/merchant/outlets/{row['id']}/operations"
                f"?with_points=yes&since={row['since']}&until={row['until']}"
            ),
        ),
    ),
    empty=mark("You have no outlet yet"),
    advice=mark("Add the first one; members earn and spend there."),
)
AT_OUTLET: Final = replace(OPERATIONS, name="operations-at-outlet")


@get("/merchant/outlets", opt=sees(*MERCHANT))
async def outlet_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the outlets of the organisation."""
    mine = who.of(request).organisation_id
    cutover = calendar.cutover_of(parts.of(request).settings)
    asked = lists.ask(request, LISTING)

    def catch_up(conn: Connection) -> date:
        figures.catch_up(conn, mine, cutover, few=figures.FEW)
        return asked.until or figures.today(conn, mine, cutover)

    last = await parts.write(request, catch_up)
    first = asked.since or last - _LATELY

    def bounds(conn: Connection) -> dict[str, Any]:
        return figures.bounds(conn, mine, cutover) | {"first": first, "last": last}

    return await lists.show(
        request, "merchant/outlets.html", LISTING, bounds, first=first, last=last
    )


@get("/merchant/outlets/new", opt=sees("manager"))
async def ask_outlet(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask what a new outlet is."""
    return await _new(request, None, None)


@post("/merchant/outlets/new", opt=sees("manager"))
async def add_outlet(request: Request[Any, Any, Any]) -> Response[str]:
    """Add an outlet, open from now on."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        made = outlets.add(
            conn,
            NewOutlet(
                code=form.text("code"),
                name=form.text("name"),
                organisation_id=me.organisation_id,
                site_id=sites.find(conn, form.text("site")).id,
                format=form.text("format"),
                brand_id=_brand(conn, form, me.organisation_id),
            ),
        )
        audit.note(conn, "outlet-added", me.actor(address), at, subject=f"outlet {made.code}")
        said = Said(mark("%(name)s is added. Now add its terminals."), {"name": made.name})
        return Done(f"/merchant/outlets/{made.id}", said)

    return await forms.submit(request, do, lambda form, no: _new(request, form, no))


@get("/merchant/outlets/{outlet:int}", opt=sees(*MERCHANT))
async def outlet_page(request: Request[Any, Any, Any], outlet: FromPath[int]) -> Response[str]:
    """Show an outlet, its terminals and who works there."""
    return await _page(request, outlet, None, None)


@get("/merchant/outlets/{outlet:int}/operations", opt=sees(*MERCHANT))
async def operations_at(request: Request[Any, Any, Any], outlet: FromPath[int]) -> Response[Any]:
    """List what the tills of an outlet did."""
    mine = who.of(request).organisation_id
    found = await parts.read(request, lambda conn: find(conn, outlet, mine))
    values = asked_of(mine, outlet=outlet)
    return await lists.show(request, "merchant/operations_at.html", AT_OUTLET, values, outlet=found)


@post("/merchant/outlets/{outlet:int}/change", opt=sees("manager"))
async def change_outlet(request: Request[Any, Any, Any], outlet: FromPath[int]) -> Response[str]:
    """Give an outlet another name, close it, or open it again."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        place = find(conn, outlet, me.organisation_id)
        action = form.choice("action", tuple(_CHANGES))
        if action == "rename":
            brand = _brand(conn, form, me.organisation_id)
            outlets.change(conn, outlet, name=form.text("name"), brand_id=brand)
        else:
            outlets.set_open(conn, outlet, is_open=action == "reopen")
        subject, said = f"outlet {place.code}", {"action": action}
        audit.note(conn, "outlet-changed", me.actor(address), at, subject=subject, said=said)
        return Done(f"/merchant/outlets/{outlet}", Said(_CHANGES[action]))

    return await forms.submit(request, do, lambda form, no: _page(request, outlet, form, no))


@post("/merchant/outlets/{outlet:int}/terminals", opt=sees("manager"))
async def add_terminal(request: Request[Any, Any, Any], outlet: FromPath[int]) -> Response[str]:
    """Add a terminal to an outlet."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        place = find(conn, outlet, me.organisation_id)
        made = terminals.add(conn, outlet, form.text("terminal"))
        subject = f"terminal {place.code}/{made.code}"
        audit.note(conn, "terminal-added", me.actor(address), at, subject=subject)
        said = Said(mark("The terminal %(code)s is added."), {"code": made.code})
        return Done(f"/merchant/outlets/{outlet}", said)

    return await forms.submit(request, do, lambda form, no: _page(request, outlet, form, no))


@post("/merchant/outlets/{outlet:int}/terminals/change", opt=sees("manager"))
async def change_terminal(request: Request[Any, Any, Any], outlet: FromPath[int]) -> Response[str]:
    """Block a terminal that is lost or was replaced, or let it work again."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        place = find(conn, outlet, me.organisation_id)
        active = form.choice("action", ("block", "unblock")) == "unblock"
        changed = terminals.set_active(conn, outlet, form.text("terminal"), active=active)
        subject, said = f"terminal {place.code}/{changed.code}", {"active": active}
        audit.note(conn, "terminal-changed", me.actor(address), at, subject=subject, said=said)
        text = mark("The terminal works again.") if active else mark("The terminal is blocked.")
        return Done(f"/merchant/outlets/{outlet}", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, outlet, form, no))


def find(conn: Connection, outlet: int, mine: int) -> Outlet:
    """Give an outlet of an organisation; refuses ``outlet-not-found`` for others'."""
    found = outlets.get(conn, outlet)
    if found.organisation_id != mine:
        raise OutletNotFound(outlet=outlet)
    return found


def _brand(conn: Connection, form: Form, mine: int) -> int | None:
    """Give the brand that a form names: one of the organisation, added if it is new."""
    name = form.maybe("brand")
    if name is None:
        return None
    known = {brand.name: brand.id for brand in brands.list_of(conn, mine)}
    return known[name] if name in known else brands.add(conn, mine, name).id


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine = who.of(request).organisation_id

    def ask(conn: Connection) -> dict[str, Any]:
        return {
            "sites": sites.list_after(conn),
            "formats": formats.list_after(conn),
            "brands": brands.list_of(conn, mine),
        }

    beside = {"outlet-code-taken": "code", "site-not-found": "site", "format-not-found": "format"}
    return pages.page(
        request,
        "merchant/outlet_new.html",
        status=422 if refusal else 200,
        form=form,
        refused=forms.beside(refusal, beside),
        **await parts.read(request, ask),
    )


async def _page(
    request: Request[Any, Any, Any], outlet: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine = who.of(request).organisation_id

    def ask(conn: Connection) -> dict[str, Any]:
        found = find(conn, outlet, mine)
        given = {"outlet": outlet, "limit": limits.PAGE}
        with conn.cursor(row_factory=dict_row) as cursor:
            place = cursor.execute(Q.place_of, given).fetchone() or {}
            staff = cursor.execute(Q.people_at, given).fetchall()
        return {
            "outlet": found,
            "place": place,
            "terminals": terminals.list_of(conn, outlet),
            "brands": brands.list_of(conn, mine),
            "staff": staff,
        }

    return pages.page(
        request,
        "merchant/outlet.html",
        status=422 if refusal else 200,
        form=form,
        refused=forms.beside(refusal, _BESIDE),
        states=labels.OUTLET_STATES,
        terminal_states=TERMINAL_STATES,
        staff_states=labels.STAFF_STATES,
        **await parts.read(request, ask),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    outlet_list,
    ask_outlet,
    add_outlet,
    outlet_page,
    operations_at,
    change_outlet,
    add_terminal,
    change_terminal,
]
