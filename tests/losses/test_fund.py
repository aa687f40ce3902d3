"""The guarantee fund: by two people, once for each key, and never below what is required."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.fall import (
    alliance,
    approve,
    balances,
    contribute,
    declare,
    deposit,
    owe,
    set_caps,
)  # fmt: skip
from tests.world import AT, World, broken_laws
from tongbao.alliance import organisations
from tongbao.alliance.organisations import OperatorStays, OrganisationNotFound
from tongbao.desk import proposals
from tongbao.desk.proposals import ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyMalformed, KeyReused
from tongbao.losses import caps, decide, fund
from tongbao.losses.caps import Rule, assess
from tongbao.losses.fund import FundInUse, OperatorContributes


@pytest.fixture
def world(db: Connection) -> World:
    return alliance(db)


def propose(conn: Connection, kind: str, who: int, amount: int, key: str = "k1") -> int:
    with conn.transaction():
        return fund.propose(conn, kind, who, amount, key, by="Lin", reason="bank", at=AT).id


def test_a_contribution_is_booked_when_another_approves(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    made = propose(db, fund.CONTRIBUTE, b, 30_00)
    assert balances(db, world, "guarantee") == {}
    with pytest.raises(SamePerson):
        approve(db, made, "LIN")
    done = approve(db, made)
    assert done.moved is not None
    assert (done.moved.amount, done.moved.balance) == (30_00, 30_00)
    assert proposals.get(db, made).operation_id == done.moved.operation_id
    with pytest.raises(ProposalDecided):
        approve(db, made, "Zhao")
    # The same money proposed twice is booked once; another amount under its key is refused.
    again = approve(db, propose(db, fund.CONTRIBUTE, b, 30_00)).moved
    assert again is not None and again.replayed
    with pytest.raises(KeyReused):
        approve(db, propose(db, fund.CONTRIBUTE, b, 31_00))
    assert balances(db, world, "guarantee") == {"B": 30_00}
    assert balances(db, world, "bank") == {"B": -30_00}
    assert broken_laws(db) == {}


def test_what_is_required_stays_and_of_a_defaulter_everything(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    contribute(db, world, "B", 30_00)
    with db.transaction():
        made = caps.propose(db, b, required=20_00, cap=50_00, by="Lin", reason="agreed", at=AT)
    approve(db, made.id)
    with pytest.raises(FundInUse) as refused:
        propose(db, fund.RETURN, b, 10_01, "out")
    assert dict(refused.value.facts) == {"organisation": b, "free": 10_00, "wanted": 10_01}
    made_out = propose(db, fund.RETURN, b, 10_00, "out")
    declare(db, world, "B")
    with pytest.raises(FundInUse):
        approve(db, made_out)
    assert proposals.get(db, made_out).state == "proposed"
    assert balances(db, world, "guarantee") == {"B": 30_00}


def test_the_operator_sets_a_first_loss_aside_and_is_no_member(
    db: Connection, world: World
) -> None:
    contribute(db, world, "operator", 20_00)
    with pytest.raises(OperatorContributes):
        propose(db, fund.CONTRIBUTE, world.operator, 1)
    with pytest.raises(OperatorStays), db.transaction():
        caps.propose(db, world.operator, required=0, cap=1, by="Lin", reason="x", at=AT)
    with pytest.raises(FundInUse):
        propose(db, fund.RETURN_FIRST_LOSS, world.operator, 20_01, "out")
    approve(db, propose(db, fund.RETURN_FIRST_LOSS, world.operator, 5_00, "out"))
    assert balances(db, world, "first_loss") == {"operator": 15_00}
    assert broken_laws(db) == {}


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 1.5, True, None])
def test_an_amount_that_is_none_is_refused(db: Connection, world: World, amount: int) -> None:
    with pytest.raises(AmountOutOfRange):
        propose(db, fund.CONTRIBUTE, world.organisations["B"], amount)
    b, required = world.organisations["B"], -1 if amount == 0 else amount
    with pytest.raises(AmountOutOfRange), db.transaction():
        caps.propose(db, b, required=required, cap=0, by="Lin", reason="x", at=AT)


def test_what_is_not_there_is_refused(db: Connection, world: World) -> None:
    with pytest.raises(OrganisationNotFound):
        propose(db, fund.CONTRIBUTE, 77, 1)
    with pytest.raises(KeyMalformed):
        propose(db, fund.CONTRIBUTE, world.organisations["B"], 1, "two words")
    with db.transaction():
        other = proposals.propose(db, "other", None, {}, by="Lin", reason="x", at=AT)
    for proposal in (other.id, 99):
        with pytest.raises(ProposalNotFound):
            approve(db, proposal)
        with pytest.raises(ProposalNotFound), db.transaction():
            decide.reject(db, proposal, by="Wu", reason="no", at=AT)
    for rule in (Rule(largest=0), Rule(share=1_000_001), Rule(least=-1), Rule(times=0)):
        with pytest.raises(AmountOutOfRange), db.transaction():
            caps.propose_assessment(db, rule, by="Lin", reason="x", at=AT)


@pytest.mark.parametrize(
    ("exposures", "rule", "parts"),
    [
        ({}, Rule(), {}),
        ({1: 0, 2: -5}, Rule(least=7), {1: 7, 2: 7}),
        # The two largest: 900 must be there, in proportion to 500 : 400 : 100.
        ({1: 500, 2: 400, 3: 100}, Rule(), {1: 450, 2: 360, 3: 90}),
        ({1: 500, 2: 400, 3: 100}, Rule(largest=1, share=500_000), {1: 125, 2: 100, 3: 25}),
        ({1: 500, 2: 400, 3: 100, 4: -9}, Rule(least=100), {1: 450, 2: 360, 3: 100, 4: 100}),
    ],
)
def test_contributions_are_assessed_by_exposure(
    exposures: dict[int, int], rule: Rule, parts: dict[int, int]
) -> None:
    assert assess(exposures, rule) == parts


@given(
    st.dictionaries(st.integers(1, 99), st.integers(-(10**12), 10**12), max_size=20),
    st.integers(1, 5),
    st.integers(0, 1_000_000),
)
def test_an_assessment_covers_what_it_has_to(
    exposures: dict[int, int], largest: int, share: int
) -> None:
    parts = assess(exposures, Rule(largest=largest, share=share))
    most = sorted((amount for amount in exposures.values() if amount > 0), reverse=True)[:largest]
    assert sum(parts.values()) == (2 * sum(most) * share + 1_000_000) // 2_000_000
    assert parts.keys() == exposures.keys()


def test_an_assessment_reads_exposures_from_the_ledger(db: Connection, world: World) -> None:
    deposit(db, world, "A", 30_00)
    contribute(db, world, "D", 5_00)
    owe(db, world, {"AB": 100_00, "BC": 20_00})
    with db.transaction():
        made = caps.propose_assessment(db, Rule(times=3), by="Lin", reason="yearly", at=AT)
    found = approve(db, made.id).caps
    assert found is not None
    names = {who: name for name, who in world.organisations.items()}
    # A owes 100 and has 30; B is owed 80 on balance.
    assert {names[one.organisation_id]: (one.required, one.cap) for one in found} == {
        "A": (70_00, 210_00),
        "D": (0, 0),
    }
    assert caps.get(db, world.organisations["D"]).contributed == 5_00


def test_the_latest_cap_rules_and_without_one_what_was_contributed(
    db: Connection, world: World
) -> None:
    b = world.organisations["B"]
    assert (caps.get(db, b).cap, caps.listed(db, AT)) == (0, [])
    contribute(db, world, "B", 30_00)
    assert caps.get(db, b).cap == 30_00
    set_caps(db, world, {"B": 90_00})
    set_caps(db, world, {"B": 10_00})
    assert caps.get(db, b).cap == 10_00
    assert [one.cap for one in caps.listed(db, AT)] == [10_00]
    assert organisations.get(db, b).status == "active"
