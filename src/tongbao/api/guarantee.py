"""The guarantee fund over HTTP, and the run-off that it is there for."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.alliance import organisations
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import Page
from tongbao.api.lookup import number
from tongbao.api.paging import whole
from tongbao.api.proposals import ProposalOut
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, PathId, Points, Reason
from tongbao.desk.proposals import Proposal
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, lists
from tongbao.kernel.db import Connection
from tongbao.losses import caps, fund, holdings
from tongbao.losses.runoff import LONGEST

READ: Final = operators("clearing:read")
WRITE: Final = operators("clearing:write")


class FundIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that the bank has moved, under its reference; the same is booked once."""

    amount: Money
    reference: Annotated[str, Meta(min_length=1, max_length=limits.KEY)]
    reason: Reason


class FundOut(Struct, frozen=True, kw_only=True):
    """What stands behind defaults: the operator's first loss, and the sums of all caps."""

    first_loss: Money
    contributed: Money
    required: Money
    missing: Money
    caps: Money
    members: int


class CapOut(Struct, frozen=True, kw_only=True):
    """What a member of the fund has to contribute, has, and bears at most of one default."""

    organisation: Id
    required: Money
    contributed: Money
    missing: Money
    cap: Money


class CapIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one organisation has to contribute, and the most it bears."""

    required: Money = Money(0)
    cap: Money
    reason: Reason


class AssessmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How contributions are assessed, of all active organisations by their exposures.

    The fund has to hold ``share`` (parts per million) of the ``largest`` largest exposures; each
    contributes ``least`` at least, and bears ``times`` of that at most.
    """

    largest: Annotated[int, Meta(ge=1, le=limits.BULK)] = 2
    share: Annotated[int, Meta(ge=0, le=limits.RATE)] = limits.RATE
    least: Money = Money(0)
    times: Annotated[int, Meta(ge=1, le=100)] = 1
    reason: Reason


class HoldingsOut(Struct, frozen=True, kw_only=True):
    """What the operator must hold for others, and what its bank account holds."""

    reserves: Money
    prepaid: Money
    collateral: Money
    guarantee: Money
    first_loss: Money
    owed: Money
    not_collected: Money
    income: Money
    required: Money
    held: Money


class RunOffMonthOut(Struct, frozen=True, kw_only=True):
    """One month after the failure (0: the failure itself): points spent, and who paid."""

    month: int
    redeemed: Money
    own: Money
    fund: Money
    unpaid: Money
    money_left: Money
    circulation: Points


class RunOffIssuerOut(Struct, frozen=True, kw_only=True):
    """What becomes of one issuer's points; ``coverage`` in parts per million of what is spent."""

    organisation: Id
    circulation: Points
    own: Money
    redeemed: Money
    fund: Money
    unpaid: Money
    coverage: int | None
    dry: int | None


class OutcomeOut(Struct, frozen=True, kw_only=True):
    """A run-off: its months and issuers, when something is unpaid first, when money runs out."""

    months: list[RunOffMonthOut]
    issuers: list[RunOffIssuerOut]
    first_unpaid: int | None
    runs_out: int | None


class RunOffOut(Struct, frozen=True, kw_only=True):
    """A simulation that the operator fails now; ``curve`` in parts per million by age in months."""

    at: datetime
    money: HoldingsOut
    circulation: Points
    curve: list[int]
    observed: bool
    run_off: OutcomeOut


@get("/v1/guarantee", **READ)
async def get_fund(request: Req) -> FundOut:
    """Give what stands behind defaults."""
    at = clock.now()
    return await show(request, FundOut, lambda conn: caps.standing(conn, at))


@get("/v1/guarantee/caps", **READ)
async def list_caps(request: Req) -> Page[CapOut]:
    """List what members have to contribute, have contributed, and bear at most."""
    at = clock.now()
    return await whole(request, CapOut, lambda conn: caps.listed(conn, at))


@get("/v1/organisations/{organisation:str}/guarantee", **everybody("clearing:read"))
async def get_cap(request: Req, caller: Me, organisation: PathId) -> CapOut:
    """Give one organisation's part in the guarantee fund."""
    who = reach.organisation(caller, organisation)
    return await show(request, CapOut, lambda conn: caps.get(conn, who))


@post("/v1/organisations/{organisation:str}/guarantee/contributions", **WRITE)
async def contribute(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[FundIn]
) -> Response[ProposalOut]:
    """Propose to book a contribution that has come in."""
    return await _move(request, caller, actor, fund.CONTRIBUTE, data, _named(organisation))


@post("/v1/organisations/{organisation:str}/guarantee/returns", **WRITE)
async def give_back(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[FundIn]
) -> Response[ProposalOut]:
    """Propose to pay back what an organisation has contributed beyond what it must."""
    return await _move(request, caller, actor, fund.RETURN, data, _named(organisation))


@post("/v1/guarantee/first-loss", **WRITE)
async def set_first_loss(
    request: Req, caller: Me, actor: Actor, data: JSONBody[FundIn]
) -> Response[ProposalOut]:
    """Propose that the operator sets money aside that bears before the fund does."""
    return await _move(request, caller, actor, fund.SET_FIRST_LOSS, data, _operator)


@post("/v1/guarantee/first-loss/returns", **WRITE)
async def return_first_loss(
    request: Req, caller: Me, actor: Actor, data: JSONBody[FundIn]
) -> Response[ProposalOut]:
    """Propose that the operator takes some of it back."""
    return await _move(request, caller, actor, fund.RETURN_FIRST_LOSS, data, _operator)


@post("/v1/organisations/{organisation:str}/guarantee/cap", **WRITE)
async def set_cap(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[CapIn]
) -> Response[ProposalOut]:
    """Propose what one organisation has to contribute, and the most it bears."""

    def do(conn: Connection, at: datetime) -> Proposal:
        return caps.propose(
            conn,
            number(organisation),
            required=data.required.value,
            cap=data.cap.value,
            by=actor,
            reason=data.reason,
            at=at,
        )

    return await act(request, caller, actor, data, ProposalOut, do)


@post("/v1/guarantee/assessments", **WRITE)
async def assess(
    request: Req, caller: Me, actor: Actor, data: JSONBody[AssessmentIn]
) -> Response[ProposalOut]:
    """Propose to assess all active organisations by their exposures."""
    rule = caps.Rule(
        largest=data.largest, share=data.share, least=data.least.value, times=data.times
    )

    def do(conn: Connection, at: datetime) -> Proposal:
        return caps.propose_assessment(conn, rule, by=actor, reason=data.reason, at=at)

    return await act(request, caller, actor, data, ProposalOut, do)


@get("/v1/run-off", **READ)
async def run_off(
    request: Req,
    months: Annotated[int, QueryParameter(ge=1, le=LONGEST, description="Months simulated.")] = 24,
    curve: Annotated[
        list[int] | None,
        QueryParameter(
            description="Parts per million of points spent in a month, by their age in months, "
            "once for each; unset: as observed so far."
        ),
    ] = None,
) -> RunOffOut:
    """Simulate that the operator fails: whose money pays for whose points, and until when."""
    lists.check("curve", curve or (), LONGEST)
    zone = parts.of(request).settings.time_zone
    return await show(
        request, RunOffOut,
        lambda conn: holdings.report(conn, months, clock.now(), zone, curve or None),
    )  # fmt: skip


def _named(organisation: str) -> Callable[[Connection], int]:
    who = number(organisation)
    return lambda conn: who


def _operator(conn: Connection) -> int:
    return organisations.operator(conn).id


async def _move(
    request: Req,
    caller: Me,
    actor: str,
    kind: str,
    data: FundIn,
    whose: Callable[[Connection], int],
) -> Response[Any]:
    def do(conn: Connection, at: datetime) -> Proposal:
        amount = data.amount.value
        return fund.propose(
            conn, kind, whose(conn), amount, data.reference, by=actor, reason=data.reason, at=at
        )

    return await act(request, caller, actor, data, ProposalOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [
    get_fund, list_caps, get_cap, contribute, give_back, set_first_loss, return_first_loss,
    set_cap, assess, run_off,
]  # fmt: skip
