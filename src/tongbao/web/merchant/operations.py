"""Operations of the organisation: listed, and each explained lot by lot and claim by claim."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.hosting import parts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.points import detail as details
from tongbao.points.detail import Detail
from tongbao.points.explain import Explained, Explanation, explain
from tongbao.points.refusals import OperationNotFound
from tongbao.web import labels, lists, pages, who
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__)

WITH_POINTS: Final = {"yes": mark("yes"), "no": mark("no")}
COLUMNS: Final = (
    Column(
        name="id",
        title=mark("Operation"),
        kind="id",
        sort=True,
        to=lambda row: f"/merchant/operations/{row['id']}",
    ),
    Column(name="kind", title=mark("Kind"), says=labels.OPERATIONS),
    Column(name="outlet", title=mark("Outlet"), second="reference"),
    Column(name="known_by", title=mark("Member")),
    Column(name="bill", title=mark("Bill"), kind="money"),
    Column(name="points", title=mark("Points spent"), kind="points"),
    Column(name="cash", title=mark("Cash"), kind="money"),
    Column(name="given", title=mark("Points given"), kind="points"),
    Column(name="effective_at", title=mark("When"), kind="moment"),
)
LISTING: Final = Listing(
    name="operations-of-mine",
    query=Q.operations,
    sort="-id",
    search=("reference", "outlet", "known_by"),
    hint=mark("Receipt, outlet, end of a phone or card"),
    dates="effective_at",
    choices=(
        Choice(name="kind", title=mark("Kind"), values=labels.OPERATIONS),
        Choice(name="with_points", title=mark("Paid with points"), values=WITH_POINTS),
    ),
    columns=COLUMNS,
    empty=mark("No operation has been posted yet"),
    advice=mark("What your tills send appears here at once."),
)


class Told(Struct, frozen=True, kw_only=True):
    """An operation of ours as its page tells it; ``known_by``: its member, masked."""

    explained: Explanation
    operation: Explained
    detail: Detail
    names: dict[int, str]
    known_by: str


@get("/merchant/operations", opt=sees(*MERCHANT))
async def operation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what the tills of the organisation did."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/operations.html", LISTING, mine)


@get("/merchant/operations/{operation:int}", opt=sees(*MERCHANT))
async def operation_page(
    request: Request[Any, Any, Any], operation: FromPath[int]
) -> Response[str]:
    """Explain one operation of the organisation."""
    mine = who.of(request).organisation_id
    told = await parts.read(request, lambda conn: tell(conn, operation, mine))
    return pages.page(
        request,
        "merchant/operation.html",
        told=told,
        kinds=labels.OPERATIONS,
        lot_kinds=labels.LOTS,
    )


def tell(conn: Connection, operation: int, mine: int) -> Told:
    """Explain an operation of an organisation; refuses ``operation-not-found`` for others'."""
    row = conn.execute(Q.whose_operation, {"id": operation}).fetchone()
    if row is None or row[0] != mine:
        raise OperationNotFound(operation=operation)
    told = explain(conn, operation)
    assert told.operation is not None, "its row has just been read"
    organisations = {
        mine,
        *(lot.issuer_id for lot in told.lots),
        *(side for claim in told.claims for side in (claim.issuer, claim.redeemer)),
    }
    given = {"organisations": arrays.ints(sorted(organisations))}
    known = {"organisation": mine, "member": told.operation.owner_id}
    (known_by,) = conn.execute(Q.known_by, known).fetchone() or ("–",)
    return Told(
        explained=told,
        operation=told.operation,
        detail=details.decode(told.operation.data),
        names=dict(conn.execute(Q.names_of, given).fetchall()),
        known_by=known_by,
    )


ROUTES: Final[list[BaseRouteHandler]] = [operation_list, operation_page]
