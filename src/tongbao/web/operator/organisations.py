"""Organisations: the list, and a new one."""

from typing import Any, Final, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.alliance.types import Role
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__)

ROLES: Final = {
    code: text for code, text in labels.ORGANISATION_ROLES.items() if code != "operator"
}
LISTING: Final = Listing(
    name="organisations",
    query=Q.organisations,
    sort="name",
    search=("name", "code"),
    hint=mark("Name or code"),
    dates="registered_at",
    choices=(
        Choice(name="status", title=mark("State"), values=labels.ORGANISATION_STATES),
        Choice(name="role", title=mark("Role"), values=ROLES),
    ),
    columns=(
        lists.by_name(mark("Organisation"), lambda row: f"/operator/organisations/{row['id']}"),
        Column(name="role", title=mark("Role"), says=ROLES),
        Column(name="status", title=mark("State"), kind="state", says=labels.ORGANISATION_STATES),
        Column(name="outlets", title=mark("Outlets"), kind="number", sort=True),
        Column(name="circulation", title=mark("In circulation"), kind="points", sort=True),
        Column(name="position", title=mark("Position"), kind="money", sort=True),
        Column(name="registered_at", title=mark("Registered"), kind="date", sort=True),
    ),
    empty=mark("No organisation has joined yet"),
    advice=mark("Register the first one; it can issue points once it has a contract."),
)


@get("/operator/organisations", opt=sees(*OPERATOR))
async def organisation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the organisations of the alliance."""
    return await lists.show(request, "operator/organisations.html", LISTING)


@get("/operator/organisations/new", opt=sees("admin"))
async def ask_organisation(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask what a new organisation is."""
    return await _form(request, None, None)


@post("/operator/organisations/new", opt=sees("admin"))
async def register(request: Request[Any, Any, Any]) -> Response[str]:
    """Register an organisation."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        role = cast(Role, form.choice("role", tuple(ROLES)))
        made = organisations.register(conn, form.text("code"), form.text("name"), role, at)
        facts = {"code": made.code, "role": role}
        actor, subject = me.actor(address), f"organisation {made.id}"
        audit.note(conn, "organisation-registered", actor, at, subject=subject, said=facts)
        said = Said(mark("%(name)s is registered."), {"name": form.text("name")})
        return Done(f"/operator/organisations/{made.id}", said)

    return await forms.submit(request, do, lambda form, no: _form(request, form, no))


async def _form(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    return pages.page(
        request,
        "operator/organisation_new.html",
        status=422 if refusal else 200,
        form=form,
        roles=ROLES,
        refused=forms.beside(refusal, {"organisation-code-taken": "code"}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [organisation_list, ask_organisation, register]
