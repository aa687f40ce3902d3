"""Staff and roles, and the log of what people did."""

from typing import Any, Final, cast
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from tongbao.access import audit, sessions, staff
from tongbao.access.roles import ROLES, Role
from tongbao.alliance import organisations, outlets
from tongbao.hosting import parts
from tongbao.kernel import arrays, clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, people, picking, searching, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing, Row
from tongbao.web.operator import logged
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, STAFF, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "people_queries.sql")


PERSON_ROLES: Final[dict[str, str]] = {role: labels.ROLES[role] for role in STAFF}
PEOPLE: Final = Listing(
    name="staff",
    query=Q.staff,
    sort="name",
    search=("login", "name", "organisation"),
    hint=mark("Name or organisation"),
    dates="created_at",
    choices=people.choices(PERSON_ROLES),
    columns=(
        people.name_at("/operator/staff"),
        Column(name="organisation", title=mark("Organisation"), sort=True),
        Column(name="role", title=mark("Role"), says=PERSON_ROLES),
        *people.ENDS,
    ),
    empty=mark("Nobody signs in yet"),
    advice=mark("Add somebody; a link lets the person set a password."),
)
_PAGES: Final = {
    "member": "members",
    "organisation": "organisations",
    "operation": "operations",
    "settlement": "settlements",
    "exception": "exceptions",
    "proposal": "proposals",
    "dispute": "disputes",
    "application": "applications",
    "bank report": "bank/reports",
    "verification": "verifications",
    "window": "windows",
}


def _about(row: Row) -> str | None:
    """Give the page of what an entry of the log is about."""
    if row["about_staff"] is not None:
        return f"/operator/staff/{row['about_staff']}"
    if row["about_organisation"] is not None:
        return f"/operator/organisations/{row['about_organisation']}"
    if row["kind"] == "payment-file-taken":
        return f"/operator/bank/files?{urlencode({'search': row['subject']})}"
    what, _, number = str(row["about_what"]).rpartition(" ")
    return f"/operator/{_PAGES[what]}/{number}" if what in _PAGES and number.isdecimal() else None


LOG: Final = Listing(
    name="audit",
    query=Q.audit,
    more=Q.told_of_entries,
    sort="-id",
    search=("kind", "everything"),
    within={"everything": logged.FRAGMENTS},
    hint=mark("What, who, about what or a fact"),
    dates="at",
    choices=(Choice(name="kind", title=mark("What"), values=logged.KINDS),),
    columns=(
        Column(name="id", title=mark("Entry"), kind="id", sort=True),
        Column(name="at", title=mark("When"), kind="moment"),
        Column(name="kind", title=mark("What"), says=logged.KINDS),
        Column(
            name="by",
            title=mark("Who"),
            kind="person",
            second="organisation",
            second_title=mark("Organisation"),
            says=logged.NOBODY,
        ),
        Column(name="about", title=mark("About"), tells=logged.about, to=_about),
        Column(name="facts", title=mark("Facts"), tells=logged.tell),
        Column(name="address", title=mark("From the address")),
    ),
    empty=mark("Nothing is written down yet"),
    advice=mark("What people do here and through the API is written down at once."),
)
ACTIONS: Final = ("disable", "enable", "remove-codes", "sign-out")
MAY: Final = {
    "admin": mark("Everything in the console, also changing people, contracts and limits."),
    "settlement": mark("Clearing, the bank, exceptions; proposes and decides money."),
    "marketer": mark("Looks at organisations, members and operations."),
    "auditor": mark("Looks at everything, the log and people included; changes nothing."),
    "manager": mark("One organisation: its figures, outlets, people, keys and tills."),
    "finance": mark("One organisation: its statements, claims and disputes."),
    "cashier": mark("The till of one outlet."),
}
"""What each role may do, in a sentence."""


@get("/operator/staff", opt=sees("admin", "auditor"))
async def staff_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List everybody who signs in."""
    return await lists.show(request, "operator/staff.html", PEOPLE)


@get("/operator/staff/new", opt=sees("admin"))
async def ask_person(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask who is to sign in."""
    return await _new(request, None, None)


@post("/operator/staff/new", opt=sees("admin"))
async def add_person(request: Request[Any, Any, Any]) -> Response[str]:
    """Add somebody; the page that follows shows the link to set a password with."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        role = cast(Role, form.choice("role", STAFF))
        whose = (
            picking.organisation(conn, form, "organisation")
            if form.maybe("organisation")
            else organisations.operator(conn).id
        )
        login, name = form.text("login"), form.text("name")
        place = _outlet(conn, form)
        made = staff.add(conn, whose, login, name, role, by=me.login, at=at, outlet_id=place)
        audit.note(conn, "staff-added", me.actor(address), at, subject=made.login)
        return Done(f"/operator/staff/{made.id}", Said(mark("Added. Now make the link.")))

    return await forms.submit(request, do, lambda form, no: _new(request, form, no))


@get("/operator/staff/{person:int}", opt=sees("admin", "auditor"))
async def person_page(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Show one of the staff, and where the person is signed in."""
    return await _person(request, person, None)


@post("/operator/staff/{person:int}/link", opt=sees("admin"))
async def make_link(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Make the link that lets somebody set a password, and show it this once."""
    await forms.read(request)
    return await _person(request, person, None, link=await people.link(request, person))


@post("/operator/staff/{person:int}/change", opt=sees("admin"))
async def change_person(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Disable somebody, let them in again, or take a lost second factor away."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        action = form.choice("action", ACTIONS)
        sessions.check_step_up(me, at)
        people.change(conn, person, action, by=me.login, at=at)
        subject, said = f"staff {person}", {"action": action}
        audit.note(conn, "staff-changed", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/staff/{person}", Said(mark("It is changed.")))

    return await forms.submit(request, do, lambda _form, no: _person(request, person, no))


@post("/operator/staff/{person:int}/role", opt=sees("admin"))
async def change_role(request: Request[Any, Any, Any], person: FromPath[int]) -> Response[str]:
    """Give somebody another name, role or outlet; another role ends all sessions."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        role, name = cast(Role, form.choice("role", STAFF)), form.text("name")
        sessions.check_step_up(me, at)
        if person == me.staff_id and role != me.role:
            raise people.OwnAccount
        place = _outlet(conn, form)
        staff.change(conn, person, by=me.login, at=at, name=name, role=role, outlet_id=place)
        subject, said = f"staff {person}", {"role": role, "name": name, "outlet": place}
        audit.note(conn, "staff-changed", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/staff/{person}", Said(mark("It is changed.")))

    return await forms.submit(request, do, lambda form, no: _person(request, person, no, form=form))


@get("/operator/roles", opt=sees("admin", "auditor"))
async def roles(request: Request[Any, Any, Any]) -> Response[str]:
    """Say what each role may do, and how many people have it."""

    def ask(conn: Connection) -> dict[str, int]:
        return dict(conn.execute(Q.count_roles).fetchall())

    counts = await parts.read(request, ask)
    return pages.page(
        request, "operator/roles.html", may=MAY, counts=counts, operators=OPERATOR, scopes=ROLES
    )


@get("/operator/audit", opt=sees("admin", "auditor"))
async def log(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what people did; who is looked for by name is found by number, as the log has it."""
    words = searching.words_of(lists.ask(request, LOG).search)
    if not words:
        return await lists.show(request, "operator/audit.html", LOG)
    patterns = arrays.texts(f"%{searching.literal(word)}%" for word in words)
    values = {"texts": patterns, "limit": limits.PAGE}
    found = await parts.read(request, lambda conn: conn.execute(Q.named, values).fetchall())
    named = {part: name for row in found for part, name in logged.parts_of(*row)}
    listing = replace(LOG, within={"everything": logged.FRAGMENTS | named})
    return await lists.show(request, "operator/audit.html", listing)


def _outlet(conn: Connection, form: Form) -> int | None:
    code = form.maybe("outlet")
    with forms.typed_in("outlet"):
        return None if code is None else outlets.find(conn, code).id


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    beside = {
        "login-taken": "login",
        "login-malformed": "login",
        "role-not-allowed": "role",
    }
    return pages.page(
        request,
        "operator/person_new.html",
        status=422 if refusal else 200,
        form=form,
        roles=PERSON_ROLES,
        refused=forms.beside(refusal, beside),
    )


async def _person(
    request: Request[Any, Any, Any],
    person: int,
    refusal: Refusal | None,
    link: str | None = None,
    form: Form | None = None,
) -> Response[str]:
    at = clock.now()

    def ask(conn: Connection) -> dict[str, Any]:
        found = staff.get(conn, person)
        place = found.outlet_id
        return {
            "outlet": "" if place is None else outlets.get(conn, place).code,
            "person": found,
            "organisation": organisations.get(conn, found.organisation_id),
            "signed_in": sessions.list_of(conn, person, at),
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/person.html",
        status=422 if refusal else 200,
        link=link,
        form=form,
        roles=PERSON_ROLES,
        states=labels.STAFF_STATES,
        refused=forms.beside(refusal, {"role-not-allowed": "role"}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    staff_list,
    ask_person,
    add_person,
    person_page,
    make_link,
    change_person,
    change_role,
    roles,
    log,
]
