"""Adjustments over HTTP: points added or taken by hand, by two people."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.api import building, calls, lookup, reach
from tongbao.api.acting import Actor, Me, Req, noted, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.operations import hand_in
from tongbao.api.paging import pages
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody
from tongbao.api.wire import (
    AdjustmentIn,
    Id,
    OperationOut,
    PathId,
    PlainIn,
    SignedPoints,
)
from tongbao.kernel.db import Connection
from tongbao.points import adjustments
from tongbao.points import operations as ops
from tongbao.points.adjustments import Adjustment
from tongbao.points.refusals import AdjustmentNotFound

State = Literal["proposed", "approved", "rejected"]


class AdjustmentOut(Struct, frozen=True, kw_only=True):
    """An adjustment as it stands; ``id`` is the operation that proposed it."""

    id: Id
    member: Id
    organisation: Id
    points: SignedPoints
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    state: State


@post("/v1/adjustments", **everybody("adjustments:write"))
async def propose(
    request: Req, caller: Me, actor: Actor, data: JSONBody[AdjustmentIn]
) -> Response[OperationOut]:
    """Propose to add or take points; it moves nothing until another person approves."""
    call = calls.of(request, caller, (actor, data))
    await noted(request, caller, actor)

    whose = caller.organisation_id
    if data.organisation is not None:
        whose = reach.organisation(caller, data.organisation)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member])
        return building.proposal(call, data, found, whose, actor)

    return await hand_in(request, call, "propose_adjustment", build)


@get("/v1/adjustments", **everybody("points:read"))
async def list_adjustments(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    in_state: Annotated[
        State | None,
        QueryParameter(name="state", description="Only those in this state; unset: all."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[AdjustmentOut]:
    """List adjustments, the oldest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, AdjustmentOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: adjustments.listed(
            conn, who, state=in_state, after=after, limit=most
        ),
    )  # fmt: skip


@get("/v1/adjustments/{adjustment:str}", **everybody("points:read"))
async def get_adjustment(request: Req, caller: Me, adjustment: PathId) -> AdjustmentOut:
    """Give an adjustment by the id of its proposal."""
    which = number(adjustment)

    def ask(conn: Connection) -> Adjustment:
        found = adjustments.get(conn, which)
        reach.check(caller, found.organisation_id, AdjustmentNotFound(proposal=which))
        return found

    return await show(request, AdjustmentOut, ask)


@post("/v1/adjustments/{adjustment:str}/approve", **everybody("adjustments:write"))
async def approve(
    request: Req, caller: Me, actor: Actor, adjustment: PathId, data: JSONBody[PlainIn]
) -> Response[OperationOut]:
    """Approve an adjustment as another person than who proposed it; the points move."""
    return await _decide(request, caller, actor, adjustment, data, approve=True)


@post("/v1/adjustments/{adjustment:str}/reject", **everybody("adjustments:write"))
async def reject(
    request: Req, caller: Me, actor: Actor, adjustment: PathId, data: JSONBody[PlainIn]
) -> Response[OperationOut]:
    """Reject an adjustment; nothing moves."""
    return await _decide(request, caller, actor, adjustment, data, approve=False)


async def _decide(
    request: Req,
    caller: Caller,
    actor: str,
    adjustment: str,
    data: PlainIn,
    *,
    approve: bool,
) -> Response[Any]:
    call = calls.of(request, caller, (actor, data))
    await noted(request, caller, actor)

    async def build() -> ops.Operation:
        await get_adjustment.fn(request, caller, adjustment)  # another's is not handed in
        return building.decision(call, data, adjustment, actor, approve=approve)

    return await hand_in(request, call, "decide_adjustment", build)


ROUTES: Final[list[BaseRouteHandler]] = [
    propose, list_adjustments, get_adjustment, approve, reject,
]  # fmt: skip
