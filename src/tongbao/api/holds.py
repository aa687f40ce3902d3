"""Holds over HTTP: points set aside, captured, freed; and what a till has let happen already."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import building, calls, lookup, proof
from tongbao.api.caller import needs
from tongbao.api.operations import hand_in
from tongbao.api.wire import AdviceIn, CaptureIn, HoldIn, OperationOut, PathId, PlainIn
from tongbao.points import operations as ops

WRITE: Final = needs("points:write")
_HOLD: Final = {
    "member": {"card": "6200 0000 0001"}, "outlet": "bj-01", "points": {"value": 8000},
}  # fmt: skip


@post("/v1/holds", status_code=201, opt=needs("points:write", example=_HOLD))
async def hold(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[HoldIn],
) -> Response[OperationOut]:
    """Set points aside for a purchase to come."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member], [data.outlet], data.terminal)
        proven = await proof.given(request, found.member(data.member))
        return building.hold(call, data, found, proven)

    return await hand_in(request, call, "hold", build)


@post(
    "/v1/holds/{hold_id:str}/captures",
    status_code=201,
    opt=needs("points:write", example={"points": {"value": 3000}, "final": False}),
)
async def capture(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    hold_id: PathId,
    data: JSONBody[CaptureIn],
) -> Response[OperationOut]:
    """Spend points of a hold, up to what is left of it."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return building.capture(call, data, hold_id)

    return await hand_in(request, call, "capture", build)


@post("/v1/holds/{hold_id:str}/void", status_code=201, opt=WRITE)
async def void(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    hold_id: PathId,
    data: JSONBody[PlainIn],
) -> Response[OperationOut]:
    """Free what remains of a hold."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return building.void(call, data, hold_id)

    return await hand_in(request, call, "void", build)


@post("/v1/advices", status_code=201, opt=needs("points:write", example=_HOLD))
async def advice(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[AdviceIn],
) -> Response[OperationOut]:
    """Tell what a till has let happen; where the points are gone it becomes an exception item."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member], [data.outlet], data.terminal)
        return building.advice(call, data, found)

    return await hand_in(request, call, "advice", build)


ROUTES: Final[list[BaseRouteHandler]] = [hold, capture, void, advice]
