"""History: what happened to a member's points, and the receipt of each time."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct, structs
from psycopg.rows import class_row

from tongbao.hosting import parts
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.ledger.books import LOT_BITS
from tongbao.members import identities
from tongbao.points import explain as explaining
from tongbao.points.detail import Detail, decode
from tongbao.points.explain import TouchedLot
from tongbao.points.refusals import OperationNotFound
from tongbao.web import cursors, lists, pages, who
from tongbao.web.cursors import Cursor
from tongbao.web.export import csv_of
from tongbao.web.lists import EXPORT, Asked, Column, Listing, Shown
from tongbao.web.member.showing import show
from tongbao.web.searching import after, literal
from tongbao.web.who import MEMBER
from tongbao.web.words import Words, mark

Q = sql.load(__package__)

ROWS: Final = 30
_END: Final = 2**63 - 1
_LATEST: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")

KINDS: Final = {
    "purchase": mark("Purchase"),
    "award": mark("Points earned"),
    "hold": mark("Points held"),
    "capture": mark("Purchase"),
    "void": mark("Hold released"),
    "expire_hold": mark("Hold ended"),
    "advice": mark("Purchase"),
    "refund": mark("Refund"),
    "reversal": mark("Called off"),
    "gift": mark("Gift given"),
    "decide_adjustment": mark("Correction"),
    "expire_lots": mark("Points ended"),
    "release_pending": mark("Points released"),
    "cancel_pending": mark("Pending points taken back"),
    "merge": mark("Memberships joined"),
    "close": mark("Membership ended"),
}
RECEIVED: Final = mark("Gift received")
OLDEST: Final = "effective_at"
HISTORY: Final = Listing(
    name="history",
    query=Q.member_history,
    columns=(
        Column(name="effective_at", title=mark("When"), kind="moment", sort=True),
        Column(name="kind", title=mark("What"), tells=lambda title, spoken: spoken.say(title)),
        Column(name="outlet", title=mark("Where")),
        Column(name="wallet", title=mark("Points"), kind="points"),
        Column(name="pending", title=mark("Pending"), kind="points"),
        Column(name="held", title=mark("Held"), kind="points"),
        Column(name="owing", title=mark("Owing"), kind="points"),
        Column(name="cash", title=mark("Paid in money"), kind="money"),
        Column(name="reference", title=mark("Receipt")),
    ),
    sort=f"-{OLDEST}",
    search=("organisation", "outlet", "reference"),
    dates="effective_at",
    empty=mark("Nothing has happened yet"),
    advice=mark("What you earn and spend is listed here, with its receipts."),
)
"""What may be asked, and what stands in the file. The query finds by itself what is asked for: what
an operation moved is added up only for those that are shown."""


class Entry(Struct, frozen=True, kw_only=True):
    """One operation: what each account of the member gained or lost (fen).

    ``own``: not somebody else's gift. ``by_alliance``: at no merchant.
    """

    id: int
    kind: str
    own: bool
    points: int
    cash: int
    effective_at: datetime
    original_id: int | None
    reference: str | None
    organisation: str | None
    outlet: str | None
    by_alliance: bool | None
    wallet: int
    held: int
    pending: int
    owing: int

    @property
    def title(self) -> str:
        """Say what it is."""
        if self.kind == "gift" and not self.own:
            return RECEIVED
        return KINDS.get(self.kind, self.kind)

    @property
    def place(self) -> str:
        """Say where it was; the alliance itself is no place."""
        return "" if self.by_alliance else self.outlet or self.organisation or ""

    @property
    def moved(self) -> int:
        """Give what changed, in the account that people look at."""
        return self.wallet or self.pending or self.held


@get("/m/history", opt=MEMBER)
async def history(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what happened, by days and by what is searched for, or give it as a file."""
    me = who.member_of(request).member_id
    asked, spoken = lists.ask(request, HISTORY), pages.words_of(request)
    whole = request.query_params.get("format") == "csv"
    if whole:
        asked = structs.replace(asked, cursor=None)
    most = EXPORT if whole else ROWS
    found = await parts.read(request, lambda conn: _asked(conn, me, asked, most + 1, spoken))
    rows = [_told(entry) for entry in found[:most]]
    if whole:
        return csv_of(HISTORY, rows, spoken, {}, more=len(found) > most)
    here = Shown(
        listing=HISTORY, asked=asked, path="/m/history", rows=rows, earlier=None, later=None
    )
    last = found[most - 1] if len(found) > most else None
    return show(
        request,
        "member/history.html",
        listed=structs.replace(
            here,
            earlier=here.address() if asked.cursor else None,
            later=here.address(cursor=cursors.write(Cursor(last.effective_at, last.id)))
            if last
            else None,
        ),
        oldest=asked.sort == OLDEST,
    )


def _asked(
    conn: Connection, member_id: int, asked: Asked, limit: int, spoken: Words
) -> list[Entry]:
    """Give what was asked for, in its order."""
    oldest, until = asked.sort == OLDEST, after(asked.until)
    key = asked.cursor.key if asked.cursor else None
    edge = key if isinstance(key, int) else None

    def begin(day: date) -> datetime:
        return datetime.combine(day, time(), spoken.zone)

    return entries(
        conn,
        member_id,
        search=f"%{literal(asked.search)}%" if asked.search else None,
        since=begin(asked.since) if asked.since else limits.EARLIEST,
        until=begin(until) if until else _LATEST,
        oldest=oldest,
        before=edge if edge is not None and not oldest else _END,
        beyond=edge if edge is not None and oldest else 0,
        limit=limit,
    )


def _told(entry: Entry) -> dict[str, Any]:
    """Give an operation as its member reads it: what it was called, and where it was."""
    said = {"kind": entry.title, "outlet": entry.place, "moved": entry.moved}
    return structs.asdict(entry) | said


@get("/m/history/{operation:int}", opt=MEMBER)
async def receipt(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Show the receipt of one operation, with the lots that it moved and whose points they are.

    Refuses ``operation-not-found``, also when it is nobody's business.
    """
    me = who.member_of(request).member_id

    def ask(
        conn: Connection,
    ) -> tuple[Entry, list[TouchedLot], Detail | None, list[Entry], str | None]:
        other = None
        found = entries(conn, me, only=operation, limit=1)
        if not found:
            raise OperationNotFound(operation=operation)
        told = explaining.explain(conn, operation)
        family = {i for (i,) in conn.execute(Q.member_family, {"member": me})}
        lots = [lot for lot in told.lots if lot.owner_id in family]
        relatives = [one for r in told.relatives for one in entries(conn, me, only=r.id, limit=1)]
        if found[0].kind == "gift" and told.operation is not None:
            other = _other(conn, told.operation.owner_id, family, told.lots)
        detail = None if told.operation is None else decode(told.operation.data)
        return found[0], lots, detail, relatives, other

    entry, lots, detail, relatives, other = await parts.read(request, ask)
    return show(
        request,
        "member/receipt.html",
        entry=entry,
        # Each with the operation that made it, whose place in the id comes before the lot's own.
        lots=[(lot, lot.id >> LOT_BITS) for lot in lots if lot.points],
        detail=detail,
        relatives=relatives,
        other=other,
    )


def _other(
    conn: Connection, giver: int, family: set[int], lots: Iterable[TouchedLot]
) -> str | None:
    """Give the end of the phone of who gave a gift, or got it; None where it is known no more."""
    got = (lot.owner_id for lot in lots if lot.points > 0 and lot.owner_id not in family)
    number = next(got, None) if giver in family else giver
    known = [] if number is None else identities.list_of(conn, number)
    return next((one.hint for one in known if one.kind == "phone"), None)


def entries(
    conn: Connection,
    member_id: int,
    *,
    only: int | None = None,
    search: str | None = None,
    since: datetime = limits.EARLIEST,
    until: datetime = _LATEST,
    oldest: bool = False,
    before: int = _END,
    beyond: int = 0,
    limit: int = ROWS,
) -> list[Entry]:
    """Give what happened to a member's points, newest or ``oldest`` first.

    Only between two operations: older than ``before``, newer than ``beyond``.
    """
    given = {
        "member": member_id,
        "wanted": only,
        "search": search,
        "since": since,
        "until": until,
        "oldest": oldest,
        "before": before,
        "beyond": beyond,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(Q.member_history, given).fetchall()


ROUTES: Final[list[BaseRouteHandler]] = [history, receipt]
