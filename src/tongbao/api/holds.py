"""Holds over HTTP: points set aside, captured, freed; and what a till has let happen already."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import calls, lookup
from tongbao.api.caller import needs
from tongbao.api.operations import common, hand_in, sale_lines
from tongbao.api.wire import AdviceIn, CaptureIn, HoldIn, OperationOut, PathId, PlainIn
from tongbao.points import operations as ops

WRITE: Final = needs("points:write")


@post("/v1/holds", status_code=201, opt=WRITE)
async def hold(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[HoldIn],
) -> Response[OperationOut]:
    """Set points aside for a purchase to come."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Hold(
            member=await lookup.member(request, caller, data.member),
            outlet=await lookup.outlet(request, caller, data.outlet),
            points=data.points.value,
            up_to=data.up_to,
            expires_at=data.expires_at,
            **common(call, data),
        )

    return await hand_in(request, call, "hold", build)


@post("/v1/holds/{hold_id:str}/captures", status_code=201, opt=WRITE)
async def capture(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    hold_id: PathId,
    data: JSONBody[CaptureIn],
) -> Response[OperationOut]:
    """Spend points of a hold, up to what is left of it."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Capture(
            hold=lookup.number(hold_id),
            points=data.points.value,
            cash=data.cash.value,
            final=data.final,
            lines=sale_lines(data.lines),
            **common(call, data),
        )

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
        return ops.Void(hold=lookup.number(hold_id), **common(call, data))

    return await hand_in(request, call, "void", build)


@post("/v1/advices", status_code=201, opt=WRITE)
async def advice(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[AdviceIn],
) -> Response[OperationOut]:
    """Tell what a till has let happen; where the points are gone it becomes an exception item."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Advice(
            member=await lookup.member(request, caller, data.member),
            outlet=await lookup.outlet(request, caller, data.outlet),
            points=data.points.value,
            cash=data.cash.value,
            hold=None if data.hold is None else lookup.number(data.hold),
            lines=sale_lines(data.lines),
            **common(call, data),
        )

    return await hand_in(request, call, "advice", build)


ROUTES: Final[list[BaseRouteHandler]] = [hold, capture, void, advice]
