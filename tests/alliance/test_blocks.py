"""Blocks: bought whole and in advance, paid back as far as they are left, by two people."""

import pytest

from tests.world import AT, World, broken_laws, build, one
from tongbao.alliance import blocks, organisations
from tongbao.alliance.blocks import (
    BlockMoved,
    BlockNotWhole,
    NoBlock,
    PrepaidTooLittle,
    buy,
    give_back,
)
from tongbao.alliance.organisations import OrganisationNotSettled
from tongbao.alliance.positions import position
from tongbao.alliance.two_people import ReasonMissing
from tongbao.alliance.types import Terms
from tongbao.desk.proposals import ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyReused
from tongbao.points.operations import Award

BLOCK = Terms(prepaid_share=1_000_000, block=1_000, replenish_below=300)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": BLOCK, "free": Terms()})


def pay(conn: Connection, who: int, amount: int, key: str = "b") -> BlockMoved:
    with conn.transaction():
        return buy(conn, who, amount, key, AT, "Lin")


def issue(conn: Connection, world: World, points: int, key: str) -> str:
    award = Award(
        key=key,
        scope=world.organisations["A"],
        member=world.members[0],
        outlet=world.outlets["A"],
        points=points,
    )
    return one(conn, award).status


def test_blocks_are_bought_whole_and_once(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    first = pay(db, a, 3_000)
    assert (first.amount, first.prepaid, first.replayed) == (3_000, 3_000, False)
    again = pay(db, a, 3_000)
    assert (again.operation_id, again.prepaid, again.replayed) == (first.operation_id, 3_000, True)
    assert position(db, a, AT).prepaid == 3_000
    for amount in (1, 999, 1_001):
        with pytest.raises(BlockNotWhole):
            pay(db, a, amount, "other")
    for wrong in (0, -1_000, 10**15 + 1_000):
        with pytest.raises(AmountOutOfRange):
            pay(db, a, wrong, "other")
    with pytest.raises(KeyReused):
        pay(db, a, 1_000)
    with pytest.raises(NoBlock):
        pay(db, world.organisations["free"], 1_000)
    with pytest.raises(NoBlock):  # the operator has signed nothing at all
        pay(db, world.operator, 1_000)
    assert broken_laws(db) == {}


def test_only_what_is_left_of_a_block_is_paid_back(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    pay(db, a, 1_000)
    assert issue(db, world, 400, "1") == "posted"
    with pytest.raises(PrepaidTooLittle) as refused, db.transaction():
        give_back(db, a, 601, "r", AT, "Lin")
    assert dict(refused.value.facts) == {"organisation": a, "left": 600, "wanted": 601}
    with db.transaction():
        assert give_back(db, a, 600, "r", AT, "Lin").prepaid == 0
    assert issue(db, world, 1, "2") == "refused"
    assert broken_laws(db) == {}


def test_of_a_defaulted_organisation_nothing_is_paid_back(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    pay(db, a, 1_000)
    with db.transaction():
        organisations.set_status(db, a, "defaulted")
    with pytest.raises(PrepaidTooLittle), db.transaction():
        give_back(db, a, 1, "r", AT, "Lin")
    with pytest.raises(OrganisationNotSettled), db.transaction():
        organisations.set_status(db, a, "closed")


def test_two_people_buy_a_block_and_pay_it_back(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    with db.transaction():
        bought = blocks.propose_purchase(db, a, 1_000, by="Lin", reason="the first", at=AT)
    assert position(db, a, AT).prepaid == 0
    with pytest.raises(SamePerson), db.transaction():
        blocks.decide(db, bought.id, approve=True, by="LIN", at=AT)
    with db.transaction():
        done = blocks.decide(db, bought.id, approve=True, by="Wei", at=AT)
    assert (done.state, done.operation_id is not None) == ("approved", True)
    assert position(db, a, AT).prepaid == 1_000
    with pytest.raises(ProposalDecided), db.transaction():
        blocks.decide(db, bought.id, approve=True, by="Wei", at=AT)
    with db.transaction():
        back = blocks.propose_return(db, a, 1_000, by="Lin", reason="the end", at=AT)
    assert issue(db, world, 1, "1") == "posted"
    with pytest.raises(PrepaidTooLittle), db.transaction():  # it was there when it was proposed
        blocks.decide(db, back.id, approve=True, by="Wei", at=AT)
    with pytest.raises(ReasonMissing), db.transaction():
        blocks.decide(db, back.id, approve=False, by="Wei", at=AT)
    with db.transaction():
        no = blocks.decide(db, back.id, approve=False, by="Wei", at=AT, reason="it is in use")
    assert (no.state, no.decision_reason) == ("rejected", "it is in use")
    assert position(db, a, AT).prepaid == 999
    assert broken_laws(db) == {}


def test_what_makes_no_sense_is_not_even_proposed(db: Connection, world: World) -> None:
    a, free = world.organisations["A"], world.organisations["free"]
    with pytest.raises(BlockNotWhole), db.transaction():
        blocks.propose_purchase(db, a, 1_500, by="Lin", reason="half", at=AT)
    with pytest.raises(NoBlock), db.transaction():
        blocks.propose_purchase(db, free, 1_000, by="Lin", reason="none", at=AT)
    with pytest.raises(PrepaidTooLittle), db.transaction():
        blocks.propose_return(db, a, 1, by="Lin", reason="nothing there", at=AT)
    with pytest.raises(ProposalNotFound), db.transaction():
        blocks.decide(db, 99, approve=True, by="Wei", at=AT)


@pytest.mark.parametrize(
    ("left", "buys"), [(300, 0), (1_000, 0), (299, 1_000), (0, 1_000), (-701, 2_000)]
)
def test_what_is_wanted_is_whole_blocks_up_to_the_level(left: int, buys: int) -> None:
    assert blocks.wanted(BLOCK, left) == buys
    assert blocks.wanted(Terms(), left) == 0
    assert blocks.wanted(Terms(prepaid_share=1, block=1_000), left) == 0
