"""Staff of the organisation: invited, given a role and a place, locked, let in again."""

from datetime import datetime
from typing import Any, Final, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions, staff
from tongbao.access.roles import Role
from tongbao.access.sessions import SignedIn
from tongbao.access.staff import Staff
from tongbao.alliance import outlets
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, people, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Column, Listing
from tongbao.web.merchant.outlets import find as find_outlet
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, FieldMissing, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "place_queries.sql")

GIVEN: Final[tuple[Role, ...]] = (*MERCHANT, "cashier")
ROLES: Final[dict[str, str]] = {role: labels.ROLES[role] for role in GIVEN}
_ACTIONS: Final = ("disable", "enable", "remove-codes", "place")
LISTING: Final = Listing(
    name="staff",
    query=Q.staff,
    sort="name",
    search=("login", "name", "outlet"),
    hint=mark("Name or outlet"),
    dates="created_at",
    choices=people.choices(ROLES),
    columns=(
        people.name_at("/merchant/staff"),
        Column(name="role", title=mark("Role"), says=ROLES, sort=True),
        Column(name="outlet", title=mark("Outlet"), sort=True),
        *people.ENDS,
    ),
    empty=mark("Nobody signs in yet"),
    advice=mark("Add somebody; a link lets the person set a password."),
)


@get("/merchant/staff", opt=sees("manager"))
async def staff_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List who signs in for the organisation."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/staff.html", LISTING, mine)


@get("/merchant/staff/new", opt=sees("manager"))
async def ask_person(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask who is to sign in."""
    return await _new(request, None, None)


@post("/merchant/staff/new", opt=sees("manager"))
async def add_person(request: Request[Any, Any, Any]) -> Response[str]:
    """Add somebody; the page that follows shows the link to set a password with."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        role, outlet = _role_and_place(conn, form, me)
        mine, login, name = me.organisation_id, form.text("login"), form.text("name")
        made = staff.add(conn, mine, login, name, role, by=me.login, at=at, outlet_id=outlet)
        audit.note(conn, "staff-added", me.actor(address), at, subject=made.login)
        return Done(f"/merchant/staff/{made.id}", Said(mark("Added. Now make the link.")))

    return await forms.submit(request, do, lambda form, no: _new(request, form, no))


@get("/merchant/staff/{person:int}", opt=sees("manager"))
async def person_page(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Show somebody of the staff, and where the person is signed in."""
    return await _person(request, person, None, None)


@post("/merchant/staff/{person:int}/link", opt=sees("manager"))
async def make_link(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Make the link that lets somebody set a password, and show it this once."""
    await forms.read(request)
    link = await people.link(request, person, who.of(request).organisation_id)
    return await _person(request, person, None, None, link=link)


@post("/merchant/staff/{person:int}/change", opt=sees("manager"))
async def change_person(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Lock somebody, let them in again, give another role or place, take a lost factor away."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        whom = staff.get(conn, person, me.organisation_id, lock=True)
        action = form.choice("action", _ACTIONS)
        sessions.check_step_up(me, at)
        if whom.id == me.staff_id:
            raise people.OwnAccount
        _change(conn, whom, action, form, me, at)
        subject, said = f"staff {whom.login}", {"action": action}
        audit.note(conn, "staff-changed", me.actor(address), at, subject=subject, said=said)
        return Done(f"/merchant/staff/{person}", Said(mark("It is changed.")))

    return await forms.submit(request, do, lambda form, no: _person(request, person, form, no))


def _change(
    conn: Connection, whom: Staff, action: str, form: Form, me: SignedIn, at: datetime
) -> None:
    if action == "place":
        role, outlet = _role_and_place(conn, form, me)
        staff.change(conn, whom.id, by=me.login, at=at, role=role, outlet_id=outlet)
    else:
        people.change(conn, whom.id, action, by=me.login, at=at)


def _role_and_place(conn: Connection, form: Form, me: SignedIn) -> tuple[Role, int | None]:
    """Give the role and the outlet that a form names; a cashier works at one."""
    role = cast(Role, form.choice("role", GIVEN))
    given = form.maybe("outlet")
    if given is None:
        if role == "cashier":
            raise FieldMissing(name="outlet")
        return role, None
    number = int(given) if given.isdecimal() and len(given) < 19 else 0
    return role, find_outlet(conn, number, me.organisation_id).id


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    beside = {"login-taken": "login", "login-malformed": "login", "outlet-not-found": "outlet"}
    mine = who.of(request).organisation_id
    places = await parts.read(request, lambda conn: outlets.list_of(conn, mine))
    return pages.page(
        request,
        "merchant/person_new.html",
        status=422 if refusal else 200,
        form=form,
        roles=ROLES,
        outlets=places,
        refused=forms.beside(refusal, beside),
    )


async def _person(
    request: Request[Any, Any, Any],
    person: int,
    form: Form | None,
    refusal: Refusal | None,
    link: str | None = None,
) -> Response[str]:
    at, mine = clock.now(), who.of(request).organisation_id

    def ask(conn: Connection) -> dict[str, Any]:
        found = staff.get(conn, person, mine)
        return {
            "person": found,
            "outlets": outlets.list_of(conn, mine),
            "signed_in": sessions.list_of(conn, person, at),
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "merchant/person.html",
        status=422 if refusal else 200,
        link=link,
        form=form,
        roles=ROLES,
        states=labels.STAFF_STATES,
        refused=forms.beside(refusal, {"outlet-not-found": "outlet"}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    staff_list,
    ask_person,
    add_person,
    person_page,
    make_link,
    change_person,
]
