"""Estimates of redemption over HTTP: one person proposes what will be redeemed, another decides."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tongbao.api.acting import Actor, Me, Req, act, position, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages, whole
from tongbao.api.proposals import RejectIn
from tongbao.api.reach import operators
from tongbao.api.wire import Id, Month, PathId, Reason, SignedPoints
from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.liability import estimates, months
from tongbao.liability.estimates import Estimate

_LAST: Final = 2**63 - 1
READ: Final = operators("statements:read")
DECIDE: Final = operators("clearing:write", status_code=200)


class JudgementIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A judgement: ``rate`` (parts per million) of an issuer's points will be redeemed.

    ``cohort``: only of those given in this month.
    """

    organisation: Id
    rate: Annotated[int, Meta(ge=0, le=limits.RATE)]
    cohort: Month | None = None


class EstimateIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An estimate of everybody by chain ladder, or of one issuer by judgement.

    ``through``: as at the end of this month; unset: the last that is over.
    """

    reason: Reason
    through: Month | None = None
    judgement: JudgementIn | None = None


class EstimateOut(Struct, frozen=True, kw_only=True):
    """An estimate and its decision; ``given`` and ``expected`` are sums over its cohorts."""

    id: Id
    through: date
    method: str
    position: Id
    reason: str
    made_by: str
    made_at: datetime
    proposal: Id
    state: str
    decided_by: str | None
    decided_at: datetime | None
    cohorts: int
    given: SignedPoints
    expected: SignedPoints


class EstimateLineOut(Struct, frozen=True, kw_only=True):
    """What an estimate says of one cohort, and from what; rates in parts per million."""

    issuer: Id
    cohort: date
    rate: int
    given: SignedPoints
    redeemed: SignedPoints
    lost: SignedPoints
    age: int
    developed: int
    credibility: int
    basis: str


@post("/v1/liability/estimates", **operators("clearing:write"))
async def propose(
    request: Req, caller: Me, actor: Actor, data: JSONBody[EstimateIn]
) -> Response[EstimateOut]:
    """Propose an estimate; another person decides."""
    zone = parts.of(request).settings.time_zone
    seen = await asyncio.to_thread(position, request)
    judged = data.judgement

    def do(conn: Connection, at: datetime) -> Estimate:
        month = months.last_complete(at, zone)
        if data.through is not None:
            month = months.parse(data.through)
        if judged is None:
            return estimates.propose(
                conn, zone, month, by=actor, reason=data.reason, at=at, position=seen
            )
        return estimates.propose_rate(
            conn, zone, month, number(judged.organisation), judged.rate, by=actor,
            reason=data.reason, at=at, position=seen,
            cohort=None if judged.cohort is None else months.parse(judged.cohort),
        )  # fmt: skip

    return await act(request, caller, actor, data, EstimateOut, do)


@get("/v1/liability/estimates", **READ)
async def list_estimates(
    request: Req, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[EstimateOut]:
    """List estimates, the newest first."""
    return await pages(
        request, EstimateOut, cursor, limit, _LAST, lambda one: one.id,
        lambda conn, before, most: estimates.newest(conn, most, before=before),
    )  # fmt: skip


@get("/v1/liability/estimates/{estimate:str}", **READ)
async def get_estimate(request: Req, estimate: PathId) -> EstimateOut:
    """Give an estimate."""
    return await show(request, EstimateOut, lambda conn: estimates.get(conn, number(estimate)))


@get("/v1/liability/estimates/{estimate:str}/cohorts", **READ)
async def list_lines(request: Req, estimate: PathId) -> Page[EstimateLineOut]:
    """List what an estimate says of each cohort, and what it was made from."""
    return await whole(
        request, EstimateLineOut,
        lambda conn: estimates.lines(conn, number(estimate), limits.BULK),
    )  # fmt: skip


@post("/v1/liability/estimates/{estimate:str}/approve", **DECIDE)
async def approve(
    request: Req, caller: Me, actor: Actor, estimate: PathId
) -> Response[EstimateOut]:
    """Approve an estimate as another person: the next close goes by it."""
    return await act(
        request, caller, actor, None, EstimateOut,
        lambda conn, at: estimates.approve(conn, number(estimate), by=actor, at=at),
    )  # fmt: skip


@post("/v1/liability/estimates/{estimate:str}/reject", **DECIDE)
async def reject(
    request: Req, caller: Me, actor: Actor, estimate: PathId, data: JSONBody[RejectIn]
) -> Response[EstimateOut]:
    """Reject an estimate with a reason."""
    return await act(
        request, caller, actor, data, EstimateOut,
        lambda conn, at: estimates.reject(
            conn, number(estimate), by=actor, reason=data.reason, at=at
        ),
    )  # fmt: skip


ROUTES: Final[list[BaseRouteHandler]] = [
    propose, list_estimates, get_estimate, list_lines, approve, reject,
]  # fmt: skip
