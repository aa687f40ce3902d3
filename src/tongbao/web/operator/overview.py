"""The overview: what goes on in the alliance now, and what waits for people."""

from datetime import datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from psycopg.rows import dict_row

from tongbao.clearing import exposure, settlements
from tongbao.clearing.exposure import Exposure
from tongbao.clearing.types import Settlement
from tongbao.figures import windows
from tongbao.figures.windows import Sums
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.web import labels, pages, who
from tongbao.web.operator import verifications
from tongbao.web.otherwise import WAYS
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "overview_queries.sql")

_WINDOWS: Final = 30
_WEEK: Final = 7
_FEED: Final = 12
_ALERTS: Final = 6
_SETTLEMENTS: Final = 4
_SUMMED_AT_ONCE: Final = 40


class Picture(Struct, frozen=True, kw_only=True):
    """The alliance as it stands; amounts are fen of points."""

    circulation: int
    issued: int
    redeemed: int
    health: dict[str, Any]
    verified: dict[str, Any] | None
    sums: list[Sums]
    alerts: list[Exposure]
    settlements: list[Settlement]


@get("/operator", opt=sees(*OPERATOR))
async def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the alliance as it stands."""
    at = clock.now()
    zone = parts.of(request).settings.time_zone
    await parts.write(request, lambda conn: windows.catch_up(conn, zone, _SUMMED_AT_ONCE))
    taken = await parts.read(request, lambda conn: _take(conn, at))
    feed = await parts.read(request, _feed)
    spoken = pages.words_of(request)
    return pages.page(
        request,
        "operator/overview.html",
        taken=taken,
        feed=feed,
        kinds=labels.OPERATIONS,
        ways=WAYS,
        states=labels.SETTLEMENT_STATES,
        outcomes=verifications.STATES,
        checks=who.of(request).role in verifications.SEES,
        week_ago=taken.sums[-_WEEK] if len(taken.sums) >= _WEEK else None,
        chart=_chart(taken.sums, spoken) if taken.sums else None,
    )


@get("/operator/feed", opt=sees(*OPERATOR))
async def feed(request: Request[Any, Any, Any]) -> Response[str]:
    """Give the newest operations, for a page that asks every few seconds."""
    found = await parts.read(request, _feed)
    return pages.page(request, "operator/feed.html", feed=found, kinds=labels.OPERATIONS, ways=WAYS)


def _take(conn: Connection, at: datetime) -> Picture:
    (circulation,) = conn.execute(Q.circulation_now).fetchone() or (0,)
    issued, redeemed = conn.execute(Q.sums_of_open_window).fetchone() or (0, 0)
    with conn.cursor(row_factory=dict_row) as cursor:
        health = cursor.execute(Q.health).fetchone() or {}
        verified = cursor.execute(Q.verified).fetchone()
    strained = sorted(
        (one for one in exposure.every(conn, at) if one.level and one.used_share is not None),
        key=lambda one: -(one.used_share or 0),
    )
    return Picture(
        circulation=circulation,
        issued=issued,
        redeemed=redeemed,
        health=health,
        verified=verified,
        sums=windows.newest(conn, _WINDOWS)[::-1],
        alerts=strained[:_ALERTS],
        settlements=settlements.listed(conn, limit=_SETTLEMENTS),
    )


def _feed(conn: Connection) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(Q.feed, {"limit": _FEED}).fetchall()


def _chart(sums: list[Sums], spoken: Words) -> dict[str, Any]:
    return {
        "kind": "area",
        "unit": "points",
        "label": spoken.say(mark("Points issued and redeemed by business day")),
        "scale": spoken.say(mark("Points")),
        "x": [spoken.short(one.opened_at.astimezone(spoken.zone).date()) for one in sums],
        "series": [
            {"name": spoken.say(mark("Issued")), "values": [one.issued for one in sums]},
            {"name": spoken.say(mark("Redeemed")), "values": [one.redeemed for one in sums]},
        ],
    }


ROUTES: Final[list[BaseRouteHandler]] = [overview, feed]
