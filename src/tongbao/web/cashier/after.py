"""After the sale: receipts of the outlet, one of them to print and to take back, and its holds."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation, Outlet
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.points import explain as explaining
from tongbao.points import history
from tongbao.points.detail import Detail, decode
from tongbao.points.explain import Explanation
from tongbao.points.history import Wanted
from tongbao.points.left import lines_left
from tongbao.points.refusals import OperationNotFound
from tongbao.web import lists, pages, who
from tongbao.web.cashier.place import AT_TILL, here
from tongbao.web.cashier.place import outlet as outlet_of
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.words import mark

Q = sql.load(__package__)

SALES: Final = frozenset({"purchase", "capture", "advice", "award"})
KINDS: Final = {
    "purchase": mark("Sale"),
    "capture": mark("Sale of a hold"),
    "advice": mark("Sale reported later"),
    "award": mark("Points given"),
    "hold": mark("Hold"),
    "void": mark("Hold released"),
    "expire_hold": mark("Hold ended"),
    "refund": mark("Refund"),
    "reversal": mark("Called off"),
    "release_pending": mark("Points released"),
    "cancel_pending": mark("Pending points taken back"),
}
_LONGEST: Final = 200


def _page_of(row: lists.Row) -> str:
    return f"/till/at/{row['till']}/receipts/{row['id']}"


RECEIPTS: Final = Listing(
    name="receipts",
    query=Q.receipts,
    sort="-id",
    search=("reference", "id"),
    hint=mark("Receipt number"),
    reach=lists.REACH,
    dates="effective_at",
    choices=(Choice(name="kind", title=mark("Kind"), values=KINDS),),
    columns=(
        Column(
            name="kind",
            title=mark("Kind"),
            says=KINDS,
            second="reference",
            second_title=mark("Receipt number"),
            to=_page_of,
        ),
        Column(name="cash", title=mark("Cash"), kind="money"),
        Column(name="points", title=mark("Points"), kind="points"),
        Column(name="earned", title=mark("Points earned"), kind="points"),
        Column(name="effective_at", title=mark("When"), kind="moment"),
        Column(name="id", title=mark("Operation"), kind="id", sort=True, to=_page_of),
    ),
    empty=mark("No sale yet"),
    advice=mark("Type a bill at the till and scan a code: each sale is then listed here."),
)


HOLDS: Final = Listing(
    name="holds",
    query=Q.open_holds,
    search=("reference", "id"),
    hint=mark("Table or receipt number"),
    dates="held_at",
    columns=(
        Column(name="reference", title=mark("Table or receipt number"), sort=True),
        Column(name="remaining", title=mark("Points held"), kind="points", sort=True),
        Column(name="held_at", title=mark("Held since"), kind="moment"),
        Column(name="expires_at", title=mark("Held until"), kind="moment", sort=True),
        Column(name="id", title=mark("Operation"), kind="id", sort=True, to=_page_of),
    ),
    empty=mark("No points are held"),
    advice=mark(
        "Where the bill comes later, as in a restaurant, hold the points first: at the till, "
        "below the sums."
    ),
)
ORDERS: Final = {
    "-id": mark("Newest first"),
    "id": mark("Oldest first"),
    "reference": mark("By number"),
    "expires_at": mark("By when they end"),
    "-remaining": mark("Most points first"),
}


class Receipt(Struct, frozen=True, kw_only=True):
    """An operation with all that a receipt says of it; ``left`` (fen): what may be refunded.

    ``served`` is the name of who stood at the till, where that is known.
    """

    told: Explanation
    detail: Detail
    organisation: Organisation
    left: int
    served: str | None


@get("/till/at/{outlet:str}/receipts", opt=AT_TILL)
async def receipts(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """List the receipts of the outlet, newest first, or lead to the one whose number is typed."""
    place = await here(request, outlet)
    search = str(request.query_params.get("search", "")).replace("\0", "").strip()[:_LONGEST]
    if search and "format" not in request.query_params:
        found = await parts.read(request, lambda conn: _numbered(conn, place, search))
        if found is not None:
            return pages.go(f"/till/at/{place.code}/receipts/{found}")
    mine = {"organisation": place.organisation_id, "outlet": place.id, "till": place.code}
    return await lists.show(request, "cashier/receipts.html", RECEIPTS, mine, outlet=place)


def _numbered(conn: Connection, place: Outlet, number: str) -> int | None:
    """Give the one operation of the outlet that has a number or is of a receipt, however old."""
    if number.isdecimal() and len(number) < 19 and _is_here(conn, int(number), place):
        return int(number)
    wanted = Wanted(organisation=place.organisation_id, outlet=place.id, reference=number)
    found = history.listed(conn, wanted, limit=2)
    return found[0].id if len(found) == 1 else None


@get("/till/at/{outlet:str}/receipts/{operation:int}", opt=AT_TILL)
async def receipt(
    request: Request[Any, Any, Any], outlet: FromPath[str], operation: FromPath[int]
) -> Response[str]:
    """Show a receipt, to print and to refund; refuses ``operation-not-found``."""
    place = await here(request, outlet)
    found = await parts.read(request, lambda conn: read(conn, place, operation))
    return pages.page(
        request, "cashier/receipt.html", outlet=place, receipt=found, kinds=KINDS, sales=SALES
    )


@get("/till/at/{outlet:str}/holds", opt=AT_TILL)
async def holds(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """List the holds that wait for their bill, each with the form that takes it."""
    place = await here(request, outlet)
    mine = {
        "organisation": place.organisation_id,
        "outlet": place.id,
        "till": place.code,
        "at": clock.now(),
    }
    return await lists.show(request, "cashier/holds.html", HOLDS, mine, outlet=place, orders=ORDERS)


def read(conn: Connection, place: Outlet, operation: int) -> Receipt:
    """Read a receipt of an outlet; refuses ``operation-not-found``."""
    if not _is_here(conn, operation, place):
        raise OperationNotFound(operation=operation)
    told = explaining.explain(conn, operation)
    assert told.operation is not None, "its row has just been read"
    detail = decode(told.operation.data)
    row = conn.execute(Q.receipt_served, {"login": detail.staff}).fetchone()
    return Receipt(
        told=told,
        detail=detail,
        served=detail.staff if row is None else row[0],
        organisation=organisations.get(conn, place.organisation_id),
        left=sum(line.left for line in lines_left(conn, operation)),
    )


async def of_here(request: Request[Any, Any, Any], outlet: str, given: str) -> int:
    """Give the id of an operation that was done at the outlet; refuses ``operation-not-found``."""
    me = who.of(request)
    number = int(given) if given.isdecimal() and len(given) < 19 else 0

    def ask(conn: Connection) -> bool:
        return _is_here(conn, number, outlet_of(conn, me, outlet))

    if not await parts.read(request, ask):
        raise OperationNotFound(operation=given[:20])
    return number


def _is_here(conn: Connection, number: int, place: Outlet) -> bool:
    """Tell whether an operation was done at an outlet."""
    row = conn.execute(Q.receipt_row, {"id": number}).fetchone()
    return row is not None and (row[2], row[1]) == (place.organisation_id, place.id)


ROUTES: Final[list[BaseRouteHandler]] = [receipts, receipt, holds]
