"""Disputes over HTTP: one organisation wants an amount of another; two people decide."""

from datetime import datetime
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.access.keys import Caller
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.proposals import ProposalOut, Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, PathId, Reason
from tongbao.desk.proposals import Proposal
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.reconcile import disputes
from tongbao.reconcile.refusals import DisputeNotFound
from tongbao.reconcile.types import Dispute, DisputeKind, DisputeState, Opening

Evidence = Annotated[str, Meta(min_length=1, max_length=limits.EVIDENCE)]
READ: Final = everybody("clearing:read")


class DisputeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the creditor (you, unless the operator names another) wants of the debtor.

    ``kind`` ``missing``: the ledger lacks the operation; ``reference`` says what it was. Fees are
    disputed with the operator.
    """

    kind: DisputeKind = "claim"
    debtor: Id
    amount: Money
    reason: Reason
    evidence: Evidence
    creditor: Id | None = None
    operation: Id | None = None
    reference: Annotated[str, Meta(min_length=1, max_length=limits.NAME)] | None = None


class DisputeAnswerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the debtor says to it; the operator may say for whom it answers."""

    accept: bool
    text: Evidence
    organisation: Id | None = None


class DisputeEndIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a dispute is to end: so much is due, or (zero) nothing."""

    amount: Money
    reason: Reason


class DisputeDecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether what was proposed is done, and why."""

    approve: bool
    reason: Reason


class DisputeOut(Struct, frozen=True, kw_only=True):
    """A dispute as it stands; ``most`` is what its claim or fee was worth when it was opened."""

    id: Id
    kind: DisputeKind
    creditor: Id
    debtor: Id
    operation: Id | None
    reference: str | None
    amount: Money
    most: Money | None
    reason: str
    evidence: str
    state: DisputeState
    opened_by: str
    opened_at: datetime
    answer_by: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    decide_by: datetime | None
    proposal: Id | None
    decided_at: datetime | None
    upheld: Money | None
    decision_reason: str | None
    entry: Id | None
    age: int
    overdue: bool


@post("/v1/disputes", **everybody("reconcile:write"))
async def open_one(
    request: Req, caller: Me, actor: Actor, data: JSONBody[DisputeIn]
) -> Response[DisputeOut]:
    """Open a dispute about a claim, a fee or an operation that is missing."""
    opening = Opening(
        kind=data.kind,
        creditor_id=reach.whose(caller, data.creditor) or caller.organisation_id,
        debtor_id=number(data.debtor),
        amount=data.amount.value,
        reason=data.reason,
        evidence=data.evidence,
        operation_id=None if data.operation is None else number(data.operation),
        reference=data.reference,
    )

    def do(conn: Connection, at: datetime) -> Dispute:
        return disputes.open_dispute(conn, opening, by=actor, at=at)

    return await act(request, caller, actor, data, DisputeOut, do)


@get("/v1/disputes", **READ)
async def list_disputes(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    *,
    decided: Annotated[bool, QueryParameter(description="Decided ones, too.")] = False,
    overdue: Annotated[bool, QueryParameter(description="Only those past a deadline.")] = False,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[DisputeOut]:
    """List disputes that one is a side of, the oldest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, DisputeOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: disputes.listed(
            conn, who, now=clock.now(), decided=decided, overdue=overdue, after=after, limit=most
        ),
    )  # fmt: skip


@get("/v1/disputes/{dispute:str}", **READ)
async def get_dispute(request: Req, caller: Me, dispute: PathId) -> DisputeOut:
    """Give a dispute with its reason, evidence, answer and decision."""
    return await show(request, DisputeOut, lambda conn: _of(conn, caller, number(dispute)))


@post("/v1/disputes/{dispute:str}/answer", **everybody("reconcile:write", status_code=200))
async def answer(
    request: Req, caller: Me, actor: Actor, dispute: PathId, data: JSONBody[DisputeAnswerIn]
) -> Response[DisputeOut]:
    """Answer a dispute as the side that it is against."""
    who = reach.whose(caller, data.organisation) or caller.organisation_id

    def do(conn: Connection, at: datetime) -> Dispute:
        which = _of(conn, caller, number(dispute)).id
        return disputes.answer(
            conn, which, who, accept=data.accept, text=data.text, by=actor, at=at
        )

    return await act(request, caller, actor, data, DisputeOut, do)


@post("/v1/disputes/{dispute:str}/proposals", **operators("clearing:write"))
async def propose(
    request: Req, caller: Me, actor: Actor, dispute: PathId, data: JSONBody[DisputeEndIn]
) -> Response[ProposalOut]:
    """Propose how a dispute ends; another person decides."""

    def do(conn: Connection, at: datetime) -> Proposal:
        amount = data.amount.value
        return disputes.propose(conn, number(dispute), amount, by=actor, reason=data.reason, at=at)

    return await act(request, caller, actor, data, ProposalOut, do)


@post("/v1/disputes/{dispute:str}/decide", **operators("clearing:write", status_code=200))
async def decide(
    request: Req, caller: Me, actor: Actor, dispute: PathId, data: JSONBody[DisputeDecisionIn]
) -> Response[DisputeOut]:
    """Decide what was proposed, as another person; approved, the money moves at once."""

    def do(conn: Connection, at: datetime) -> Dispute:
        return disputes.decide(
            conn, number(dispute), approve=data.approve, by=actor, reason=data.reason, at=at
        )

    return await act(request, caller, actor, data, DisputeOut, do)


def _of(conn: Connection, caller: Caller, which: int) -> Dispute:
    found = disputes.get(conn, which, now=clock.now())
    if caller.organisation_id not in (found.creditor_id, found.debtor_id):
        reach.check(caller, None, DisputeNotFound(dispute=which))
    return found


ROUTES: Final[list[BaseRouteHandler]] = [
    open_one, list_disputes, get_dispute, answer, propose, decide,
]  # fmt: skip
