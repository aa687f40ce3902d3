"""Risk over HTTP: limits, amounts that need a proof, and what the watch has found."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.api import listing, lookup
from tongbao.api.caller import needs
from tongbao.api.listing import Cursor, Limit, Page
from tongbao.api.paging import by_id
from tongbao.api.wire import PathId, Points
from tongbao.api.wire_risk import DecisionIn, ItemOut, LimitIn, LimitOut, ProofIn, ProofOut
from tongbao.api.writes import Made, write
from tongbao.desk.exceptions import ExceptionItem
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.points import caps
from tongbao.till import review

_LIMIT: Final = {
    "subject": "terminal", "measure": "spend", "span": "hour", "uses": 30, "by": "Lin Wei",
    "reason": "a till sells to 30 members an hour at most",
}  # fmt: skip
_PROOF: Final = {
    "proof": "pin", "points": {"value": 50000}, "by": "Lin Wei", "reason": "as agreed",
}  # fmt: skip
_DECISION: Final = {"verdict": "cleared", "by": "Wang Fang", "reason": "a wedding party"}


@post("/v1/risk/limits", status_code=201, opt=needs("risk:write", example=_LIMIT))
async def set_limit(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[LimitIn],
) -> Response[LimitOut]:
    """Limit how often and how much: at your tills; the operator's limits are the alliance's.

    A limit has dated versions; one with neither `uses` nor `points` lifts it.
    """

    def do(conn: Connection) -> Made:
        made = caps.set_limit(
            conn,
            data.subject,
            data.measure,
            data.span,
            uses=data.uses,
            points=None if data.points is None else data.points.value,
            organisation_id=_whose(caller),
            by=data.by,
            reason=data.reason,
            at=clock.now(),
            valid_from=data.valid_from,
        )
        return Made(body=_limit(made))

    return await write(request, caller, data, do)


@get("/v1/risk/limits", opt=needs("risk:read"))
async def limits(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[LimitOut]:
    """List all versions of the limits that apply to you, oldest first."""
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: caps.limits_of(conn, _whose(caller), after=after, limit=most),
        _limit,
    )  # fmt: skip


@post("/v1/risk/proofs", status_code=201, opt=needs("risk:write", example=_PROOF))
async def set_proof(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[ProofIn],
) -> Response[ProofOut]:
    """Ask members for a proof from an amount on: at your tills; the operator: everywhere."""

    def do(conn: Connection) -> Made:
        made = caps.set_step_up(
            conn,
            data.proof,
            points=None if data.points is None else data.points.value,
            organisation_id=_whose(caller),
            by=data.by,
            reason=data.reason,
            at=clock.now(),
            valid_from=data.valid_from,
        )
        return Made(body=_proof(made))

    return await write(request, caller, data, do)


@get("/v1/risk/proofs", opt=needs("risk:read"))
async def proofs(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[ProofOut]:
    """List all versions of the amounts that need a proof where you are, oldest first."""
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: caps.step_ups_of(conn, _whose(caller), after=after, limit=most),
        _proof,
    )  # fmt: skip


@get("/v1/risk/items", opt=needs("risk:read"))
async def items(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[ItemOut]:
    """List what the watch has found and nobody has decided, oldest first."""
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: review.waiting(
            conn, _whose(caller), now=clock.now(), after=after, limit=most
        ),
        _item,
    )  # fmt: skip


@post(
    "/v1/risk/items/{item_id:str}/decision",
    status_code=201,
    opt=needs("risk:write", example=_DECISION),
)
async def decide(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    item_id: PathId,
    data: JSONBody[DecisionIn],
) -> Response[ItemOut]:
    """Decide what the watch has found; `confirmed` locks the member's spending.

    Points are taken back by an adjustment, which two people decide.
    """
    number = lookup.number(item_id)

    def do(conn: Connection) -> Made:
        decided = (review.clear if data.verdict == review.CLEARED else review.confirm)(
            conn,
            number,
            by=data.by,
            reason=data.reason,
            at=clock.now(),
            organisation_id=_whose(caller),
        )
        return Made(body=_item(decided))

    return await write(request, caller, data, do)


def _whose(caller: Caller) -> int | None:
    """Give whose limits and items a caller deals with; none: the alliance's."""
    return None if caller.operator else caller.organisation_id


def _limit(one: caps.Limit) -> LimitOut:
    return LimitOut(
        id=str(one.id),
        subject=one.subject,
        measure=one.measure,
        span=one.span,
        valid_from=one.valid_from,
        set_by=one.set_by,
        set_at=one.set_at,
        reason=one.reason,
        organisation=None if one.organisation_id is None else str(one.organisation_id),
        uses=one.uses,
        points=None if one.points is None else Points(one.points),
    )


def _proof(one: caps.StepUp) -> ProofOut:
    return ProofOut(
        id=str(one.id),
        proof=one.proof,
        valid_from=one.valid_from,
        set_by=one.set_by,
        set_at=one.set_at,
        reason=one.reason,
        organisation=None if one.organisation_id is None else str(one.organisation_id),
        points=None if one.points is None else Points(one.points),
    )


def _item(one: ExceptionItem) -> ItemOut:
    ids = {"member", "outlet", "operation"}
    facts = {name: str(value) if name in ids else value for name, value in one.facts.items()}
    return ItemOut(
        id=str(one.id),
        kind=one.kind,
        state=one.state,
        raised_at=one.raised_at,
        facts=facts,
        organisation=None if one.organisation_id is None else str(one.organisation_id),
        decided_by=one.closed_by,
        decided_at=one.closed_at,
        verdict=one.closed_how,
        reason=one.closed_reason,
    )


ROUTES: Final[list[BaseRouteHandler]] = [set_limit, limits, set_proof, proofs, items, decide]
