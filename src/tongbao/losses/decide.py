"""Decide what waits for a second person: the proposal and what it stands for, at once."""

from datetime import datetime

from msgspec import Struct

from tongbao.alliance.types import Organisation
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal, ProposalNotFound
from tongbao.kernel.db import Connection
from tongbao.losses import caps, default, fund
from tongbao.losses.fund import FundMoved
from tongbao.losses.types import Cap, Default, Run


class Decided(Struct, frozen=True, kw_only=True):
    """What an approved proposal has become; what does not apply is none."""

    proposal: Proposal
    default: Default | None = None
    run: Run | None = None
    organisation: Organisation | None = None
    moved: FundMoved | None = None
    caps: list[Cap] | None = None


KINDS = fund.KINDS | {default.DECLARE, default.LIFT, default.REINSTATE, caps.CAP, caps.ASSESS}
"""The kinds of proposals that are decided here."""


def approve(conn: Connection, proposal_id: int, *, by: str, at: datetime) -> Decided:
    """Approve a proposal and do what it stands for; refused, nothing is decided.

    Refuses ``proposal-not-found`` (also for one of another kind), ``proposal-decided``,
    ``same-person`` and what is refused of the thing itself.
    """
    _check_kind(conn, proposal_id)
    proposal = proposals.approve(conn, proposal_id, by=by, at=at)
    done = _do(conn, proposal, at)
    became = done.moved or done.run
    if became is not None:
        proposals.note_operation(conn, proposal_id, became.operation_id)
    return done


def reject(conn: Connection, proposal_id: int, *, by: str, reason: str, at: datetime) -> Proposal:
    """Reject a proposal with a reason; refuses what ``approve`` refuses of the proposal."""
    _check_kind(conn, proposal_id)
    return proposals.reject(conn, proposal_id, by=by, reason=reason, at=at)


def _do(conn: Connection, proposal: Proposal, at: datetime) -> Decided:
    match proposal.kind:
        case default.DECLARE:
            declared, run = default.declare(conn, proposal, at)
            return Decided(proposal=proposal, default=declared, run=run)
        case default.LIFT:
            return Decided(proposal=proposal, default=default.lift(conn, proposal, at))
        case default.REINSTATE:
            return Decided(proposal=proposal, organisation=default.reinstate(conn, proposal))
        case caps.CAP | caps.ASSESS:
            return Decided(proposal=proposal, caps=caps.apply(conn, proposal, at))
        case _:
            return Decided(proposal=proposal, moved=fund.move(conn, proposal, at))


def _check_kind(conn: Connection, proposal_id: int) -> None:
    if proposals.get(conn, proposal_id).kind not in KINDS:
        raise ProposalNotFound(proposal=proposal_id)
