"""Sales over HTTP: purchases, awards, their refunds and reversals, and gifts."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import building, calls, lookup, proof
from tongbao.api.caller import needs
from tongbao.api.operations import hand_in
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
_CARD: Final = {"card": "6200 0000 0001"}
_PURCHASE: Final = {
    "member": _CARD,
    "outlet": "bj-01",
    "amount": {"value": 20000, "unit": "CNY"},
    "points": {"value": 8000, "unit": "PTS"},
    "reference": "receipt 000123",
}
_AWARD: Final = {
    "member": _CARD, "outlet": "bj-01", "amount": {"value": 20000, "unit": "CNY"},
}  # fmt: skip
_GIFT: Final = {"member": _CARD, "to": {"phone": "+8613812345678"}, "points": {"value": 1000}}


@post("/v1/purchases", status_code=201, opt=needs("points:write", example=_PURCHASE))
async def purchase(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[PurchaseIn],
) -> Response[OperationOut]:
    """Pay a bill with points and cash.

    Points are taken soonest expiry first, whoever gave them; what is paid in cash earns.
    """
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member], [data.outlet], data.terminal)
        proven = await proof.given(request, found.member(data.member))
        return building.purchase(call, data, found, proven)

    return await hand_in(request, call, "purchase", build)


@post("/v1/awards", status_code=201, opt=needs("points:write", example=_AWARD))
async def award(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[AwardIn],
) -> Response[OperationOut]:
    """Give points for a sale by contract, or exactly so many."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member], [data.outlet], data.terminal)
        return building.award(call, data, found)

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
        return building.release(call, data, award_id)

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
        return building.cancel(call, data, award_id)

    return await hand_in(request, call, "cancel_pending", build)


@post(
    "/v1/refunds",
    status_code=201,
    opt=needs("points:write", example={"original": "1007", "amount": {"value": 5000}}),
)
async def refund(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[RefundIn],
) -> Response[OperationOut]:
    """Take back a sale, whole or in part.

    The same lots come back to the member; what it earned on that part is taken back.
    """
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return building.refund(call, data)

    return await hand_in(request, call, "refund", build)


@post(
    "/v1/reversals",
    status_code=201,
    opt=needs("points:write", example={"original_key": "till-7-000123"}),
)
async def reversal(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[ReversalIn],
) -> Response[OperationOut]:
    """Undo a request whose answer never came, also before it arrives.

    `original_key` is the idempotency key of that request; how often it is undone does not matter.
    """
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return building.reversal(call, data)

    return await hand_in(request, call, "reversal", build)


@post("/v1/gifts", status_code=201, opt=needs("points:write", example=_GIFT))
async def gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[GiftIn],
) -> Response[OperationOut]:
    """Give points of one member to another; issuers and dates stay."""
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        found = await lookup.find(request, caller, [data.member, data.to])
        proven = await proof.given(request, found.member(data.member))
        return building.gift(call, data, found, proven)

    return await hand_in(request, call, "gift", build)


ROUTES: Final[list[BaseRouteHandler]] = [
    purchase, award, release, cancel, refund, reversal, gift,
]  # fmt: skip
