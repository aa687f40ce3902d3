"""What waits for the organisation: exception items that concern it, and what to do about each."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionItem, ExceptionNotFound
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.till import review, watch
from tongbao.web import closings, facts, forms, labels, lists, pages, till_notes, who
from tongbao.web.facts import Fact
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__)

VERDICTS: Final = {"clear": review.clear, "confirm": review.confirm}
WAYS: Final = {
    "operation": "/merchant/operations/",
    "dispute": "/merchant/disputes/",
    "outlet": "/merchant/outlets/",
    "reconciliation": "/merchant/reconciliations/",
}
"""Where the pages of what facts are about are."""

ADVICE: Final = {
    "headroom": mark(
        "Pay collateral in or pay what you owe; at the limit your tills give no more."
    ),
    "replenishment": mark("Buy a block of points in advance; without it your tills give no more."),
    "advice": mark(
        "A till let a payment happen for which there were no points. Ask the member to pay it, or"
        " reverse it at the till."
    ),
    "till": mark(
        "Compare the till's receipt with the operation, and correct the one that is wrong."
    ),
    "dispute": mark("Another organisation wants an amount of you: answer before the deadline."),
}
"""What an organisation does about a kind of item; of others the operator takes care."""

LISTING: Final = Listing(
    name="exceptions",
    query=Q.exception_items,
    sort="-id",
    search=("kind", "subject", "about", "assigned_to"),
    hint=mark("Kind, subject or who works on it"),
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
            second="about",
            second_title=mark("About"),
            second_tells=till_notes.label,
            says=labels.EXCEPTIONS,
            to=lambda row: f"/merchant/exceptions/{row['id']}",
        ),
        Column(name="state", title=mark("State"), kind="state", says=labels.EXCEPTION_STATES),
        Column(name="assigned_to", title=mark("Works on it"), kind="person"),
        Column(name="raised_at", title=mark("Raised"), kind="moment", sort=True),
    ),
    empty=mark("Nothing waits"),
    advice=mark("What cannot be posted, matched or paid appears here."),
)


@get("/merchant/exceptions", opt=sees(*MERCHANT))
async def exception_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what waits for the organisation."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/exceptions.html", LISTING, mine)


@get("/merchant/exceptions/{item:int}", opt=sees(*MERCHANT))
async def exception_page(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Show what is known of an item, and what to do about it."""
    return await _page(request, item, None, None)


@post("/merchant/exceptions/{item:int}/review", opt=sees("manager"))
async def decide_risk(request: Request[Any, Any, Any], item: FromPath[int]) -> Response[str]:
    """Decide what the watch has found: nothing is wrong, or the member's spending is locked."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        found = _find(conn, item, me.organisation_id)
        verdict, reason = form.choice("verdict", tuple(VERDICTS)), form.text("reason")
        VERDICTS[verdict](conn, found.id, by=me.login, reason=reason, at=at)
        subject, said = f"exception {item}", {"verdict": verdict}
        audit.note(conn, "risk-decided", me.actor(address), at, subject=subject, said=said)
        return Done("/merchant/exceptions?state=open", Said(mark("It is decided.")))

    return await forms.submit(request, do, lambda form, no: _page(request, item, form, no))


def _find(conn: Connection, item: int, mine: int) -> ExceptionItem:
    found = exceptions.get(conn, item, now=clock.now())
    if found.organisation_id != mine:
        raise ExceptionNotFound(item=item)
    return found


async def _page(
    request: Request[Any, Any, Any], item: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine = who.of(request).organisation_id

    def ask(conn: Connection) -> tuple[ExceptionItem, str | None, list[Fact]]:
        found = _find(conn, item, mine)
        member = found.facts.get("member")
        others = {name: value for name, value in found.facts.items() if name != "member"}
        said = facts.told(conn, others, WAYS)
        if not isinstance(member, int):
            return found, None, said
        known = {"organisation": mine, "member": member}
        return found, (conn.execute(Q.known_by, known).fetchone() or (None,))[0], said

    found, member, said = await parts.read(request, ask)
    return pages.page(
        request,
        "merchant/exception.html",
        status=422 if refusal else 200,
        item=found,
        member=member,
        kinds=labels.EXCEPTIONS,
        advice=ADVICE.get(found.kind, ""),
        facts=said,
        watched=found.kind in watch.KINDS,
        form=form,
        states=labels.EXCEPTION_STATES,
        closed_how=closings.CLOSED_HOW,
        refused=forms.beside(refusal, {}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [exception_list, exception_page, decide_risk]
