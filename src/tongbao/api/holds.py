"""Holds over HTTP: points set aside, captured, freed; and what a till has let happen already."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import lookup
from tongbao.api.caller import needs
from tongbao.api.operations import common, hand_in, sale_lines
from tongbao.api.wire import AdviceIn, CaptureIn, HoldIn, PlainIn
from tongbao.points import operations as ops

WRITE: Final = needs("points:write")


@post("/v1/holds", status_code=201, opt=WRITE)
async def hold(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[HoldIn],
) -> Response[bytes]:
    """Set points aside for a purchase to come."""
    op = ops.Hold(
        member=await lookup.member(request, data.member),
        outlet=await lookup.outlet(request, caller, data.outlet),
        points=data.points.value,
        up_to=data.up_to,
        expires_at=data.expires_at,
        **common(caller, key, data),
    )
    return await hand_in(request, op)


@post("/v1/holds/{hold_id:str}/captures", status_code=201, opt=WRITE)
async def capture(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    hold_id: str,
    data: JSONBody[CaptureIn],
) -> Response[bytes]:
    """Spend points of a hold, up to what is left of it."""
    op = ops.Capture(
        hold=lookup.number(hold_id),
        points=data.points.value,
        cash=data.cash.value,
        final=data.final,
        lines=sale_lines(data.lines),
        **common(caller, key, data),
    )
    return await hand_in(request, op)


@post("/v1/holds/{hold_id:str}/void", status_code=201, opt=WRITE)
async def void(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    hold_id: str,
    data: JSONBody[PlainIn],
) -> Response[bytes]:
    """Free what remains of a hold."""
    op = ops.Void(hold=lookup.number(hold_id), **common(caller, key, data))
    return await hand_in(request, op)


@post("/v1/advices", status_code=201, opt=WRITE)
async def advice(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[AdviceIn],
) -> Response[bytes]:
    """Tell what a till has let happen; where the points are gone it becomes an exception item."""
    op = ops.Advice(
        member=await lookup.member(request, data.member),
        outlet=await lookup.outlet(request, caller, data.outlet),
        points=data.points.value,
        cash=data.cash.value,
        hold=None if data.hold is None else lookup.number(data.hold),
        lines=sale_lines(data.lines),
        **common(caller, key, data),
    )
    return await hand_in(request, op)


ROUTES: Final[list[BaseRouteHandler]] = [hold, capture, void, advice]
