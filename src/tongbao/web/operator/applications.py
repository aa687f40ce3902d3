"""Applications: who wants to join, what the checks say, accepted on terms or refused."""

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions
from tongbao.alliance import formats, organisations
from tongbao.desk import proposals
from tongbao.hosting import parts
from tongbao.joining import applications, beginning, checks, decide
from tongbao.joining.types import Acceptance, Application
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import terms
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

Q = sql.load(__package__, "applications_queries.sql")

SEES: Final = sees("admin", "settlement", "auditor")
"""Contacts and bank accounts are for those who need them."""
STATES: Final = {
    "submitted": mark("To decide"),
    "asked": mark("Asked for more"),
    "accepted": mark("Admitted"),
    "refused": mark("Refused"),
}
CHECKS: Final = {
    "credit-code": mark("The credit code is that of a business"),
    "registered-at": mark("Registered in the outlet's province"),
    "known": mark("Does not take part yet"),
    "applied": mark("Has not applied twice"),
    "name": mark("Nobody else has the name"),
    "format": mark("The merchant category is allowed"),
    "region": mark("The region exists"),
    "account": mark("The bank account can be paid to"),
    "holder": mark("The account is in the name of the business"),
    "account-used": mark("Nobody else is paid to the account"),
}
"""What is checked of an application, as it is when all is well."""

ADVICE: Final = {
    "credit-code": mark("It is an authority's or an association's. Ask why it sells."),
    "registered-at": mark("Ask for the licence of the branch."),
    "known": mark("It takes part already: add an outlet there, and refuse this."),
    "applied": mark("Look at the other one, and refuse what is too much."),
    "name": mark("Compare the credit codes; it may be the same business."),
    "format": mark("Points could be turned into cash here. Ask what is sold."),
    "region": mark("It was merged or renamed. Ask for the new address."),
    "account": mark("Ask for the number of the account and the code of the bank."),
    "holder": mark("Ask whose account it is; pay to nobody but the business."),
    "account-used": mark("Ask how the two belong together."),
}
"""What to do about a check that has not passed."""

RESULTS: Final = {
    "passed": mark("in order"),
    "look": mark("take a look"),
    "failed": mark("not possible"),
}
LISTING: Final = Listing(
    name="applications",
    query=Q.applications,
    sort="-id",
    search=("name", "credit_code", "contact"),
    hint=mark("Name, credit code or contact"),
    dates="made_at",
    choices=(Choice(name="state", title=mark("State"), values=STATES),),
    columns=(
        Column(
            name="name",
            title=mark("Applicant"),
            sort=True,
            second="credit_code",
            second_title=mark("Unified social credit code"),
            to=lambda row: f"/operator/applications/{row['id']}",
        ),
        Column(name="format", title=mark("Format"), sort=True),
        Column(name="state", title=mark("State"), kind="state", says=STATES),
        Column(name="made_at", title=mark("Applied"), kind="moment", sort=True),
        Column(name="changed_at", title=mark("Changed"), kind="moment", sort=True),
    ),
    empty=mark("Nobody has applied yet"),
    advice=mark("Merchants apply on the page /join; send them its address."),
)
_FIELDS: Final = {
    "organisation-code-taken": "code",
    "outlet-code-taken": "code",
    "site-code-taken": "code",
    "login-taken": "login",
    "login-malformed": "login",
}
"""The field of a refusal that does not name it."""


@get("/operator/applications", opt=SEES)
async def application_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List who wants to join."""
    return await lists.show(request, "operator/applications.html", LISTING)


@get("/operator/applications/{application:int}", opt=SEES)
async def application_page(
    request: Request[Any, Any, Any], application: FromPath[int]
) -> Response[str]:
    """Show an application with its checks, or how far it has come."""
    return await _page(request, application, None, None)


@post("/operator/applications/{application:int}/ask", opt=sees("admin"))
async def ask_for_more(
    request: Request[Any, Any, Any], application: FromPath[int]
) -> Response[str]:
    """Ask an applicant for more."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Said:
        question = " ".join(form.text("question").split())
        with forms.typed_in("question"):
            decide.ask(conn, application, question, by=me.login, at=at)
        _note(request, conn, "application-asked", application)
        return Said(mark("The applicant sees the question."))

    return await _submit(request, application, do)


@post("/operator/applications/{application:int}/refuse", opt=sees("admin"))
async def refuse(request: Request[Any, Any, Any], application: FromPath[int]) -> Response[str]:
    """Refuse an application with a reason."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Said:
        sessions.check_step_up(me, at)
        reason = " ".join(form.text("reason").split())
        decide.refuse(conn, application, reason, by=me.login, at=at)
        _note(request, conn, "application-refused", application)
        return Said(mark("It is refused; the applicant sees why."))

    return await _submit(request, application, do)


@post("/operator/applications/{application:int}/accept", opt=sees("admin"))
async def accept(request: Request[Any, Any, Any], application: FromPath[int]) -> Response[str]:
    """Accept an application on the terms chosen."""
    at, me = clock.now(), who.of(request)
    today = at.astimezone(ZoneInfo(parts.of(request).settings.time_zone)).date()

    def do(conn: Connection, form: Form) -> Said:
        sessions.check_step_up(me, at)
        site = form.maybe("site")
        how = Acceptance(
            code=form.text("code"),
            login=form.text("login"),
            terms=terms.read(form),
            site=int(site) if site and site.isdecimal() and len(site) < _DIGITS else None,
        )
        decide.accept(conn, application, how, by=me.login, at=at, today=today)
        _note(request, conn, "application-accepted", application)
        return Said(mark("It is accepted. Somebody else approves the bank account."))

    return await _submit(request, application, do)


_DIGITS: Final = 19
"""Digits that no id has."""


async def _submit(
    request: Request[Any, Any, Any], application: int, do: Callable[[Connection, Form], Said]
) -> Response[str]:
    """Do what a form of an application's page says, and show the page again."""
    path = f"/operator/applications/{application}"
    return await forms.submit(
        request,
        lambda conn, form: Done(path, do(conn, form)),
        lambda form, no: _page(request, application, form, no),
    )


def _note(request: Request[Any, Any, Any], conn: Connection, kind: str, application: int) -> None:
    actor = who.of(request).actor(who.address(request))
    audit.note(conn, kind, actor, clock.now(), subject=f"application {application}")


async def _page(
    request: Request[Any, Any, Any], application: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    shown = await parts.read(request, lambda conn: _show(conn, applications.get(conn, application)))
    return pages.page(
        request,
        "operator/application.html",
        status=422 if refusal else 200,
        form=form,
        terms=decide.USUAL,
        cycles=labels.CYCLES,
        states=STATES,
        titles=CHECKS,
        advice=ADVICE,
        results=RESULTS,
        proposals=labels.PROPOSAL_STATES,
        refused=forms.beside(refusal, _FIELDS),
        **shown,
    )


def _show(conn: Connection, found: Application) -> dict[str, Any]:
    wanted = found.wanted
    values = {"region": wanted.region, "limit": limits.PAGE}
    joined = found.organisation_id
    return {
        "application": found,
        "checks": checks.of(conn, found),
        "remarks": applications.remarks(conn, found.id),
        "progress": beginning.progress(conn, found),
        "format": formats.find(conn, wanted.format),
        "sites": conn.execute(Q.sites_near, values).fetchall(),
        "organisation": None if joined is None else organisations.get(conn, joined),
        "account": None if found.proposal_id is None else proposals.get(conn, found.proposal_id),
        "login": wanted.phone.removeprefix("+86").removeprefix("+"),
    }


ROUTES: Final[list[BaseRouteHandler]] = [
    application_list,
    application_page,
    ask_for_more,
    refuse,
    accept,
]
