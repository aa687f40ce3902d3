"""What the framework alone does, for scale: an endpoint that reads a purchase and writes an answer.

The same libraries as the service, with no key, no database, no middleware. The benchmark over HTTP
compares with it.
"""

from typing import Annotated, Any, Literal

from litestar import Litestar, post
from litestar.params import JSONBody
from msgspec import Meta, Struct


class Amount(Struct, frozen=True, forbid_unknown_fields=True):
    """Fen, or hundredths of points."""

    value: Annotated[int, Meta(ge=0, le=10**15)]
    unit: Literal["CNY", "PTS"] = "CNY"


class Sale(Struct, frozen=True, forbid_unknown_fields=True):
    """What a purchase asks."""

    member: dict[str, str]
    outlet: str
    amount: Amount
    points: Amount
    up_to: bool = False


class Answer(Struct, frozen=True):
    """As much as the answer to a purchase says."""

    id: str
    kind: str
    member: str
    balances: dict[str, Amount]
    spent: Amount
    cash: Amount
    lots: tuple[dict[str, Any], ...]


@post("/purchases", status_code=201)
async def purchase(data: JSONBody[Sale]) -> Answer:
    """Answer a purchase that nobody posts."""
    states = ("available", "held", "pending", "owing")
    return Answer(
        id="1007",
        kind="purchase",
        member=data.member["card"],
        balances=dict.fromkeys(states, data.points),
        spent=data.points,
        cash=data.amount,
        lots=({"lot": "1007", "issuer": "7", "points": data.points},),
    )


app = Litestar([purchase], openapi_config=None, logging_config=None)
