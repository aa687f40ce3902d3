"""Clearing windows over HTTP: closed, looked at, netted."""

from datetime import datetime
from typing import Annotated, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.reach import everybody, operators
from tongbao.api.settlements import SettlementOut
from tongbao.api.wire import Id, Money, PathId
from tongbao.clearing import netting, positions, windows
from tongbao.clearing.report import report
from tongbao.clearing.types import Net, Pair
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

_LAST: Final = 2**31 - 1


class WindowOut(Struct, frozen=True, kw_only=True):
    """A clearing window; one is open."""

    id: int
    opened_at: datetime
    closed_at: datetime | None


class NetOut(Struct, frozen=True, kw_only=True):
    """By how much an organisation's accounts moved in a window.

    ``clearing`` is what it is owed (negative: what it owes), ``reserve`` and ``prepaid`` what
    prepaid issuers have set aside, ``fees`` and ``breakage`` the operator's.
    """

    organisation: Id
    clearing: Money
    reserve: Money
    prepaid: Money
    fees: Money
    breakage: Money


class PairOut(Struct, frozen=True, kw_only=True):
    """Two organisations of a window: what each owes the other, and what is left of it."""

    debtor: Id
    creditor: Id
    owed: Money
    owed_back: Money
    net: Money
    claims: int


class PaymentsOut(Struct, frozen=True, kw_only=True):
    """So many payments of so much together."""

    count: int
    amount: Money


class WindowReportOut(Struct, frozen=True, kw_only=True):
    """A window, the payments that it takes in three ways, its largest positions and pairs.

    ``gross``: every claim paid for itself. ``bilateral``: set off pair by pair. ``collections``
    and ``payouts``: what settlement moves. ``kept``: what the operator keeps.
    """

    window: WindowOut
    gross: PaymentsOut
    bilateral: PaymentsOut
    collections: PaymentsOut
    payouts: PaymentsOut
    kept: Money
    organisations: int
    nets: list[NetOut]
    pairs_in_all: int
    pairs: list[PairOut]
    settlements: list[SettlementOut]


class RegionalOut(Struct, frozen=True, kw_only=True):
    """Claims netted by region first, then between regions; keys are regions and organisations.

    ``claimed``: within a region. ``inside``: what each receives (negative: pays) there, ``beyond``
    from others, ``between`` region by region.
    """

    claimed: dict[str, Money]
    inside: dict[str, dict[Id, Money]]
    beyond: dict[Id, Money]
    between: dict[str, Money]


class NettingOut(Struct, frozen=True, kw_only=True):
    """A window netted by region; ``homes``: where each is at home, ``nets``: both stages."""

    window: int
    homes: dict[Id, str]
    netted: RegionalOut
    nets: dict[Id, Money]


@get("/v1/windows", **everybody("clearing:read"))
async def list_windows(request: Req, cursor: Cursor = None, limit: Limit = ROWS) -> Page[WindowOut]:
    """List windows, the newest first; they are the alliance's."""
    return await pages(request, WindowOut, cursor, limit, _LAST, lambda one: one.id, windows.newest)


@get("/v1/windows/{window:str}", **everybody("clearing:read"))
async def get_window(request: Req, window: PathId) -> WindowOut:
    """Give a window."""
    return await show(request, WindowOut, lambda conn: windows.get(conn, number(window)))


@post("/v1/windows/close", **operators("clearing:write", status_code=200))
async def close(request: Req, caller: Me, actor: Actor) -> Response[WindowOut]:
    """Close the open window; what is posted from now on is in the next one."""
    return await act(request, caller, actor, None, WindowOut, windows.close)


@get("/v1/windows/{window:str}/positions", **everybody("clearing:read"))
async def list_positions(
    request: Req, caller: Me, window: PathId, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[NetOut]:
    """List how far each organisation moved in a window; of an open one, as it stands now."""
    who = reach.whose(caller, None)

    def ask(conn: Connection, after: int, most: int) -> list[Net]:
        return positions.nets_after(conn, number(window), after, most, who)

    return await pages(request, NetOut, cursor, limit, 0, lambda one: one.organisation_id, ask)


@get("/v1/windows/{window:str}/claims", **everybody("clearing:read"))
async def list_claims(
    request: Req, caller: Me, window: PathId, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[PairOut]:
    """List who owes whom in a window, pair by pair, in the order of the two's ids."""
    who = reach.whose(caller, None)

    def ask(conn: Connection, after: tuple[int, int], most: int) -> list[Pair]:
        return positions.pairs_after(conn, number(window), after, most, who)

    return await pages(request, PairOut, cursor, limit, (0, 0), _two, ask)


@get("/v1/windows/{window:str}/report", **operators("clearing:read"))
async def get_report(
    request: Req,
    window: PathId,
    largest: Annotated[
        int, QueryParameter(ge=1, le=limits.PAGE, description="Positions and pairs shown.")
    ] = 20,
) -> WindowReportOut:
    """Give what is owed in a window, and what netting makes of it."""
    return await show(request, WindowReportOut, lambda conn: report(conn, number(window), largest))


@get("/v1/windows/{window:str}/netting", **operators("clearing:read"))
async def get_netting(
    request: Req,
    window: PathId,
    level: Annotated[
        Literal["province", "prefecture"], QueryParameter(description="What a region is.")
    ] = "province",
) -> NettingOut:
    """Net a window by region first, then between regions; fees and reserves included."""
    return await show(
        request, NettingOut, lambda conn: netting.by_region(conn, number(window), level)
    )


def _two(pair: Pair) -> tuple[int, int]:
    return min(pair.debtor, pair.creditor), max(pair.debtor, pair.creditor)


ROUTES: Final[list[BaseRouteHandler]] = [
    list_windows, get_window, close, list_positions, list_claims, get_report, get_netting,
]  # fmt: skip
