"""Proposals of every kind are decided in one way, and each does what it means."""

import pytest

from tests.world import AT, World, build
from tongbao.alliance import blocks, collateral, organisations
from tongbao.alliance.positions import position
from tongbao.alliance.types import Terms
from tongbao.bank import accounts
from tongbao.bank.types import Details
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal, ProposalNotFound, SamePerson
from tongbao.hosting import deciding
from tongbao.kernel.db import Connection
from tongbao.losses import default


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(prepaid_share=1_000_000, block=50_000)}, people=0)


def propose(db: Connection, who: int) -> list[Proposal]:
    said = {"by": "Lin", "reason": "agreed", "at": AT}
    details = Details(number="6222000000001", name="A", cnaps="103100000026")
    with db.transaction():
        return [
            collateral.propose_deposit(db, who, 10_000, by="Lin", reason="paid in", at=AT),
            blocks.propose_purchase(db, who, 50_000, by="Lin", reason="paid", at=AT),
            accounts.propose(db, who, details, AT.date(), by="Lin", reason="new", at=AT),
            default.propose(db, who, **said),  # type: ignore[arg-type]
        ]


def test_what_is_approved_is_done(db: Connection, world: World) -> None:
    who = world.organisations["A"]
    for proposal in propose(db, who):
        with db.transaction(), pytest.raises(SamePerson):
            deciding.approve(db, proposal.id, by="LIN", at=AT)
        with db.transaction():
            assert deciding.approve(db, proposal.id, by="Wu", at=AT).state == "approved"
    stands = position(db, who, AT)
    assert (stands.collateral, stands.prepaid) == (10_000, 50_000)
    assert [one.details.number for one in accounts.listed(db, who)] == ["6222000000001"]
    assert organisations.get(db, who).status == "defaulted"


def test_what_is_rejected_is_not(db: Connection, world: World) -> None:
    who = world.organisations["A"]
    for proposal in propose(db, who):
        with db.transaction():
            done = deciding.reject(db, proposal.id, by="Wu", reason="not now", at=AT)
        assert (done.state, done.decision_reason) == ("rejected", "not now")
    assert position(db, who, AT).collateral == 0
    assert organisations.get(db, who).status == "active"


def test_a_kind_that_nobody_knows_is_not_there(db: Connection, world: World) -> None:
    strange = proposals.propose(db, "strange", None, {}, by="Lin", reason="why", at=AT)
    for number in (strange.id, 99):
        with pytest.raises(ProposalNotFound):
            deciding.approve(db, number, by="Wu", at=AT)
        with pytest.raises(ProposalNotFound):
            deciding.reject(db, number, by="Wu", reason="no", at=AT)
