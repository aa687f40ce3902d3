"""Disputes: what the organisation wants of others, and others of it; opened and answered here."""

from datetime import datetime
from typing import Any, Final, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.reconcile import disputes
from tongbao.reconcile.disputable import Disputable, disputable
from tongbao.reconcile.refusals import DisputeNotFound
from tongbao.reconcile.types import Dispute, DisputeKind, Opening
from tongbao.web import forms, labels, lists, pages, picking, who
from tongbao.web.called import names
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "dispute_queries.sql")

SIDES: Final = {"mine": mark("We want"), "theirs": mark("Is wanted of us")}
_ANSWERS: Final = ("accept", "contest")
_OF_OPERATION: Final = ("claim", "acceptance-fee", "issue-fee")
LISTING: Final = Listing(
    name="disputes",
    query=Q.disputes,
    sort="-id",
    search=("other", "reason", "reference", "opened_by"),
    hint=mark("Organisation, reason, receipt or person"),
    dates="opened_at",
    choices=(
        Choice(name="side", title=mark("Side"), values=SIDES),
        Choice(name="state", title=mark("State"), values=labels.DISPUTE_STATES),
    ),
    columns=(
        Column(
            name="id",
            title=mark("Dispute"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/disputes/{row['id']}",
        ),
        Column(name="side", title=mark("Side"), says=SIDES),
        Column(name="other", title=mark("Organisation"), sort=True),
        Column(
            name="kind",
            title=mark("About"),
            says=labels.DISPUTES,
            second="reference",
            second_title=mark("Reference"),
        ),
        Column(name="amount", title=mark("Amount"), kind="money", sort=True),
        Column(name="state", title=mark("State"), kind="state", says=labels.DISPUTE_STATES),
        Column(name="due", title=mark("Deadline"), kind="date"),
        Column(name="upheld", title=mark("Decided"), kind="money"),
        Column(name="opened_by", title=mark("Opened by"), kind="person"),
        Column(name="opened_at", title=mark("Opened on"), kind="moment"),
    ),
    empty=mark("Nothing is disputed"),
    advice=mark("A claim or fee that is wrong is disputed from its operation."),
)


@get("/merchant/disputes", opt=sees(*MERCHANT))
async def dispute_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List disputes that the organisation is a side of."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/disputes.html", LISTING, mine)


@get("/merchant/disputes/new", opt=sees(*MERCHANT))
async def ask_missing(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask what is wanted because of an operation that the ledger lacks."""
    return await _missing(request, None, None)


@post("/merchant/disputes/new", opt=sees(*MERCHANT))
async def open_missing(request: Request[Any, Any, Any]) -> Response[str]:
    """Open a dispute about an operation that the ledger lacks."""
    at = clock.now()

    def do(conn: Connection, form: Form) -> Done:
        other = picking.organisation(conn, form, "against")
        reference = form.text("reference")
        return _open(request, conn, form, "missing", other, at, reference=reference)

    return await forms.submit(request, do, lambda form, no: _missing(request, form, no))


@get("/merchant/operations/{operation:int}/dispute", opt=sees(*MERCHANT))
async def ask_dispute(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Ask what is wanted of whom because of an operation."""
    return await _new(request, operation, None, None)


@post("/merchant/operations/{operation:int}/dispute", opt=sees(*MERCHANT))
async def open_dispute(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Open a dispute about a claim or a fee of an operation."""
    at = clock.now()

    def do(conn: Connection, form: Form) -> Done:
        kind, _, other = form.text("what").partition(":")
        chosen = Form(key=form.key, values={"what": kind}).choice("what", _OF_OPERATION)
        debtor = int(other) if other.isdecimal() and len(other) < 19 else 0
        return _open(
            request, conn, form, cast(DisputeKind, chosen), debtor, at, operation=operation
        )

    return await forms.submit(request, do, lambda form, no: _new(request, operation, form, no))


@get("/merchant/disputes/{dispute:int}", opt=sees(*MERCHANT))
async def dispute_page(request: Request[Any, Any, Any], dispute: FromPath[int]) -> Response[str]:
    """Show a dispute with its reason, evidence, answer and decision."""
    return await _page(request, dispute, None, None)


@post("/merchant/disputes/{dispute:int}/answer", opt=sees(*MERCHANT))
async def answer(request: Request[Any, Any, Any], dispute: FromPath[int]) -> Response[str]:
    """Accept or contest what another organisation wants."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        found = find(conn, dispute, me.organisation_id, at)
        accept = form.choice("answer", _ANSWERS) == "accept"
        text = _one_line(form.text("text"))
        disputes.answer(
            conn, found.id, me.organisation_id, accept=accept, text=text, by=me.login, at=at
        )
        said = {"accept": accept}
        audit.note(
            conn, "dispute-answered", me.actor(address), at, subject=f"dispute {dispute}", said=said
        )
        return Done(f"/merchant/disputes/{dispute}", Said(mark("The answer is sent.")))

    return await forms.submit(request, do, lambda form, no: _page(request, dispute, form, no))


def find(conn: Connection, dispute: int, mine: int, at: datetime) -> Dispute:
    """Give a dispute of an organisation; refuses ``dispute-not-found`` for others'."""
    found = disputes.get(conn, dispute, now=at)
    if mine not in (found.creditor_id, found.debtor_id):
        raise DisputeNotFound(dispute=dispute)
    return found


def _open(
    request: Request[Any, Any, Any],
    conn: Connection,
    form: Form,
    kind: DisputeKind,
    debtor: int,
    at: datetime,
    *,
    operation: int | None = None,
    reference: str | None = None,
) -> Done:
    me, address = who.of(request), who.address(request)
    opening = Opening(
        kind=kind,
        creditor_id=me.organisation_id,
        debtor_id=debtor,
        amount=form.fen("amount"),
        reason=_one_line(form.text("reason")),
        evidence=_one_line(form.text("evidence")),
        operation_id=operation,
        reference=reference,
    )
    made = disputes.open_dispute(conn, opening, by=me.login, at=at)
    audit.note(conn, "dispute-opened", me.actor(address), at, subject=f"dispute {made.id}")
    said = Said(mark("The dispute is opened; the other side has been asked to answer."))
    return Done(f"/merchant/disputes/{made.id}", said)


def _one_line(text: str) -> str:
    """Give a text without the line breaks that a field of several lines brings."""
    return " ".join(text.split())


async def _missing(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    return pages.page(
        request,
        "merchant/dispute_missing.html",
        status=422 if refusal else 200,
        form=form,
        refused=forms.beside(
            refusal, {**_BESIDE, "organisation-not-found": "against", "dispute-side": "against"}
        ),
    )


_BESIDE: Final = {"amount-malformed": "amount", "dispute-exceeds-claim": "amount"}


async def _new(
    request: Request[Any, Any, Any], operation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine, at = who.of(request).organisation_id, clock.now()

    def ask(conn: Connection) -> tuple[list[Disputable], dict[int, str]]:
        found = disputable(conn, operation, mine, at)
        return found, names(conn, (one.debtor_id for one in found))

    found, others = await parts.read(request, ask)
    return pages.page(
        request,
        "merchant/dispute_new.html",
        status=422 if refusal else 200,
        operation=operation,
        found=found,
        names=others,
        kinds=labels.DISPUTES,
        form=form,
        refused=forms.beside(refusal, _BESIDE),
    )


async def _page(
    request: Request[Any, Any, Any], dispute: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine, at = who.of(request).organisation_id, clock.now()

    def ask(conn: Connection) -> dict[str, Any]:
        found = find(conn, dispute, mine, at)
        other = found.debtor_id if found.creditor_id == mine else found.creditor_id
        return {"one": found, "other": organisations.get(conn, other)}

    return pages.page(
        request,
        "merchant/dispute.html",
        status=422 if refusal else 200,
        mine=mine,
        kinds=labels.DISPUTES,
        states=labels.DISPUTE_STATES,
        days=limits.DISPUTE_DECISION.days,
        form=form,
        refused=forms.beside(refusal, {}),
        **await parts.read(request, ask),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    dispute_list,
    ask_missing,
    open_missing,
    ask_dispute,
    open_dispute,
    dispute_page,
    answer,
]
