"""Operations: found by anything, each explained lot by lot and claim by claim, and refunded."""

import re
from collections.abc import Iterator
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from tongbao.access import audit
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import arrays, clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.points import operations as ops
from tongbao.points.explain import Explanation, explain
from tongbao.points.left import lines_left
from tongbao.web import called, forms, labels, lists, otherwise, pages, tills, who
from tongbao.web.forms import Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import named
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "operations_queries.sql")

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")

COLUMNS: Final = (
    Column(
        name="id",
        title=mark("Operation"),
        kind="id",
        sort=True,
        to=lambda row: f"/operator/operations/{row['id']}",
    ),
    Column(name="kind", title=mark("Kind"), says=labels.OPERATIONS),
    Column(
        name="outlet",
        title=mark("Where"),
        second="organisation",
        second_title=mark("Organisation"),
    ),
    Column(
        name="member_id",
        title=mark("Member"),
        kind="member",
        to=lambda row: f"/operator/members/{row['member_id']}" if row["member_id"] else None,
    ),
    Column(name="given", title=mark("Points given"), kind="points"),
    Column(name="spent", title=mark("Points spent"), kind="points"),
    otherwise.COLUMN,
    Column(name="cash", title=mark("Cash"), kind="money"),
    Column(name="effective_at", title=mark("When"), kind="moment"),
)
LISTING: Final = Listing(
    name="operations",
    query=Q.operations,
    more=Q.numbers_of_operations,
    sort="-id",
    asks=True,
    hint=mark("Number, key, receipt, phone or card"),
    dates="written_at",
    choices=(Choice(name="kind", title=mark("Kind"), values=labels.OPERATIONS),),
    columns=COLUMNS,
    empty=mark("No operation has been posted yet"),
    advice=mark("What tills and apps send appears here at once."),
)
OF_ORGANISATION: Final = replace(
    LISTING,
    name="operations-of-organisation",
    asks=False,
    search=("id", "outlet", "reference", "member_id"),
    reach=lists.REACH,
    hint=mark("Number, receipt, outlet or member"),
)
OF_MEMBER: Final = replace(LISTING, name="operations-of-member")
EVERYBODYS: Final[dict[str, int | None]] = {"organisation": None, "member": None}


@get("/operator/operations", opt=sees(*OPERATOR))
async def operation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List operations, or lead to the one, or to those of the member, that is looked for."""
    wanted = str(request.query_params.get("search", "")).strip()
    if not wanted:
        return await lists.show(request, "operator/operations.html", LISTING, EVERYBODYS)
    settings = parts.of(request).settings
    found = await parts.read(request, lambda conn: find(conn, wanted, settings))
    if found is not None and found.startswith("/"):
        return pages.go(found)
    of_member = EVERYBODYS | {"member": int(found) if found else 0}
    return await lists.show(request, "operator/operations.html", OF_MEMBER, of_member)


@get("/operator/organisations/{organisation:int}/operations", opt=sees(*OPERATOR))
async def of_organisation(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[Any]:
    """List what one organisation's tills did."""
    found = await parts.read(request, lambda conn: organisations.get(conn, organisation))
    return await lists.show(
        request,
        "operator/operations_of.html",
        OF_ORGANISATION,
        EVERYBODYS | {"organisation": organisation},
        organisation=found,
    )


@get("/operator/operations/{operation:int}", opt=sees(*OPERATOR))
async def operation_page(
    request: Request[Any, Any, Any], operation: FromPath[int]
) -> Response[str]:
    """Explain one operation."""
    return await _page(request, operation, None, None)


@post("/operator/operations/{operation:int}/refund", opt=sees("admin"))
async def refund(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Refund what is left of a sale, whole or in part."""
    form = await forms.read(request)
    try:
        amount = form.fen("amount") if form.maybe("amount") else None
        asked = ops.Refund(
            key=form.key,
            scope=who.of(request).organisation_id,
            original=operation,
            amount=amount,
            channel="console",
        )
        done = await parts.post(request, asked)
        tills.check(done)
    except Refusal as no:
        return await _page(request, operation, form, no)
    at, me, address = clock.now(), who.of(request), who.address(request)
    subject, facts = f"operation {operation}", {"refund": done.operation}
    if not done.replayed:
        await parts.write(
            request,
            lambda conn: audit.note(
                conn, "refund-posted", me.actor(address), at, subject=subject, said=facts
            ),
        )
    said = forms.ALREADY if done.replayed else Said(mark("The refund is posted."))
    return pages.go(f"/operator/operations/{done.operation}", said)


def find(conn: Connection, wanted: str, settings: Settings) -> str | None:
    """Give the page of what was looked for, or the id of the member, or nothing."""
    if _NUMBER.fullmatch(wanted):
        given = {"id": int(wanted)}
        if conn.execute(Q.is_operation, given).fetchone():
            return f"/operator/operations/{wanted}"
        if conn.execute(Q.is_member, given).fetchone():
            return wanted
    for key in (wanted, f"sale:{wanted}"):
        row = conn.execute(Q.find_key, {"key": key}).fetchone()
        if row is not None:
            return f"/operator/operations/{row[0]}"
    member = find_member(conn, wanted, settings)
    return None if member is None else str(member)


def find_member(conn: Connection, wanted: str, settings: Settings) -> int | None:
    """Give the member known by a phone, a card or an external id."""
    for kind in ("phone", "card", "external"):
        identity = Identity(kind=kind, value=wanted)
        try:
            return identities.find(conn, identity, secret=settings.identity_secret)
        except Refusal:
            continue
    return None


def _parties(told: Explanation) -> Iterator[int | None]:
    """Give the ids of all that a page of an operation names, members among them."""
    if told.operation is not None:
        yield from (told.operation.organisation_id, told.operation.owner_id)
    if told.record is not None:
        yield told.record.scope
    for claim in told.claims:
        yield from (claim.issuer, claim.redeemer)
    for moved in told.transfers:
        yield from (moved.from_owner, moved.to_owner)


async def _page(
    request: Request[Any, Any, Any], operation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(conn: Connection) -> dict[str, Any]:
        told = explain(conn, operation)
        (outlet,) = conn.execute(Q.outlet_name_of, {"id": operation}).fetchone() or ("",)
        parties = arrays.ints({who for one in told.claims for who in (one.issuer, one.redeemer)})
        left = lines_left(conn, operation)
        return {
            "told": told,
            "names": called.names(conn, _parties(told)),
            "codes": dict(conn.execute(Q.codes_of, {"ids": parties}).fetchall()),
            "outlet": outlet,
            "left": sum(line.left for line in left) if left else None,
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/operation.html",
        status=422 if refusal else 200,
        kinds=labels.OPERATIONS,
        lot_kinds=labels.LOTS,
        movements=named.MOVEMENTS,
        accounts=named.ACCOUNTS,
        form=form,
        refused=forms.beside(refusal, {"amount-malformed": "amount"}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    operation_list,
    of_organisation,
    operation_page,
    refund,
]
