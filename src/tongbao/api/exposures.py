"""Exposure over HTTP: how organisations stand against their limits and blocks."""

from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.alliance.types import Status
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.paging import pages
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Code, Id, Money, PathId, Points
from tongbao.clearing import exposure
from tongbao.clearing.exposure import Exposure
from tongbao.kernel import clock
from tongbao.kernel.db import Connection


class ExposureOut(Struct, frozen=True, kw_only=True):
    """How an organisation stands.

    ``clearing``: its position, negative is owed by it. ``limit``: collateral and credit; null: its
    issuing is not bounded. ``used_share`` in parts per million; ``level``: the highest of its
    alert ``levels`` that is reached, 0 none. ``wanted``: what of its blocks is to be bought.
    """

    organisation: Id
    code: Code
    name: str
    status: Status
    clearing: Money
    collateral: Money
    prepaid: Money
    guarantee: Money
    reserve: Money
    circulation: Points
    limit: Money | None
    used: Money
    used_share: int | None
    headroom: Money | None
    level: int
    levels: list[int]
    block: Money | None
    replenish_below: Money | None
    wanted: Money


class AlertsOut(Struct, frozen=True, kw_only=True):
    """How many alerts were raised as exception items, and how many have ended."""

    raised: int
    ended: int


@get("/v1/exposures", **everybody("clearing:read"))
async def list_exposures(
    request: Req,
    caller: Me,
    *,
    alerted: Annotated[
        bool, QueryParameter(description="Only those at a level, or short of a block.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[ExposureOut]:
    """List how organisations stand, in the order of their ids."""
    at = clock.now()

    def ask(conn: Connection, after: int, most: int) -> list[Exposure]:
        if caller.operator:
            return (exposure.alerted if alerted else exposure.listed)(conn, at, after, most)
        own = exposure.of(conn, caller.organisation_id, at)
        shown = own.organisation_id > after and (own.level or own.wanted or not alerted)
        return [own] if shown else []

    return await pages(request, ExposureOut, cursor, limit, 0, lambda one: one.organisation_id, ask)


@get("/v1/organisations/{organisation:str}/exposure", **everybody("clearing:read"))
async def get_exposure(request: Req, caller: Me, organisation: PathId) -> ExposureOut:
    """Give how an organisation stands: what it may still issue, and what bounds it."""
    who = reach.organisation(caller, organisation)
    at = clock.now()
    return await show(request, ExposureOut, lambda conn: exposure.of(conn, who, at))


@post("/v1/exposures/alerts", **operators("clearing:write", status_code=200))
async def raise_alerts(request: Req, caller: Me, actor: Actor) -> Response[AlertsOut]:
    """Raise an exception item for each level that is reached, and end those that are not."""

    def do(conn: Connection, at: datetime) -> Any:
        return exposure.raise_alerts(conn, at)

    return await act(request, caller, actor, None, AlertsOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [list_exposures, get_exposure, raise_alerts]
