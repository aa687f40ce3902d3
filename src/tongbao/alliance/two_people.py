"""Two people: what moves an organisation's own money is proposed by one and decided by another."""

from collections.abc import Callable, Mapping
from datetime import datetime

from tongbao.alliance import organisations
from tongbao.alliance.deposits import Check, Moved, anything, check_amount
from tongbao.alliance.positions import position
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal, ProposalNotFound
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed

Book = Callable[[Connection, int, int, str, datetime, str], Moved]
"""Books an amount of an organisation under a key, at a time, by somebody."""


class ReasonMissing(Malformed):
    code = "reason-missing"
    text = "proposal {proposal} is rejected with a reason"


def propose(
    conn: Connection,
    kind: str,
    organisation_id: int,
    amount: int,
    *,
    by: str,
    reason: str,
    at: datetime,
    check: Check = anything,
) -> Proposal:
    """Write down what is to be moved, if ``check`` lets it through as things stand now."""
    check_amount(amount)
    organisation = organisations.lock_open(conn, organisation_id)
    check(organisation, position(conn, organisation_id, at), amount)
    terms = {"amount": amount}
    return proposals.propose(conn, kind, organisation_id, terms, by=by, reason=reason, at=at)


def decide(
    conn: Connection,
    ways: Mapping[str, Book],
    proposal_id: int,
    *,
    approve: bool,
    by: str,
    at: datetime,
    reason: str | None,
) -> Proposal:
    """Decide a proposal of one of the kinds in ``ways``, and book it if it is approved."""
    proposal = proposals.get(conn, proposal_id)
    book = ways.get(proposal.kind)
    if book is None or proposal.organisation_id is None:
        raise ProposalNotFound(proposal=proposal_id)
    if not approve:
        if reason is None:
            raise ReasonMissing(proposal=proposal_id)
        return proposals.reject(conn, proposal_id, by=by, reason=reason, at=at)
    approved = proposals.approve(conn, proposal_id, by=by, at=at)
    assert approved.decided_by is not None, "somebody has approved it"
    key = f"proposal:{proposal_id}"
    amount = approved.terms["amount"]
    moved = book(conn, proposal.organisation_id, amount, key, at, approved.decided_by)
    proposals.note_operation(conn, proposal_id, moved.operation_id)
    return proposals.get(conn, proposal_id)
