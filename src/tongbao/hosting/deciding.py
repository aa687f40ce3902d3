"""Decide proposals, whatever they are about: the package whose proposal it is does what it means.

The kinds are known here so that doors need one way for all of them.
"""

from datetime import datetime

from tongbao.alliance import blocks, collateral
from tongbao.bank import accounts
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.kernel.db import Connection
from tongbao.liability import estimates
from tongbao.losses import decide as losses
from tongbao.reconcile import disputes


def approve(conn: Connection, proposal_id: int, *, by: str, at: datetime) -> Proposal:
    """Approve a proposal of any kind, and do what it stands for; refused, nothing is decided.

    Refuses ``proposal-not-found``, ``proposal-decided``, ``same-person``, ``text-malformed`` and
    what is refused of the thing itself.
    """
    one = proposals.get(conn, proposal_id)
    match one.kind:
        case collateral.DEPOSIT | collateral.WITHDRAWAL:
            collateral.decide(conn, one.id, approve=True, by=by, at=at)
        case blocks.PURCHASE | blocks.RETURN:
            blocks.decide(conn, one.id, approve=True, by=by, at=at)
        case accounts.KIND:
            accounts.approve(conn, one.id, by=by, at=at)
        case estimates.KIND:
            estimates.approve(conn, one.terms["estimate"], by=by, at=at)
        case disputes.PROPOSAL:
            number = one.terms["dispute"]
            disputes.decide(conn, number, approve=True, by=by, reason=one.reason, at=at)
        case _:
            losses.approve(conn, one.id, by=by, at=at)
    return proposals.get(conn, proposal_id)


def reject(conn: Connection, proposal_id: int, *, by: str, reason: str, at: datetime) -> Proposal:
    """Reject a proposal of any kind with a reason; whoever made it takes it back so.

    Refuses what ``approve`` refuses of the proposal, but not ``same-person``.
    """
    one = proposals.get(conn, proposal_id)
    match one.kind:
        case collateral.DEPOSIT | collateral.WITHDRAWAL:
            collateral.decide(conn, one.id, approve=False, by=by, at=at, reason=reason)
        case blocks.PURCHASE | blocks.RETURN:
            blocks.decide(conn, one.id, approve=False, by=by, at=at, reason=reason)
        case accounts.KIND:
            accounts.reject(conn, one.id, by=by, reason=reason, at=at)
        case estimates.KIND:
            estimates.reject(conn, one.terms["estimate"], by=by, reason=reason, at=at)
        case disputes.PROPOSAL:
            number = one.terms["dispute"]
            disputes.decide(conn, number, approve=False, by=by, reason=reason, at=at)
        case _:
            losses.reject(conn, one.id, by=by, reason=reason, at=at)
    return proposals.get(conn, proposal_id)
