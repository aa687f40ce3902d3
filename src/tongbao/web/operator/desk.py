"""Exception items: what could not be posted, matched or paid, and what becomes of each."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.bank import decide
from tongbao.desk import exceptions
from tongbao.hosting import parts
from tongbao.kernel import clock, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.till import review, watch
from tongbao.web import closings, doers, facts, forms, labels, lists, pages, till_notes, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import named
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, PageNotFound, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "clearing_queries.sql")

VERDICTS: Final = {"clear": review.clear, "confirm": review.confirm}
EXCEPTIONS: Final = Listing(
    name="exceptions",
    query=Q.exception_items,
    sort="-id",
    search=("kind", "subject", "about", "organisation", "assigned_to"),
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
            says=labels.EXCEPTIONS,
            to=lambda row: f"/operator/exceptions/{row['id']}",
        ),
        Column(
            name="about",
            title=mark("About"),
            tells=till_notes.label,
            to=lambda row: row["operation"] and f"/operator/operations/{row['operation']}",
        ),
        Column(name="organisation", title=mark("Organisation")),
        Column(name="state", title=mark("State"), kind="state", says=labels.EXCEPTION_STATES),
        Column(name="assigned_to", title=mark("Works on it"), kind="person"),
        Column(name="raised_at", title=mark("Raised"), kind="moment", sort=True),
    ),
    empty=mark("Nothing waits"),
    advice=mark("What cannot be posted, matched or paid appears here."),
)


@get("/operator/exceptions", opt=sees(*OPERATOR))
async def exception_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what waits for people."""
    return await lists.show(request, "operator/exceptions.html", EXCEPTIONS)


@get("/operator/exceptions/{item:int}", opt=sees(*OPERATOR))
async def exception_page(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Show what is known of an exception item."""
    return await show(request, item, None, None)


@post("/operator/exceptions/{item:int}/assign", opt=sees("admin", "settlement"))
async def assign(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Say who works on an item: oneself, a colleague, or nobody in particular."""
    spoken = pages.words_of(request)
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        to = form.maybe("to")
        if to is not None:
            texts.choice("to", to, tuple(_colleagues(conn, spoken)))
        exceptions.assign(conn, item, to, by=me.login, at=at)
        subject, said = (
            f"exception {item}",
            {"to": to, "reason": form.line("note") if form.maybe("note") else None},
        )
        audit.note(conn, "exception-assigned", me.actor(address), at, subject=subject, said=said)
        text = mark("It is yours.") if to == me.login else mark("It is assigned.")
        return Done(f"/operator/exceptions/{item}", Said(text))

    return await forms.submit(request, do, lambda form, no: show(request, item, form, no))


@post("/operator/exceptions/{item:int}/close", opt=sees("admin", "settlement"))
async def close(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Close an item and say how it was dealt with."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        how, reason = form.choice("how", tuple(closings.ENDS)), form.prose("reason")
        if exceptions.get(conn, item, now=at).kind in watch.KINDS:
            raise PageNotFound  # what the watch has found is decided, by an administrator
        exceptions.close_item(conn, item, by=me.login, how=how, reason=reason, at=at)
        subject, said = f"exception {item}", {"how": how, "reason": reason}
        audit.note(conn, "exception-closed", me.actor(address), at, subject=subject, said=said)
        return Done("/operator/exceptions", Said(mark("It is closed.")))

    return await forms.submit(request, do, lambda form, no: show(request, item, form, no))


@post("/operator/exceptions/{item:int}/review", opt=sees("admin"))
async def decide_risk(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Decide what the watch has found: nothing is wrong, or the member's spending is locked."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        verdict, reason = form.choice("verdict", tuple(VERDICTS)), form.prose("reason")
        VERDICTS[verdict](conn, item, by=me.login, reason=reason, at=at)
        subject, said = f"exception {item}", {"verdict": verdict}
        audit.note(conn, "risk-decided", me.actor(address), at, subject=subject, said=said)
        return Done("/operator/exceptions?state=open", Said(mark("It is decided.")))

    return await forms.submit(request, do, lambda form, no: show(request, item, form, no))


async def show(
    request: Request[Any, Any, Any], item: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    """Give the page of an exception item, with what was refused of a form on it."""
    at, spoken = clock.now(), pages.words_of(request)

    def ask(conn: Connection) -> dict[str, Any]:
        found = exceptions.get(conn, item, now=at)
        whose = found.organisation_id
        return {
            "item": found,
            "organisation": "" if whose is None else organisations.get(conn, whose).name,
            "facts": facts.told(conn, found.facts, named.WAYS),
            "colleagues": _colleagues(conn, spoken),
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/exception.html",
        status=422 if refusal else 200,
        kinds=labels.EXCEPTIONS,
        watched=shown["item"].kind in watch.KINDS,
        of_bank=shown["item"].kind in decide.KINDS,
        form=form,
        states=labels.EXCEPTION_STATES,
        ends=closings.ENDS,
        closed_how=closings.CLOSED_HOW,
        refused=forms.beside(refusal, {}),
        **shown,
    )


def _colleagues(conn: Connection, spoken: Words) -> dict[str, str]:
    """Give those who may work on exception items: what they sign in with, and how it is shown."""
    names: dict[str, str] = dict(conn.execute(Q.colleagues).fetchall())
    return {login: doers.plain(login, names, spoken) for login in names}


ROUTES: Final[list[BaseRouteHandler]] = [
    exception_list,
    exception_page,
    assign,
    close,
    decide_risk,
]
