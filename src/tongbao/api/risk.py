"""Risk over HTTP: limits, amounts that need a proof, and what the watch has found."""

from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter

from tongbao.access.keys import Caller
from tongbao.alliance import organisations
from tongbao.api import calls, listing, lookup, reach
from tongbao.api.caller import needs
from tongbao.api.listing import Cursor, Limit, Page
from tongbao.api.operations import hand_in
from tongbao.api.paging import by_id
from tongbao.api.proposals import Whose
from tongbao.api.wire import OperationOut, PathId, Points
from tongbao.api.wire_risk import (
    DecisionIn,
    ItemOut,
    LimitIn,
    LimitOut,
    ProofIn,
    ProofOut,
    TakeBackIn,
)
from tongbao.api.writes import Made, write
from tongbao.desk.exceptions import ExceptionItem
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.points import caps
from tongbao.points.operations import ProposeAdjustment
from tongbao.till import review

_LIMIT: Final = {
    "subject": "terminal", "measure": "spend", "span": "hour", "uses": 30, "by": "Lin Wei",
    "reason": "a till sells to 30 members an hour at most",
}  # fmt: skip
_PROOF: Final = {
    "proof": "pin", "points": {"value": 50000}, "by": "Lin Wei", "reason": "as agreed",
}  # fmt: skip
_BACK: Final = {"by": "Wang Fang", "reason": "the cashier's own card"}
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
    who = reach.whose(caller, data.organisation)

    def do(conn: Connection) -> Made:
        _check(conn, who)
        made = caps.set_limit(
            conn,
            data.subject,
            data.measure,
            data.span,
            uses=data.uses,
            points=None if data.points is None else data.points.value,
            organisation_id=who,
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
    organisation: Whose = None,
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[LimitOut]:
    """List all versions of the limits that apply to you, oldest first."""
    who = reach.whose(caller, organisation)
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: caps.limits_of(conn, who, after=after, limit=most),
        _limit,
    )  # fmt: skip


@post("/v1/risk/proofs", status_code=201, opt=needs("risk:write", example=_PROOF))
async def set_proof(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[ProofIn],
) -> Response[ProofOut]:
    """Ask members for a proof from an amount on: at your tills; the operator: everywhere."""
    who = reach.whose(caller, data.organisation)

    def do(conn: Connection) -> Made:
        _check(conn, who)
        made = caps.set_step_up(
            conn,
            data.proof,
            points=None if data.points is None else data.points.value,
            organisation_id=who,
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
    organisation: Whose = None,
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[ProofOut]:
    """List all versions of the amounts that need a proof where you are, oldest first."""
    who = reach.whose(caller, organisation)
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: caps.step_ups_of(conn, who, after=after, limit=most),
        _proof,
    )  # fmt: skip


@get("/v1/risk/items", opt=needs("risk:read"))
async def items(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    organisation: Whose = None,
    in_state: Annotated[
        Literal["open", "closed", "all"],
        QueryParameter(name="state", description="Those nobody has decided unless told."),
    ] = "open",
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[ItemOut]:
    """List what the watch has found and nobody has decided, oldest first; or what was decided."""
    who = reach.whose(caller, organisation)
    wanted = None if in_state == "all" else in_state
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: review.waiting(
            conn, who, now=clock.now(), state=wanted, after=after, limit=most
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


@post(
    "/v1/risk/items/{item_id:str}/take-back",
    status_code=201,
    opt=needs("adjustments:write", example=_BACK),
)
async def take_back(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    item_id: PathId,
    data: JSONBody[TakeBackIn],
) -> Response[OperationOut]:
    """Propose to take back what the watch has found to be given wrongly; another person approves.

    It is an adjustment, proposed once for each item.
    """
    number = lookup.number(item_id)
    call = calls.of(request, caller, data)

    def ask(conn: Connection) -> ProposeAdjustment:
        at = clock.now()
        review.get(conn, number, _whose(caller), now=at)
        return review.take_back(conn, number, by=data.by, reason=data.reason, at=at)

    async def build() -> ProposeAdjustment:
        return await parts.read(request, ask)

    return await hand_in(request, call, "propose_adjustment", build)


def _whose(caller: Caller) -> int | None:
    """Give whose limits and items a caller deals with; none: the alliance's."""
    return None if caller.operator else caller.organisation_id


def _check(conn: Connection, who: int | None) -> None:
    """Refuse ``organisation-not-found`` unless there is the one whose tills it is about."""
    if who is not None:
        organisations.get(conn, who)


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


ROUTES: Final[list[BaseRouteHandler]] = [
    set_limit,
    limits,
    set_proof,
    proofs,
    items,
    decide,
    take_back,
]
