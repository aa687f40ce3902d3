"""Defaults over HTTP: tried dry, declared by two people, covered, repaid, lifted."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages, whole
from tongbao.api.proposals import ProposalOut, Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, PathId, Reason
from tongbao.desk.proposals import Proposal
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.losses import default as declared
from tongbao.losses import plan, recover
from tongbao.losses.default import DefaultNotFound
from tongbao.losses.types import Default, Run, Step

_LAST: Final = 2**63 - 1
PATH: Final = "/v1/organisations/{organisation:str}/default"
WRITE: Final = operators("clearing:write")
NOW: Final = operators("clearing:write", status_code=200)


class ShareOut(Struct, frozen=True, kw_only=True):
    """What one organisation bears, or gets back, in one step of the waterfall."""

    step: Step
    organisation: Id
    amount: Money


class PlanOut(Struct, frozen=True, kw_only=True):
    """Who would bear what an organisation owes; ``loss``: after its own credits are set off."""

    organisation: Id
    owed: Money
    loss: Money
    shares: list[ShareOut]


class DefaultOut(Struct, frozen=True, kw_only=True):
    """A declared default; it is over when it is lifted."""

    id: Id
    organisation: Id
    reason: str
    declared_by: str
    approved_by: str
    declared_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


class RunOut(Struct, frozen=True, kw_only=True):
    """One run of the waterfall of a default, with who bore what."""

    default: Id
    run: int
    operation: Id
    window: int
    owed: Money
    loss: Money
    by: str
    at: datetime
    shares: list[ShareOut]


class CoveredOut(Struct, frozen=True, kw_only=True):
    """The run that was needed; null: nothing is owed."""

    run: RunOut | None


class RecoveryOut(Struct, frozen=True, kw_only=True):
    """Money of a defaulter that came in later, and to whom it was repaid."""

    default: Id
    recovery: int
    operation: Id
    reference: str
    paid_in: Money
    by: str
    at: datetime
    shares: list[ShareOut]
    replayed: bool


class DefaultReasonIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


class RecoveryIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a defaulter has paid (zero: nothing), under the bank's reference; once for each."""

    amount: Money = Money(0)
    reference: Annotated[str, Meta(min_length=1, max_length=limits.KEY)]


@get("/v1/defaults", **everybody("clearing:read"))
async def list_defaults(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    *,
    only_open: Annotated[
        bool, QueryParameter(name="open", description="Only those not lifted.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[DefaultOut]:
    """List defaults, the newest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, DefaultOut, cursor, limit, _LAST, lambda one: one.id,
        lambda conn, before, most: declared.listed(
            conn, who, only_open=only_open, before=before, limit=most
        ),
    )  # fmt: skip


@get("/v1/defaults/{default:str}", **everybody("clearing:read"))
async def get_default(request: Req, caller: Me, default: PathId) -> DefaultOut:
    """Give a default."""
    which = number(default)

    def ask(conn: Connection) -> Default:
        found = declared.get(conn, which)
        reach.check(caller, found.organisation_id, DefaultNotFound(default=which))
        return found

    return await show(request, DefaultOut, ask)


@get("/v1/defaults/{default:str}/runs", **operators("clearing:read"))
async def list_runs(request: Req, default: PathId) -> Page[RunOut]:
    """List the runs of the waterfall of a default, the oldest first."""
    return await whole(
        request, RunOut, lambda conn: declared.runs(conn, declared.get(conn, number(default)))
    )


@get("/v1/defaults/{default:str}/recoveries", **operators("clearing:read"))
async def list_recoveries(request: Req, default: PathId) -> Page[RecoveryOut]:
    """List what came back of a default, the oldest first."""
    return await whole(
        request, RecoveryOut,
        lambda conn: recover.recoveries(conn, declared.get(conn, number(default))),
    )  # fmt: skip


@get("/v1/defaults/{default:str}/outstanding", **operators("clearing:read"))
async def list_outstanding(request: Req, default: PathId) -> Page[ShareOut]:
    """List what others have borne of a default and were not repaid."""

    def ask(conn: Connection) -> list[Any]:
        found = declared.get(conn, number(default))
        return declared.in_order(plan.outstanding(conn, found))

    return await whole(request, ShareOut, ask)


@get(PATH + "/plan", **operators("clearing:read"))
async def dry_run(request: Req, organisation: PathId) -> PlanOut:
    """Give who would bear what an organisation owes if its default were declared now."""
    who, at = number(organisation), clock.now()
    return await show(request, PlanOut, lambda conn: plan.plan(conn, who, at))


@post(PATH, **WRITE)
async def declare(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DefaultReasonIn]
) -> Response[ProposalOut]:
    """Propose to declare an organisation defaulted; another person approves it."""
    return await _propose(request, caller, actor, organisation, data, declared.propose)


@post(PATH + "/lift", **WRITE)
async def lift(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DefaultReasonIn]
) -> Response[ProposalOut]:
    """Propose to lift a default of which everything is repaid; it is suspended then."""
    return await _propose(request, caller, actor, organisation, data, declared.propose_lift)


@post("/v1/organisations/{organisation:str}/reinstate", **WRITE)
async def reinstate(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[DefaultReasonIn]
) -> Response[ProposalOut]:
    """Propose that a suspended organisation may issue again."""
    return await _propose(
        request, caller, actor, organisation, data, declared.propose_reinstatement
    )


@post(PATH + "/cover", **NOW)
async def cover(
    request: Req, caller: Me, actor: Actor, organisation: PathId
) -> Response[CoveredOut]:
    """Let the waterfall bear what a defaulter owes since the last time."""

    def do(conn: Connection, at: datetime) -> Covered:
        return Covered(declared.cover(conn, number(organisation), by=actor, at=at))

    return await act(request, caller, actor, None, CoveredOut, do)


@post(PATH + "/recoveries", **WRITE)
async def book_recovery(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[RecoveryIn]
) -> Response[RecoveryOut]:
    """Book what a defaulter has paid, and repay who bore its debt, the last first."""

    def do(conn: Connection, at: datetime) -> object:
        who, paid = number(organisation), data.amount.value
        return recover.recover(conn, who, paid, data.reference, by=actor, at=at)

    return await act(request, caller, actor, data, RecoveryOut, do)


class Covered(Struct, frozen=True):
    """What covering came to."""

    run: Run | None


async def _propose(
    request: Req,
    caller: Me,
    actor: str,
    organisation: str,
    data: DefaultReasonIn,
    propose: Callable[..., Proposal],
) -> Response[Any]:
    who = number(organisation)

    def do(conn: Connection, at: datetime) -> Proposal:
        return propose(conn, who, by=actor, reason=data.reason, at=at)

    return await act(request, caller, actor, data, ProposalOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [
    list_defaults, get_default, list_runs, list_recoveries, list_outstanding, dry_run, declare,
    lift, reinstate, cover, book_recovery,
]  # fmt: skip
