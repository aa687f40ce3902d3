"""Operations of the organisation: listed, each explained, taken back by refund or reversal."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import replace

from tongbao.access.sessions import SignedIn
from tongbao.hosting import parts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.points import detail as details
from tongbao.points import operations as ops
from tongbao.points.detail import Detail
from tongbao.points.explain import Explained, Explanation, explain
from tongbao.points.left import LineLeft, lines_left
from tongbao.points.refusals import NotReversible, OperationNotFound
from tongbao.web import forms, labels, lists, otherwise, pages, tills, who
from tongbao.web.called import names
from tongbao.web.forms import Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__)

CHANNEL: Final = "console"
BACK: Final = "back:"
"""What the fields of lines begin with: how much of each comes back."""
REVERSIBLE: Final = frozenset({"award", "purchase", "capture", "advice", "hold"})
_PAID_IN: Final = (
    "settlement", "deposit", "withdraw", "buy_block", "return_block", "contribute",
    "return_contribution",
)  # fmt: skip
"""Kinds whose cash the organisation has paid, negative: got; that of all others it got."""
_UNDOES: Final = frozenset({"reversal", "cancel_pending", "void", "expire_hold"})

WITH_POINTS: Final = {"yes": mark("yes"), "no": mark("no")}
COLUMNS: Final = (
    Column(
        name="id",
        title=mark("Operation"),
        kind="id",
        sort=True,
        to=lambda row: f"/merchant/operations/{row['id']}",
    ),
    Column(
        name="kind",
        title=mark("Kind"),
        says=labels.OPERATIONS,
        second="payment",
        second_title=mark("Reference"),
    ),
    Column(name="outlet", title=mark("Outlet"), second="receipt", second_title=mark("Receipt")),
    Column(name="known_by", title=mark("Member")),
    Column(name="bill", title=mark("Bill"), kind="money"),
    Column(name="given", title=mark("Points given"), kind="points"),
    Column(name="points", title=mark("Points spent"), kind="points"),
    otherwise.COLUMN,
    Column(name="cash", title=mark("Cash"), kind="money"),
    Column(name="effective_at", title=mark("When"), kind="moment"),
)
LISTING: Final = Listing(
    name="operations-of-mine",
    query=Q.operations,
    more=Q.numbers_of_operations,
    sort="-id",
    search=("reference", "outlet", "known_by", "sum"),
    hint=mark("Receipt, amount, outlet, phone or card"),
    reach=lists.REACH,
    dates="effective_at",
    choices=(
        Choice(name="kind", title=mark("Kind"), values=labels.OPERATIONS),
        Choice(name="with_points", title=mark("Paid with points"), values=WITH_POINTS),
    ),
    columns=COLUMNS,
    empty=mark("No operation has been posted yet"),
    advice=mark("What your tills send appears here at once."),
)

OF_MEMBER: Final = replace(LISTING, search=(), asks=True)
_WHOLE: Final = re.compile(r"\+?[0-9A-Za-z][0-9A-Za-z._ -]{5,63}")
"""What may be a whole phone, card or external id, which is looked up and not searched."""


class Told(Struct, frozen=True, kw_only=True):
    """An operation of ours as its page tells it.

    ``known_by``: its member, masked. ``outlet``: its id and name. ``cash``: what the organisation
    got, negative: paid. ``settlement``: which one it pays. ``left``: what of each line may still be
    refunded. ``reversible``: it was asked under a key of ours and nothing has undone it.
    """

    explained: Explanation
    operation: Explained
    detail: Detail
    names: dict[int, str]
    known_by: str
    outlet: tuple[int, str] | None
    cash: int
    settlement: int | None
    left: list[LineLeft]
    reversible: bool


@get("/merchant/operations", opt=sees(*MERCHANT))
async def operation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what the tills of the organisation did, or did with the member of a phone or card."""
    mine = who.of(request).organisation_id
    wanted = str(request.query_params.get("search", "")).strip()
    secret, member = parts.of(request).settings.identity_secret, None
    if _WHOLE.fullmatch(wanted):
        member = await parts.read(
            request, lambda conn: find_member(conn, wanted, mine, secret=secret)
        )
    listing = LISTING if member is None else OF_MEMBER
    values = asked(mine, member=member)
    return await lists.show(request, "merchant/operations.html", listing, values)


@get("/merchant/operations/{operation:int}", opt=sees(*MERCHANT))
async def operation_page(
    request: Request[Any, Any, Any], operation: FromPath[int]
) -> Response[str]:
    """Explain one operation of the organisation."""
    return await _page(request, operation, None, None)


@post("/merchant/operations/{operation:int}/refund", opt=sees("manager"))
async def refund(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Take a sale back: whole, an amount of it, or line by line."""

    def ask(form: Form, me: SignedIn) -> ops.Operation:
        lines = _lines(form)
        amount = form.fen("amount") if form.maybe("amount") else None
        return ops.Refund(
            key=form.key,
            scope=me.organisation_id,
            original=operation,
            amount=None if lines else amount,
            lines=lines,
            reference=form.maybe("reference"),
            channel=CHANNEL,
            staff=me.login,
        )

    return await _undo(request, operation, ask, Said(mark("The refund is posted.")))


@post("/merchant/operations/{operation:int}/reverse", opt=sees("manager"))
async def reverse(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Undo an operation as if its till had never sent it."""
    mine = who.of(request).organisation_id
    told = await parts.read(request, lambda conn: tell(conn, operation, mine))

    def ask(form: Form, me: SignedIn) -> ops.Operation:
        record = told.explained.record
        if record is None or record.scope != me.organisation_id:
            raise NotReversible(kind=told.operation.kind)
        return ops.Reversal(
            key=form.key,
            scope=me.organisation_id,
            original_key=record.key,
            channel=CHANNEL,
            staff=me.login,
        )

    return await _undo(request, operation, ask, Said(mark("The operation is reversed.")))


async def _undo(
    request: Request[Any, Any, Any],
    operation: int,
    ask: Callable[[Form, SignedIn], ops.Operation],
    said: Said,
) -> Response[str]:
    """Hand what a form asks to the teller, under the form's key, and lead to what was posted.

    The key of what was refused keeps the refusal: what is mended is asked under another.
    """
    form, me = await forms.read(request), who.of(request)
    await parts.read(request, lambda conn: check_mine(conn, operation, me.organisation_id))
    try:
        asked = ask(form, me)
        done = await asyncio.wrap_future(parts.of(request).teller.submit(asked))
    except Refusal as no:
        return await _page(request, operation, form, no)
    try:
        tills.check(done)
    except Refusal as no:
        return await _page(request, operation, replace(form, key=pages.new_key()), no)
    to = f"/merchant/operations/{done.operation}"
    return pages.go(to, forms.ALREADY if done.replayed else said)


def _lines(form: Form) -> tuple[ops.RefundLine, ...]:
    """Give the lines that come back; those left empty stay."""
    return tuple(
        ops.RefundLine(id=name.removeprefix(BACK), amount=form.fen(name))
        for name in form.values
        if name.startswith(BACK) and form.maybe(name)
    )


async def _page(
    request: Request[Any, Any, Any], operation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine = who.of(request).organisation_id
    told = await parts.read(request, lambda conn: tell(conn, operation, mine))
    return pages.page(
        request,
        "merchant/operation.html",
        status=422 if refusal else 200,
        told=told,
        form=form,
        back=BACK,
        kinds=labels.OPERATIONS,
        lot_kinds=labels.LOTS,
        refused=forms.beside(refusal, {"amount-malformed": "amount"}),
    )


def asked(mine: int, *, outlet: int | None = None, member: int | None = None) -> dict[str, Any]:
    """Give the values of the query of operations."""
    paid_in = arrays.words(_PAID_IN)
    return {"organisation": mine, "outlet": outlet, "member": member, "paid_in": paid_in}


def find_member(conn: Connection, wanted: str, mine: int, *, secret: str) -> int | None:
    """Give the member that a whole phone, card or external id leads to, if any.

    Cards and external ids are the alliance's, or those that the organisation has given.
    """
    known = [
        Identity(kind="phone", value=wanted),
        *(Identity(kind=kind, value=wanted, issuer_id=mine) for kind in ("card", "external")),
        *(Identity(kind=kind, value=wanted) for kind in ("card", "external")),
    ]
    for identity in known:
        try:
            return identities.find(conn, identity, secret=secret)
        except Refusal:
            continue
    return None


def check_mine(conn: Connection, operation: int, mine: int) -> None:
    """Refuse ``operation-not-found`` for an operation of another organisation."""
    row = conn.execute(Q.whose_operation, {"id": operation}).fetchone()
    if row is None or row[0] != mine:
        raise OperationNotFound(operation=operation)


def tell(conn: Connection, operation: int, mine: int) -> Told:
    """Explain an operation of an organisation; refuses ``operation-not-found`` for others'."""
    check_mine(conn, operation, mine)
    told = explain(conn, operation)
    assert told.operation is not None, "its row has just been read"
    organisations = {
        mine,
        *(lot.issuer_id for lot in told.lots),
        *(side for claim in told.claims for side in (claim.issuer, claim.redeemer)),
    }
    known = {"organisation": mine, "member": told.operation.owner_id}
    outlet = conn.execute(Q.outlet_of, {"id": operation}).fetchone()
    (known_by,) = conn.execute(Q.known_by, known).fetchone() or ("–",)
    left = lines_left(conn, operation)
    given_back = bool(left) and not any(line.left for line in left)
    op = told.operation
    return Told(
        explained=told,
        operation=op,
        detail=details.decode(op.data),
        names=names(conn, organisations),
        known_by=known_by,
        outlet=outlet,
        cash=-op.cash if op.kind in _PAID_IN else op.cash,
        settlement=_paid_by(op),
        left=left,
        reversible=not given_back and _is_reversible(told, mine),
    )


def _paid_by(op: Explained) -> int | None:
    """Give the settlement that an operation pays, if any."""
    if op.kind != "settlement":
        return None
    return msgspec.json.decode(op.data, type=_Payment).settlement


class _Payment(Struct, frozen=True):
    settlement: int


def _is_reversible(told: Explanation, mine: int) -> bool:
    op, record = told.operation, told.record
    if op is None or record is None or record.scope != mine or op.kind not in REVERSIBLE:
        return False
    return not any(one.kind in _UNDOES and not one.before for one in told.relatives)


ROUTES: Final[list[BaseRouteHandler]] = [operation_list, operation_page, refund, reverse]
