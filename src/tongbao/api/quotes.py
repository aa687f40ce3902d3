"""Quotes over HTTP: what a sale would be, said before it is paid."""

from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import lookup, telling
from tongbao.api.caller import needs
from tongbao.api.wire import Money, Points
from tongbao.api.wire_members import QuoteIn, QuoteOut
from tongbao.api.writes import Made, write
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.points import quotes

_EXAMPLE: Final = {
    "member": {"card": "6200 0000 0001"},
    "outlet": "bj-01",
    "amount": {"value": 20000, "unit": "CNY"},
}


@post("/v1/quotes", status_code=201, opt=needs("points:write", example=_EXAMPLE))
async def quote(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[QuoteIn],
) -> Response[QuoteOut]:
    """Say what a sale would be: what points may be used, what is paid in cash, what is earned.

    A purchase that names the quote is on its terms until it expires. Its points are not held.
    """
    found = await lookup.find(request, caller, [data.member], [data.outlet])
    rules = parts.of(request).teller.rules

    def do(conn: Connection) -> Made:
        said = quotes.make(
            conn,
            scope=caller.organisation_id,
            member=found.member(data.member),
            outlet=found.outlet(data.outlet),
            amount=data.amount.value,
            points=None if data.points is None else data.points.value,
            at=clock.now(),
            rules=rules,
        )
        return Made(body=_tell(said, data.outlet))

    return await write(request, caller, data, do)


def _tell(said: quotes.Quoted, outlet: str) -> QuoteOut:
    return QuoteOut(
        id=str(said.id),
        member=str(said.member),
        outlet=outlet,
        amount=Money(said.amount),
        usable=Points(said.usable),
        points=Points(said.points),
        cash=Money(said.cash),
        earned=Points(said.earned),
        here=tuple(map(telling.part, said.here)),
        elsewhere=tuple(map(telling.part, said.elsewhere)),
        made_at=said.made_at,
        expires_at=said.expires_at,
        withheld=said.withheld,
    )


ROUTES: Final[list[BaseRouteHandler]] = [quote]
