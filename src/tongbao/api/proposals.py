"""Proposals over HTTP: what one person has proposed, and another approves or rejects."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, PathId, Reason
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal, ProposalNotFound
from tongbao.hosting import deciding
from tongbao.kernel.db import Connection

State = Literal["proposed", "approved", "rejected"]
Whose = Annotated[
    str | None, QueryParameter(name="organisation", description="Only of this one, by its id.")
]
DECIDE: Final = operators("clearing:write", status_code=200)


class ProposalOut(Struct, frozen=True, kw_only=True):
    """What one person wants done; ``terms`` are its kind's own, with amounts in fen."""

    id: Id
    kind: str
    organisation: Id | None
    terms: dict[str, Any]
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: State
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    operation: Id | None


class RejectIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is not done."""

    reason: Reason


@get("/v1/proposals", **everybody("clearing:read"))
async def list_proposals(
    request: Req,
    caller: Me,
    kind: Annotated[
        str | None, QueryParameter(description="Only this kind, such as collateral-deposit.")
    ] = None,
    organisation: Whose = None,
    in_state: Annotated[
        State | None,
        QueryParameter(name="state", description="Only those in this state; unset: all."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[ProposalOut]:
    """List proposals, the oldest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, ProposalOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: proposals.listed(
            conn, kind, who, state=in_state, after=after, limit=most
        ),
    )  # fmt: skip


@get("/v1/proposals/{proposal:str}", **everybody("clearing:read"))
async def get_proposal(request: Req, caller: Me, proposal: PathId) -> ProposalOut:
    """Give a proposal with all its terms."""
    which = number(proposal)

    def ask(conn: Connection) -> Proposal:
        found = proposals.get(conn, which)
        reach.check(caller, found.organisation_id, ProposalNotFound(proposal=which))
        return found

    return await show(request, ProposalOut, ask)


@post("/v1/proposals/{proposal:str}/approve", **DECIDE)
async def approve(
    request: Req, caller: Me, actor: Actor, proposal: PathId
) -> Response[ProposalOut]:
    """Approve a proposal as another person than who made it, and do what it stands for."""
    which = number(proposal)
    return await act(
        request, caller, actor, None, ProposalOut,
        lambda conn, at: deciding.approve(conn, which, by=actor, at=at),
    )  # fmt: skip


@post("/v1/proposals/{proposal:str}/reject", **DECIDE)
async def reject(
    request: Req, caller: Me, actor: Actor, proposal: PathId, data: JSONBody[RejectIn]
) -> Response[ProposalOut]:
    """Reject a proposal with a reason; whoever made it takes it back so."""
    which = number(proposal)
    return await act(
        request, caller, actor, data, ProposalOut,
        lambda conn, at: deciding.reject(conn, which, by=actor, reason=data.reason, at=at),
    )  # fmt: skip


ROUTES: Final[list[BaseRouteHandler]] = [list_proposals, get_proposal, approve, reject]
