"""Settlements over HTTP: proposed by one person, approved by another, instructed, followed."""

from datetime import date, datetime
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.alliance.types import Cycle
from tongbao.api.acting import Actor, Me, Req, act, act_all, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages, whole
from tongbao.api.proposals import RejectIn
from tongbao.api.reach import operators
from tongbao.api.wire import Id, Money, PathId
from tongbao.clearing import calendar, scheduled, settlements, trail
from tongbao.clearing.types import Settlement, State
from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

_LAST: Final = 2**31 - 1

READ: Final = operators("clearing:read")
DECIDE: Final = operators("clearing:write", status_code=200)


class SettlementOut(Struct, frozen=True, kw_only=True):
    """Positions of all windows up to ``through_window``, paid together.

    ``to_collect`` of ``collections`` and ``to_pay`` of ``payouts`` are what was proposed,
    ``paid_in`` and ``paid_out`` what the bank has moved.
    """

    id: Id
    business_date: date
    through_window: int
    state: State
    collections: int
    to_collect: Money
    payouts: int
    to_pay: Money
    skipped: int
    paid_in: Money
    paid_out: Money
    unfinished: int
    failed: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    instructed_at: datetime | None
    finished_at: datetime | None


class SettlementIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to be settled: those named, or those with one of the cycles, or whoever comes due.

    ``through_window``: the last closed window of it; unset: the newest. ``business_date``: unset:
    today's.
    """

    through_window: int | None = None
    cycles: Annotated[list[Cycle], Meta(min_length=1, max_length=4)] | None = None
    organisations: Annotated[list[Id], Meta(min_length=1, max_length=limits.PAGE)] | None = None
    business_date: date | None = None


class SkippedOut(Struct, frozen=True, kw_only=True):
    """An organisation that was due and got no leg: ``unfinished``, ``ahead``, ``defaulted``."""

    organisation: Id
    reason: str


class StepOut(Struct, frozen=True, kw_only=True):
    """A change of state: of a leg, or of the whole settlement if no organisation is named."""

    organisation: Id | None
    state: str
    attempt: int | None
    paid: Money | None
    done_by: str
    reason: str | None
    at: datetime


@post("/v1/settlements", **operators("clearing:write"))
async def propose(
    request: Req, caller: Me, actor: Actor, data: JSONBody[SettlementIn]
) -> Response[SettlementOut]:
    """Propose a settlement; the same asked again is the same settlement."""
    cutover = calendar.cutover_of(parts.of(request).settings)
    named = None if data.organisations is None else [number(one) for one in data.organisations]

    def do(conn: Connection, at: datetime) -> Settlement:
        return settlements.propose(
            conn,
            business_date=data.business_date or calendar.business_date(at, cutover),
            through_window=data.through_window,
            cycles=data.cycles,
            organisations=named,
            by=actor,
            at=at,
        )

    return await act(request, caller, actor, data, SettlementOut, do)


@post("/v1/settlements/due", **operators("clearing:write"))
async def propose_due(request: Req, caller: Me, actor: Actor) -> Response[Page[SettlementOut]]:
    """Propose the settlements of the cycles that are due today; those that are new are answered."""
    cutover = calendar.cutover_of(parts.of(request).settings)
    return await act_all(
        request, caller, actor, None, SettlementOut,
        lambda conn, at: scheduled.propose_due(conn, at, cutover, actor),
    )  # fmt: skip


@get("/v1/settlements", **READ)
async def list_settlements(
    request: Req,
    in_state: Annotated[
        State | None, QueryParameter(name="state", description="Only those in this state now.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[SettlementOut]:
    """List settlements, the newest first."""
    return await pages(
        request, SettlementOut, cursor, limit, _LAST, lambda one: one.id,
        lambda conn, before, most: settlements.listed(
            conn, state=in_state, before=before, limit=most
        ),
    )  # fmt: skip


@get("/v1/settlements/{settlement:str}", **READ)
async def get_settlement(request: Req, settlement: PathId) -> SettlementOut:
    """Give a settlement."""
    return await show(
        request, SettlementOut, lambda conn: settlements.get(conn, number(settlement))
    )


@get("/v1/settlements/{settlement:str}/skipped", **READ)
async def list_skipped(request: Req, settlement: PathId) -> Page[SkippedOut]:
    """List who was due and got no leg, and why."""
    return await whole(
        request, SkippedOut, lambda conn: settlements.skipped(conn, number(settlement))
    )


@get("/v1/settlements/{settlement:str}/trail", **READ)
async def list_steps(request: Req, settlement: PathId) -> Page[StepOut]:
    """List who did what when with a settlement and its legs, the oldest first."""

    def ask(conn: Connection) -> list[object]:
        settlements.get(conn, number(settlement))
        return list(trail.steps(conn, number(settlement)))

    return await whole(request, StepOut, ask)


@post("/v1/settlements/{settlement:str}/approve", **DECIDE)
async def approve(
    request: Req, caller: Me, actor: Actor, settlement: PathId
) -> Response[SettlementOut]:
    """Approve a settlement that somebody else has proposed."""
    return await act(
        request, caller, actor, None, SettlementOut,
        lambda conn, at: settlements.approve(conn, number(settlement), by=actor, at=at),
    )  # fmt: skip


@post("/v1/settlements/{settlement:str}/reject", **DECIDE)
async def reject(
    request: Req, caller: Me, actor: Actor, settlement: PathId, data: JSONBody[RejectIn]
) -> Response[SettlementOut]:
    """Reject a proposed settlement; the same may be proposed anew."""
    return await act(
        request, caller, actor, data, SettlementOut,
        lambda conn, at: settlements.reject(
            conn, number(settlement), by=actor, at=at, reason=data.reason
        ),
    )  # fmt: skip


ROUTES: Final[list[BaseRouteHandler]] = [
    propose, propose_due, list_settlements, get_settlement, list_skipped, list_steps,
    approve, reject,
]  # fmt: skip
