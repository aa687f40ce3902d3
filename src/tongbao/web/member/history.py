"""History: what happened to a member's points, and the receipt of each time."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct
from psycopg.rows import class_row

from tongbao.hosting import parts
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.points import explain as explaining
from tongbao.points.detail import Detail, decode
from tongbao.points.explain import TouchedLot
from tongbao.points.refusals import OperationNotFound
from tongbao.web import who
from tongbao.web.member.showing import show
from tongbao.web.searching import literal
from tongbao.web.who import MEMBER
from tongbao.web.words import mark

Q = sql.load(__package__)

ROWS: Final = 30
_END: Final = 2**63 - 1
_LATEST: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
_LONGEST: Final = 60

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
async def history(request: Request[Any, Any, Any]) -> Response[str]:
    """List what happened, by month and by what is searched for."""
    me = who.member_of(request).member_id
    asked = request.query_params
    search = str(asked.get("q", ""))[:_LONGEST].strip()
    month = str(asked.get("month", ""))
    zone = ZoneInfo(parts.of(request).settings.time_zone)
    since, until = span_of(month, zone)
    before = str(asked.get("before", ""))

    def ask(conn: Connection) -> list[Entry]:
        return entries(
            conn,
            me,
            search=f"%{literal(search)}%" if search else None,
            since=since,
            until=until,
            before=int(before) if before.isdecimal() and len(before) < 19 else _END,
            limit=ROWS + 1,
        )

    rows = await parts.read(request, ask)
    more = rows[ROWS - 1].id if len(rows) > ROWS else None
    return show(
        request,
        "member/history.html",
        entries=rows[:ROWS],
        search=search,
        month=month if since > limits.EARLIEST else "",
        more=more,
        first=before == "",
    )


@get("/m/history/{operation:int}", opt=MEMBER)
async def receipt(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Show the receipt of one operation, with the lots that it moved and whose points they are.

    Refuses ``operation-not-found``, also when it is nobody's business.
    """
    me = who.member_of(request).member_id

    def ask(conn: Connection) -> tuple[Entry, list[TouchedLot], Detail | None, list[Entry]]:
        found = entries(conn, me, only=operation, limit=1)
        if not found:
            raise OperationNotFound(operation=operation)
        told = explaining.explain(conn, operation)
        family = {i for (i,) in conn.execute(Q.member_family, {"member": me})}
        lots = [lot for lot in told.lots if lot.owner_id in family]
        relatives = [one for r in told.relatives for one in entries(conn, me, only=r.id, limit=1)]
        detail = None if told.operation is None else decode(told.operation.data)
        return found[0], lots, detail, relatives

    entry, lots, detail, relatives = await parts.read(request, ask)
    return show(
        request,
        "member/receipt.html",
        entry=entry,
        lots=[lot for lot in lots if lot.points],
        detail=detail,
        relatives=relatives,
    )


def entries(
    conn: Connection,
    member_id: int,
    *,
    only: int | None = None,
    search: str | None = None,
    since: datetime = limits.EARLIEST,
    until: datetime = _LATEST,
    before: int = _END,
    limit: int = ROWS,
) -> list[Entry]:
    """Give what happened to a member's points, newest first."""
    given = {
        "member": member_id,
        "wanted": only,
        "search": search,
        "since": since,
        "until": until,
        "before": before,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(Q.member_history, given).fetchall()


def span_of(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give when a month such as ``2026-05`` begins and ends; all time for what is none."""
    try:
        begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    except ValueError:
        return limits.EARLIEST, _LATEST
    return begin, end


ROUTES: Final[list[BaseRouteHandler]] = [history, receipt]
