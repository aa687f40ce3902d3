"""Disputes: opened for a creditor, answered for a debtor, ended by two people."""

from typing import Any, Final, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Dispute, DisputeKind, Opening
from tongbao.web import forms, labels, lists, pages, picking, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator.proposing import noted
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, FieldMissing, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "disputes_queries.sql")

_UNDECIDED: Final = ("open", "accepted", "contested")

LISTING: Final = Listing(
    name="disputes",
    query=Q.disputes,
    sort="-id",
    search=("id", "creditor", "debtor", "reason"),
    hint=mark("Number, organisation or reason"),
    dates="opened_at",
    choices=(
        Choice(name="state", title=mark("State"), values=labels.DISPUTE_STATES),
        Choice(name="kind", title=mark("Kind"), values=labels.DISPUTES),
    ),
    columns=(
        Column(
            name="id",
            title=mark("Dispute"),
            kind="id",
            sort=True,
            to=lambda row: f"/operator/disputes/{row['id']}",
        ),
        Column(
            name="kind",
            title=mark("Kind"),
            says=labels.DISPUTES,
            second="reason",
            second_title=mark("Reason"),
        ),
        Column(name="creditor", title=mark("Wants it")),
        Column(name="debtor", title=mark("Is to pay")),
        Column(name="amount", title=mark("Amount"), kind="money", sort=True),
        Column(name="state", title=mark("State"), kind="state", says=labels.DISPUTE_STATES),
        Column(name="due", title=mark("Due"), kind="date"),
        Column(name="opened_at", title=mark("Opened on"), kind="moment"),
    ),
    empty=mark("Nobody disputes anything"),
    advice=mark("What one organisation wants of another besides its claims is listed here."),
)


@get("/operator/disputes", opt=sees(*OPERATOR))
async def dispute_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List disputes."""
    return await lists.show(request, "operator/disputes.html", LISTING)


@get("/operator/disputes/new", opt=sees("admin", "settlement"))
async def ask_dispute(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask what is disputed, between whom."""
    return await _new(request, None, None)


@post("/operator/disputes/new", opt=sees("admin", "settlement"))
async def open_one(request: Request[Any, Any, Any]) -> Response[str]:
    """Open a dispute for the organisation that wants something."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        made = disputes.open_dispute(conn, _opening(conn, form), by=me.login, at=at)
        audit.note(conn, "dispute-opened", me.actor(address), at, subject=f"dispute {made.id}")
        return Done(f"/operator/disputes/{made.id}", Said(mark("The dispute is open.")))

    return await forms.submit(request, do, lambda form, no: _new(request, form, no))


@get("/operator/disputes/{dispute:int}", opt=sees(*OPERATOR))
async def dispute_page(request: Request[Any, Any, Any], dispute: FromPath[int]) -> Response[str]:
    """Show a dispute: what is wanted, why, what the other side says, how it ends."""
    return await _page(request, dispute, None, None)


@post("/operator/disputes/{dispute:int}/answer", opt=sees("admin", "settlement"))
async def answer(request: Request[Any, Any, Any], dispute: FromPath[int]) -> Response[str]:
    """Note what the debtor has answered."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        accept = form.choice("verdict", ("accept", "contest")) == "accept"
        debtor = disputes.get(conn, dispute, now=at).debtor_id
        text = form.prose("answer")
        disputes.answer(conn, dispute, debtor, accept=accept, text=text, by=me.login, at=at)
        subject, said = f"dispute {dispute}", {"accept": accept}
        audit.note(conn, "dispute-answered", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/disputes/{dispute}", Said(mark("The answer is noted.")))

    return await forms.submit(request, do, lambda form, no: _page(request, dispute, form, no))


@post("/operator/disputes/{dispute:int}/propose", opt=sees("admin", "settlement"))
async def propose(request: Request[Any, Any, Any], dispute: FromPath[int]) -> Response[str]:
    """Propose how a dispute ends; another person decides."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Done:
        amount, reason = form.fen("amount"), form.text("reason")
        made = disputes.propose(conn, dispute, amount, by=me.login, reason=reason, at=at)
        return noted(request, conn, made, at)

    return await forms.submit(request, do, lambda form, no: _page(request, dispute, form, no))


def _opening(conn: Connection, form: Form) -> Opening:
    operation = form.number("operation") if form.maybe("operation") else None
    kind = form.choice("kind", tuple(labels.DISPUTES))
    if kind != "missing" and operation is None:
        raise FieldMissing(name="operation")
    return Opening(
        kind=cast(DisputeKind, kind),
        creditor_id=picking.organisation(conn, form, "creditor"),
        debtor_id=picking.organisation(conn, form, "debtor"),
        amount=form.fen("amount"),
        reason=form.text("reason"),
        evidence=form.prose("evidence"),
        operation_id=operation,
        reference=form.maybe("reference"),
    )


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    asked = request.query_params
    beside = {
        "amount-malformed": "amount",
        "dispute-exceeds-claim": "amount",
        "dispute-nothing": "operation",
        "dispute-too-late": "operation",
        "operation-not-found": "operation",
        "dispute-side": "debtor",
    }
    return pages.page(
        request,
        "operator/dispute_new.html",
        status=422 if refusal else 200,
        form=form,
        kinds=labels.DISPUTES,
        given={name: str(asked.get(name, "")) for name in ("operation", "creditor", "debtor")},
        refused=forms.beside(refusal, beside),
    )


async def _page(
    request: Request[Any, Any, Any], dispute: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    at = clock.now()

    def ask(conn: Connection) -> tuple[Dispute, dict[int, str], Proposal | None]:
        found = disputes.get(conn, dispute, now=at)
        names = {
            who: organisations.get(conn, who).name for who in (found.creditor_id, found.debtor_id)
        }
        made = found.proposal_id
        return found, names, None if made is None else proposals.get(conn, made)

    found, names, made = await parts.read(request, ask)
    waiting = made if made is not None and made.state == "proposed" else None
    undecided = found.state in _UNDECIDED and waiting is None
    return pages.page(
        request,
        "operator/dispute.html",
        status=422 if refusal else 200,
        one=found,
        names=names,
        waiting=waiting,
        acts=who.of(request).role in ("admin", "settlement"),
        answerable=undecided and found.state == "open",
        proposable=undecided and (found.state != "open" or at >= found.answer_by),
        form=form,
        kinds=labels.DISPUTES,
        states=labels.DISPUTE_STATES,
        refused=forms.beside(
            refusal, {"amount-malformed": "amount", "dispute-exceeds-claim": "amount"}
        ),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    dispute_list,
    ask_dispute,
    open_one,
    dispute_page,
    answer,
    propose,
]
