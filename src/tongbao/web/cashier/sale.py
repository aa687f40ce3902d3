"""What the cashier's page asks for: quotes, payments, holds and their end, refunds, calling off."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points import quotes
from tongbao.points.quotes import Part
from tongbao.web import called, pages, who
from tongbao.web.cashier import calls
from tongbao.web.cashier.after import of_here
from tongbao.web.cashier.place import AT_TILL, here


class QuoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A bill (fen) and who stands there; ``points`` none: as many as there are."""

    scanned: str
    amount: int
    points: int | None = None


class PayIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A bill (fen), what of it is paid with points, who pays, on which quote."""

    scanned: str
    amount: int
    points: int
    quote: int | None = None
    reference: str | None = None
    pin: str | None = None


class HoldIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Points (fen) that are set aside for a bill to come."""

    scanned: str
    points: int
    reference: str | None = None
    pin: str | None = None


class CaptureIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The bill of a hold: what is paid with its points, and what in money (fen)."""

    hold: str
    points: int
    cash: int


class VoidIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A hold that is not needed."""

    hold: str


class RefundIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of a sale (fen) is taken back; none: all that is left."""

    original: str
    amount: int | None = None


class ReverseIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The key of a call whose answer never came."""

    original_key: str


@post("/till/at/{outlet:str}/quote", opt=AT_TILL)
async def quote(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Say what a bill would be: points that may be used, money, what is earned."""
    body = await calls.body_of(request, QuoteIn)
    place = await here(request, outlet)
    found = await calls.stands_here(request, place, body.scanned)
    me, at, rules = who.of(request), clock.now(), parts.of(request).teller.rules

    def do(conn: Connection) -> tuple[quotes.Quoted, dict[int, str]]:
        said = quotes.make(
            conn,
            scope=me.organisation_id,
            member=found.member,
            outlet=place.id,
            amount=body.amount,
            points=body.points,
            at=at,
            rules=rules,
        )
        issuers = (part.issuer for part in (*said.here, *said.elsewhere))
        return said, called.names(conn, issuers)

    said, names = await parts.write(request, do)
    spoken = pages.words_of(request)

    def tell(part: Part) -> dict[str, Any]:
        ends = None if part.expires_at is None else spoken.date(part.expires_at)
        return {"issuer": names.get(part.issuer, ""), "points": part.points, "ends": ends}

    return Response(
        {
            "id": said.id,
            "amount": said.amount,
            "usable": said.usable,
            "points": said.points,
            "cash": said.cash,
            "earned": said.earned,
            "withheld": said.withheld is not None,
            # Nothing but a lock keeps points that are good here from being used.
            "locked": said.usable == 0 and len(said.here) > 0,
            "here": [tell(part) for part in said.here],
            "elsewhere": sum(part.points for part in said.elsewhere),
        },
        status_code=200,
    )


@post("/till/at/{outlet:str}/pay", opt=AT_TILL)
async def pay(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Pay a bill with points and money; what is paid in money earns."""
    body = await calls.body_of(request, PayIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        stands = await _standing(request, outlet, body)
        return ops.Purchase(**call.common(), **stands, amount=body.amount, quote=body.quote)

    return await calls.hand_in(request, call, "purchase", build)


@post("/till/at/{outlet:str}/hold", opt=AT_TILL)
async def hold(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Set points aside for a bill to come."""
    body = await calls.body_of(request, HoldIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        return ops.Hold(**call.common(), **await _standing(request, outlet, body))

    return await calls.hand_in(request, call, "hold", build)


@post("/till/at/{outlet:str}/capture", opt=AT_TILL)
async def capture(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Pay the bill of a hold; what is left of the hold is free again."""
    body = await calls.body_of(request, CaptureIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        number = await of_here(request, outlet, body.hold)
        return ops.Capture(**call.common(), hold=number, points=body.points, cash=body.cash)

    return await calls.hand_in(request, call, "capture", build)


@post("/till/at/{outlet:str}/void", opt=AT_TILL)
async def void(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Free the points of a hold."""
    body = await calls.body_of(request, VoidIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        return ops.Void(**call.common(), hold=await of_here(request, outlet, body.hold))

    return await calls.hand_in(request, call, "void", build)


@post("/till/at/{outlet:str}/refund", opt=AT_TILL)
async def refund(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Take a sale back, whole or in part: the points go to the lots that they came from."""
    body = await calls.body_of(request, RefundIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        number = await of_here(request, outlet, body.original)
        return ops.Refund(**call.common(), original=number, amount=body.amount)

    return await calls.hand_in(request, call, "refund", build)


@post("/till/at/{outlet:str}/reverse", opt=AT_TILL)
async def reverse(request: Request[Any, Any, Any], outlet: FromPath[str]) -> Response[Any]:
    """Call a call off whose answer never came, whether it has arrived or not."""
    body = await calls.body_of(request, ReverseIn)
    call = calls.call_of(request, body)

    async def build() -> ops.Operation:
        await here(request, outlet)
        return ops.Reversal(**call.common(), original_key=body.original_key)

    return await calls.hand_in(request, call, "reversal", build)


async def _standing(
    request: Request[Any, Any, Any], outlet: str, body: PayIn | HoldIn
) -> dict[str, Any]:
    """Give what a payment and a hold say alike: where, who stands there with what proof, points."""
    place = await here(request, outlet)
    found = await calls.stands_here(request, place, body.scanned)
    return {
        "reference": body.reference or None,
        "member": found.member,
        "outlet": place.id,
        "points": body.points,
        "code": found.code,
        "proof": await calls.proof_of(request, found.member, body.pin),
    }


ROUTES: Final[list[BaseRouteHandler]] = [quote, pay, hold, capture, void, refund, reverse]
