"""Adjustment: one person proposes to add or take points, another approves; only then it posts."""

from tongbao.desk import people
from tongbao.ledger.movements import M
from tongbao.ledger.types import Stamp
from tongbao.points import refusals
from tongbao.points.books import Books, Proposal
from tongbao.points.detail import Detail
from tongbao.points.issue import issue
from tongbao.points.operations import DecideAdjustment, ProposeAdjustment
from tongbao.points.sheet import Decision, Sheet
from tongbao.points.spend import give_home


def plan_proposal(op: ProposeAdjustment, books: Books, stamp: Stamp) -> Decision:
    """Plan a proposal: it is recorded, and moves nothing."""
    if op.scope not in (op.organisation, books.operator):
        raise refusals.OrganisationNotFound(organisation=op.organisation)
    organisation = books.organisation(op.organisation).id
    books.member(op.member)
    detail = Detail(reference=op.reference, reason=op.reason, by=op.by)
    decision = Sheet(stamp).decide(
        "propose_adjustment", op.member, detail, organisation=organisation, points=op.points
    )
    decision.proposal = (organisation, op.points, op.reason, op.by)
    return decision


def plan_decision(op: DecideAdjustment, books: Books, stamp: Stamp) -> Decision:
    """Plan the decision: another person approves, which posts; rejecting only says so.

    Whoever proposed it may reject it, too: that takes it back.
    """
    proposal = books.proposals.get(op.proposal)
    if proposal is None or op.scope not in (proposal.organisation, books.operator):
        raise refusals.AdjustmentNotFound(proposal=op.proposal)
    organisation = books.organisation(proposal.organisation).id
    if proposal.state != "proposed":
        raise refusals.AdjustmentDecided(proposal=proposal.id, state=proposal.state)
    if op.approve and people.same(proposal.proposed_by, op.by):
        raise refusals.TwoPeopleNeeded
    if op.approve:
        books.member(proposal.member)
    sheet = Sheet(stamp)
    if op.approve and proposal.points > 0:
        terms = books.terms(organisation, stamp.effective_at)
        lot = issue(
            books,
            sheet,
            terms,
            member=proposal.member,
            organisation=organisation,
            points=proposal.points,
            kind="goodwill",
            movement=M.ADJUST_UP,
        )
        if lot is not None:
            sheet.note(lot, sheet.now_in(lot, "available"))
    elif op.approve:
        _take(books, sheet, proposal)
    detail = Detail(reference=op.reference, reason=proposal.reason, by=op.by)
    decision = sheet.decide(
        "decide_adjustment",
        proposal.member,
        detail,
        organisation=organisation,
        original=proposal.id,
        points=proposal.points if op.approve else 0,
    )
    decision.decided = (proposal.id, "approved" if op.approve else "rejected", op.by)
    return decision


def _take(books: Books, sheet: Sheet, proposal: Proposal) -> None:
    """Take points of the organisation's own lots; refuse when there are too few."""
    left = wanted = -proposal.points
    for lot in books.available_lots(proposal.member):
        if lot.issuer == proposal.organisation and left:
            part = min(lot.available, left)
            give_home(books, sheet, lot, part, M.ADJUST_DOWN)
            left -= part
    if left:
        raise refusals.InsufficientPoints(wanted=wanted, available=wanted - left, only_elsewhere=0)
