"""Money calls: what came over the wire goes to the teller as an operation and is answered."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response

from tongbao.api import calls
from tongbao.api.calls import Call
from tongbao.api.problems import answer, as_problem, status_of
from tongbao.api.wire import (
    BalancesOut,
    ClaimOut,
    Money,
    OperationOut,
    Points,
    PointsChange,
    Problem,
    SliceOut,
)
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.errors import REFUSALS, Malformed, Refusal, Refused
from tongbao.points import early
from tongbao.points import operations as ops
from tongbao.points.outcome import Balances, Outcome

_encode = msgspec.json.Encoder().encode

Build = Callable[[], Awaitable[ops.Operation]]


async def hand_in(
    request: Request[Any, Any, Any], call: Call, kind: str, build: Build
) -> Response[Any]:
    """Build an operation, hand it to the teller and answer with what became of it.

    What ``build`` refuses, because what was named is not there, is remembered like what posting
    refuses. Refuses ``key-running``.
    """
    with calls.alone(request, call):
        outcome = await post(request, call, kind, build)
    return answered(request, outcome)


async def post(request: Request[Any, Any, Any], call: Call, kind: str, build: Build) -> Outcome:
    """Build an operation and give what became of it."""
    try:
        op = await build()
    except Malformed:
        raise
    except Refusal as refusal:
        if status_of(refusal.code, type(refusal)) >= 500:
            raise
        why, at = refusal, clock.now()
        return await parts.write(
            request,
            lambda conn: early.refuse(conn, call.scope, call.key, call.asked, kind, why, at),
        )
    return await parts.post(request, op)


def answered(request: Request[Any, Any, Any], outcome: Outcome) -> Response[Any]:
    """Answer with an outcome."""
    headers = {calls.REPLAYED: "true"} if outcome.replayed else {}
    if outcome.refusal is not None:
        return answer(refused(outcome, request.state.request_id), headers)
    return Response(
        _encode(tell(outcome)), status_code=201, media_type="application/json", headers=headers
    )


def refused(outcome: Outcome, request_id: str) -> Problem:
    """Write an operation that was refused, now or when its key was first used."""
    no = outcome.refusal
    assert no is not None, "only what was refused comes here"
    kind = REFUSALS.get(no.code, Malformed if outcome.status == "malformed" else Refused)
    said_of = no.request_id or request_id
    return as_problem(status_of(no.code, kind), no.code, no.message, no.facts, said_of)


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
        balances=None if found is None else balances(found),
        spent=PointsChange(outcome.spent),
        earned=PointsChange(outcome.earned),
        cash=Money(outcome.cash),
        lots=tuple([SliceOut(str(s.lot), str(s.issuer), Points(s.points)) for s in outcome.lots]),
        claims=tuple(
            [ClaimOut(str(c.issuer), str(c.redeemer), Money(c.amount)) for c in outcome.claims]
        ),
        lot=None if outcome.lot is None else str(outcome.lot),
        withheld=outcome.withheld,
    )


def balances(found: Balances) -> BalancesOut:
    """Write balances for the wire."""
    return BalancesOut(
        Points(found.available), Points(found.held), Points(found.pending), Points(found.owing)
    )
