"""Sales over HTTP: purchases, awards, their refunds and reversals, and gifts."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import lookup
from tongbao.api.caller import needs
from tongbao.api.operations import common, hand_in, sale_lines
from tongbao.api.wire import AwardIn, GiftIn, PlainIn, PurchaseIn, RefundIn, ReversalIn
from tongbao.points import operations as ops

WRITE: Final = needs("points:write")


@post("/v1/purchases", status_code=201, opt=WRITE)
async def purchase(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[PurchaseIn],
) -> Response[bytes]:
    """Pay a bill with points and cash."""
    op = ops.Purchase(
        member=await lookup.member(request, data.member),
        outlet=await lookup.outlet(request, caller, data.outlet),
        amount=data.amount.value,
        points=data.points.value,
        up_to=data.up_to,
        lines=sale_lines(data.lines),
        **common(caller, key, data),
    )
    return await hand_in(request, op)


@post("/v1/awards", status_code=201, opt=WRITE)
async def award(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[AwardIn],
) -> Response[bytes]:
    """Give points for a sale by contract, or exactly so many."""
    op = ops.Award(
        member=await lookup.member(request, data.member),
        outlet=await lookup.outlet(request, caller, data.outlet),
        amount=data.amount.value,
        points=None if data.points is None else data.points.value,
        lines=sale_lines(data.lines),
        release_at=data.release_at,
        expires_at=data.expires_at,
        **common(caller, key, data),
    )
    return await hand_in(request, op)


@post("/v1/awards/{award_id:str}/release", status_code=201, opt=WRITE)
async def release(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    award_id: str,
    data: JSONBody[PlainIn],
) -> Response[bytes]:
    """Make a pending award spendable."""
    op = ops.ReleasePending(award=lookup.number(award_id), **common(caller, key, data))
    return await hand_in(request, op)


@post("/v1/awards/{award_id:str}/cancel", status_code=201, opt=WRITE)
async def cancel(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    award_id: str,
    data: JSONBody[PlainIn],
) -> Response[bytes]:
    """Take a pending award back before it is released."""
    op = ops.CancelPending(award=lookup.number(award_id), **common(caller, key, data))
    return await hand_in(request, op)


@post("/v1/refunds", status_code=201, opt=WRITE)
async def refund(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[RefundIn],
) -> Response[bytes]:
    """Take back a sale, whole or in part."""
    op = ops.Refund(
        original=lookup.number(data.original),
        amount=None if data.amount is None else data.amount.value,
        lines=tuple(ops.RefundLine(one.id, one.amount.value) for one in data.lines),
        **common(caller, key, data),
    )
    return await hand_in(request, op)


@post("/v1/reversals", status_code=201, opt=WRITE)
async def reversal(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[ReversalIn],
) -> Response[bytes]:
    """Undo a request whose answer never came, also before it arrives."""
    op = ops.Reversal(original_key=data.original_key, **common(caller, key, data))
    return await hand_in(request, op)


@post("/v1/gifts", status_code=201, opt=WRITE)
async def gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    key: NamedDependency[str],
    data: JSONBody[GiftIn],
) -> Response[bytes]:
    """Give points of one member to another; issuers and dates stay."""
    op = ops.Gift(
        member=await lookup.member(request, data.member),
        to=await lookup.member(request, data.to),
        points=data.points.value,
        **common(caller, key, data),
    )
    return await hand_in(request, op)


ROUTES: Final[list[BaseRouteHandler]] = [
    purchase, award, release, cancel, refund, reversal, gift,
]  # fmt: skip
