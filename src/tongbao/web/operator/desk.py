"""What waits for people: exception items, and proposals that another person decides."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionItem
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.till import review, watch
from tongbao.web import facts, forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "clearing_queries.sql")

VERDICTS: Final = {"clear": review.clear, "confirm": review.confirm}
EXCEPTIONS: Final = Listing(
    name="exceptions",
    query=Q.exception_items,
    sort="-id",
    search=("kind", "subject", "organisation", "assigned_to"),
    hint=mark("Kind, subject, organisation or who works on it"),
    dates="raised_at",
    choices=(
        Choice(name="kind", title=mark("Kind"), values=labels.EXCEPTIONS),
        Choice(name="state", title=mark("State"), values=labels.EXCEPTION_STATES),
    ),
    columns=(
        Column(
            name="kind",
            title=mark("Kind"),
            sort=True,
            second="subject",
            says=labels.EXCEPTIONS,
            to=lambda row: f"/operator/exceptions/{row['id']}",
        ),
        Column(name="organisation", title=mark("Organisation")),
        Column(name="state", title=mark("State"), kind="state", says=labels.EXCEPTION_STATES),
        Column(name="assigned_to", title=mark("Works on it")),
        Column(name="raised_at", title=mark("Raised"), kind="moment", sort=True),
    ),
    empty=mark("Nothing waits"),
    advice=mark("What cannot be posted, matched or paid appears here."),
)
PROPOSALS: Final = Listing(
    name="proposals",
    query=Q.proposals,
    sort="-id",
    search=("kind", "reason", "organisation", "proposed_by"),
    hint=mark("Kind, reason, organisation or person"),
    dates="proposed_at",
    choices=(Choice(name="state", title=mark("State"), values=labels.PROPOSAL_STATES),),
    columns=(
        Column(name="kind", title=mark("Kind"), sort=True, second="reason"),
        Column(name="organisation", title=mark("Organisation")),
        Column(name="state", title=mark("State"), kind="state", says=labels.PROPOSAL_STATES),
        Column(name="proposed_by", title=mark("Proposed by")),
        Column(name="decided_by", title=mark("Decided by")),
        Column(name="proposed_at", title=mark("Proposed"), kind="moment", sort=True),
    ),
    empty=mark("Nobody has proposed anything yet"),
    advice=mark("What takes two people, such as a deposit or a default, is listed here."),
)


@get("/operator/exceptions", opt=sees(*OPERATOR))
async def exception_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what waits for people."""
    return await lists.show(request, "operator/exceptions.html", EXCEPTIONS)


@get("/operator/exceptions/{item:int}", opt=sees(*OPERATOR))
async def exception_page(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Show what is known of an exception item."""
    return await _page(request, item, None, None)


@post("/operator/exceptions/{item:int}/take", opt=sees("admin", "settlement"))
async def take(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Say that one works on an item."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, _form: Form) -> Done:
        exceptions.assign(conn, item, me.login, by=me.login, at=at)
        return Done(f"/operator/exceptions/{item}", Said(mark("It is yours.")))

    return await forms.submit(request, do, lambda form, no: _page(request, item, form, no))


@post("/operator/exceptions/{item:int}/close", opt=sees("admin", "settlement"))
async def close(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Close an item and say how it was dealt with."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        how, reason = form.text("how"), form.text("reason")
        exceptions.close_item(conn, item, by=me.login, how=how, reason=reason, at=at)
        audit.note(conn, "exception-closed", me.actor(address), at, subject=f"exception {item}")
        return Done("/operator/exceptions", Said(mark("It is closed.")))

    return await forms.submit(request, do, lambda form, no: _page(request, item, form, no))


@post("/operator/exceptions/{item:int}/review", opt=sees("admin"))
async def decide_risk(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Decide what the watch has found: nothing is wrong, or the member's spending is locked."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        verdict, reason = form.choice("verdict", tuple(VERDICTS)), form.text("reason")
        VERDICTS[verdict](conn, item, by=me.login, reason=reason, at=at)
        subject, said = f"exception {item}", {"verdict": verdict}
        audit.note(conn, "risk-decided", me.actor(address), at, subject=subject, said=said)
        return Done("/operator/exceptions?state=open", Said(mark("It is decided.")))

    return await forms.submit(request, do, lambda form, no: _page(request, item, form, no))


@get("/operator/proposals", opt=sees(*OPERATOR))
async def proposal_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what takes two people."""
    return await lists.show(request, "operator/proposals.html", PROPOSALS)


async def _page(
    request: Request[Any, Any, Any], item: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    at = clock.now()

    def ask(conn: Connection) -> tuple[ExceptionItem, str]:
        found = exceptions.get(conn, item, now=at)
        whose = found.organisation_id
        return found, "" if whose is None else organisations.get(conn, whose).name

    found, name = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/exception.html",
        status=422 if refusal else 200,
        item=found,
        organisation=name,
        kinds=labels.EXCEPTIONS,
        facts=facts.of(found),
        watched=found.kind in watch.KINDS,
        form=form,
        states=labels.EXCEPTION_STATES,
        refused=forms.beside(refusal, {"code-malformed": "how"}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    exception_list,
    exception_page,
    take,
    close,
    decide_risk,
    proposal_list,
]
