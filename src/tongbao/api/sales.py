"""Sales over HTTP: purchases, awards, their refunds and reversals, and gifts."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import calls, lookup
from tongbao.api.caller import needs
from tongbao.api.operations import common, hand_in, sale_lines
from tongbao.api.wire import (
    AwardIn,
    GiftIn,
    OperationOut,
    PathId,
    PlainIn,
    PurchaseIn,
    RefundIn,
    ReversalIn,
)
from tongbao.points import operations as ops

WRITE: Final = needs("points:write")


@post("/v1/purchases", status_code=201, opt=WRITE)
async def purchase(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[PurchaseIn],
) -> Response[OperationOut]:
    """Pay a bill with points and cash."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Purchase(
            member=await lookup.member(request, caller, data.member),
            outlet=await lookup.outlet(request, caller, data.outlet),
            amount=data.amount.value,
            points=data.points.value,
            up_to=data.up_to,
            lines=sale_lines(data.lines),
            quote=None if data.quote is None else lookup.number(data.quote),
            **common(call, data),
        )

    return await hand_in(request, call, "purchase", build)


@post("/v1/awards", status_code=201, opt=WRITE)
async def award(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[AwardIn],
) -> Response[OperationOut]:
    """Give points for a sale by contract, or exactly so many."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Award(
            member=await lookup.member(request, caller, data.member),
            outlet=await lookup.outlet(request, caller, data.outlet),
            amount=data.amount.value,
            points=None if data.points is None else data.points.value,
            lines=sale_lines(data.lines),
            release_at=data.release_at,
            expires_at=data.expires_at,
            **common(call, data),
        )

    return await hand_in(request, call, "award", build)


@post("/v1/awards/{award_id:str}/release", status_code=201, opt=WRITE)
async def release(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    award_id: PathId,
    data: JSONBody[PlainIn],
) -> Response[OperationOut]:
    """Make a pending award spendable."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.ReleasePending(award=lookup.number(award_id), **common(call, data))

    return await hand_in(request, call, "release_pending", build)


@post("/v1/awards/{award_id:str}/cancel", status_code=201, opt=WRITE)
async def cancel(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    award_id: PathId,
    data: JSONBody[PlainIn],
) -> Response[OperationOut]:
    """Take a pending award back before it is released."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.CancelPending(award=lookup.number(award_id), **common(call, data))

    return await hand_in(request, call, "cancel_pending", build)


@post("/v1/refunds", status_code=201, opt=WRITE)
async def refund(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[RefundIn],
) -> Response[OperationOut]:
    """Take back a sale, whole or in part."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Refund(
            original=lookup.number(data.original),
            amount=None if data.amount is None else data.amount.value,
            lines=tuple(ops.RefundLine(one.id, one.amount.value) for one in data.lines),
            **common(call, data),
        )

    return await hand_in(request, call, "refund", build)


@post("/v1/reversals", status_code=201, opt=WRITE)
async def reversal(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[ReversalIn],
) -> Response[OperationOut]:
    """Undo a request whose answer never came, also before it arrives."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Reversal(original_key=data.original_key, **common(call, data))

    return await hand_in(request, call, "reversal", build)


@post("/v1/gifts", status_code=201, opt=WRITE)
async def gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[GiftIn],
) -> Response[OperationOut]:
    """Give points of one member to another; issuers and dates stay."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Gift(
            member=await lookup.member(request, caller, data.member),
            to=await lookup.member(request, caller, data.to),
            points=data.points.value,
            **common(call, data),
        )

    return await hand_in(request, call, "gift", build)


ROUTES: Final[list[BaseRouteHandler]] = [
    purchase, award, release, cancel, refund, reversal, gift,
]  # fmt: skip
