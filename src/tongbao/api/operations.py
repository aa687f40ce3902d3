"""Money calls: what came over the wire goes to the teller as an operation and is answered."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response

from tongbao.access.keys import Caller
from tongbao.api.problems import problem, status_of
from tongbao.api.wire import (
    BalancesOut,
    ClaimOut,
    Common,
    LineIn,
    Money,
    OperationOut,
    Points,
    SliceOut,
)
from tongbao.hosting import parts
from tongbao.kernel.errors import REFUSALS, Malformed, Refused
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome

_encode = msgspec.json.Encoder().encode


async def hand_in(request: Request[Any, Any, Any], op: ops.Operation) -> Response[bytes]:
    """Hand an operation to the teller and answer with what became of it."""
    outcome = await asyncio.wrap_future(parts.of(request).teller.submit(op))
    if outcome.refusal is not None:
        return refused(request, outcome)
    headers = {"Idempotent-Replayed": "true"} if outcome.replayed else None
    return Response(
        _encode(tell(outcome)), status_code=201, media_type="application/json", headers=headers
    )


def refused(request: Request[Any, Any, Any], outcome: Outcome) -> Response[bytes]:
    """Answer an operation that was refused, now or when its key was first used."""
    no = outcome.refusal
    assert no is not None, "only what was refused comes here"
    kind = REFUSALS.get(no.code, Malformed if outcome.status == "malformed" else Refused)
    made = problem(request, status_of(no.code, kind), no.code, no.message, no.facts)
    if outcome.replayed:
        made.headers["Idempotent-Replayed"] = "true"
    return made


def tell(outcome: Outcome) -> OperationOut:
    """Write an outcome for the wire."""
    assert outcome.status in ("posted", "exception"), "refusals are problems"
    found = outcome.balances
    return OperationOut(
        id=str(outcome.operation),
        kind=outcome.kind,
        status=outcome.status,
        position=str(outcome.position),
        written_at=outcome.written_at,
        effective_at=outcome.effective_at,
        window=outcome.window,
        member=None if outcome.member is None else str(outcome.member),
        balances=None
        if found is None
        else BalancesOut(
            Points(found.available), Points(found.held), Points(found.pending), Points(found.owing)
        ),
        spent=Points(outcome.spent),
        earned=Points(outcome.earned),
        cash=Money(outcome.cash),
        lots=tuple(SliceOut(str(s.lot), str(s.issuer), Points(s.points)) for s in outcome.lots),
        claims=tuple(
            ClaimOut(str(c.issuer), str(c.redeemer), Money(c.amount)) for c in outcome.claims
        ),
        lot=None if outcome.lot is None else str(outcome.lot),
        withheld=outcome.withheld,
    )


def common(caller: Caller, key: str, data: Common) -> dict[str, Any]:
    """Give what every operation has, from the caller and what it sent."""
    return {
        "key": key,
        "scope": caller.organisation_id,
        "effective_at": data.effective_at,
        "channel": data.channel,
        "reference": data.reference,
        "campaign": data.campaign,
    }


def sale_lines(lines: tuple[LineIn, ...]) -> tuple[ops.Line, ...]:
    """Give the lines of a sale as the operations have them."""
    return tuple(ops.Line(one.id, one.amount.value, one.item, one.quantity) for one in lines)
