"""Recoveries and lifting: what comes back goes up the waterfall; then the default may end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.fall import (
    CAPS,
    alliance,
    approve,
    award,
    balances,
    close,
    contribute,
    cover,
    declare,
    deposit,
    named,
    owe,
    set_caps,
    spend,
)  # fmt: skip
from tests.world import AT, World, broken_laws, one
from tongbao.alliance import organisations
from tongbao.alliance.organisations import OrganisationStatusRefused
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyMalformed, KeyReused
from tongbao.losses import default
from tongbao.losses.default import DefaultNotRepaid, DefaultNotSettled, NotInDefault
from tongbao.losses.recover import NothingToRecover, recover, recoveries, repay
from tongbao.losses.types import STEPS, Recovery, Share

SHARES = st.lists(
    st.builds(
        Share,
        step=st.sampled_from(STEPS),
        organisation_id=st.integers(1, 9),
        amount=st.integers(1, 10**9),
    ),
    unique_by=lambda share: (share.step, share.organisation_id),
    max_size=20,
)


@pytest.fixture
def world(db: Connection) -> World:
    """Let A owe 330: 180 of it collateral, 20 first loss, 100 mutual, 30 of its creditors."""
    world = alliance(db)
    deposit(db, world, "A", 180_00)
    contribute(db, world, "operator", 20_00)
    set_caps(db, world, {name: cap // 10 for name, cap in CAPS.items()})
    owe(db, world, {"AB": 220_00, "AC": 110_00})
    return world


def pay(conn: Connection, world: World, amount: int, reference: str = "r1") -> Recovery:
    with conn.transaction():
        return recover(conn, world.organisations["A"], amount, reference, by="Lin", at=AT)


@given(st.integers(0, 10**10), SHARES)
def test_repaying_is_exact_and_the_last_bearers_come_first(amount: int, borne: list[Share]) -> None:
    repaid = repay(amount, borne)
    assert sum(share.amount for share in repaid) == min(amount, sum(s.amount for s in borne))
    limits = {(share.step, share.organisation_id): share.amount for share in borne}
    for share in repaid:
        assert 0 < share.amount <= limits[share.step, share.organisation_id]
    if repaid:
        last = STEPS.index(repaid[-1].step)
        later = [share for share in borne if STEPS.index(share.step) > last]
        assert all(share in repaid for share in later)


def test_what_a_defaulter_pays_goes_up_the_waterfall(db: Connection, world: World) -> None:
    declare(db, world)
    before = balances(db, world, "clearing")
    first = pay(db, world, 50_00)
    assert named(world, first.shares) == {
        ("creditors", "B"): 20_00,
        ("creditors", "C"): 10_00,
        ("mutual", "B"): 10_00,
        ("mutual", "C"): 6_00,
        ("mutual", "D"): 4_00,
    }
    after = balances(db, world, "clearing")
    assert {name: after[name] - before[name] for name in "BCD"} == {
        "B": 30_00, "C": 16_00, "D": 4_00,
    }  # fmt: skip
    again = pay(db, world, 50_00)
    assert again.replayed and again.shares == first.shares
    second = pay(db, world, 120_00, "r2")
    assert sum(named(world, second.shares).values()) == 80_00 + 20_00
    assert named(world, second.shares)["first_loss", "operator"] == 20_00
    # What is beyond is the defaulter's own; its collateral is not given back by this.
    assert balances(db, world, "clearing")["A"] == 20_00
    (found,) = default.listed(db, world.organisations["A"])
    assert [one.paid_in for one in recoveries(db, found)] == [50_00, 120_00]
    assert recoveries(db, found)[0].shares == first.shares
    assert broken_laws(db) == {}


def test_what_it_owes_since_comes_before_what_others_bore(db: Connection) -> None:
    world = alliance(db)
    owe(db, world, {"AB": 100_00})
    assert one(db, award(world, "A", 30_00)).status == "posted"
    declare(db, world)
    one(db, spend(world, "C", 30_00, "s1"))
    assert named(world, pay(db, world, 25_00).shares) == {}
    run = cover(db, world)
    assert run is not None
    assert (run.loss, named(world, run.shares)) == (
        5_00, {("own_credits", "A"): 25_00, ("creditors", "C"): 5_00},
    )  # fmt: skip
    assert broken_laws(db) == {}


def test_a_default_is_lifted_when_all_is_repaid(db: Connection, world: World) -> None:
    who = world.organisations["A"]

    def propose() -> int:
        with db.transaction():
            return default.propose_lift(db, who, by="Lin", reason="repaid", at=AT).id

    declare(db, world)
    with pytest.raises(DefaultNotRepaid) as refused:
        propose()
    assert dict(refused.value.facts) == {"organisation": who, "debt": 0, "borne": 150_00}
    pay(db, world, 150_00)
    with pytest.raises(DefaultNotSettled):
        propose()
    close(db)
    lifted = approve(db, propose()).default
    assert lifted is not None and lifted.lifted_by == "Wu"
    assert organisations.get(db, who).status == "suspended"
    with pytest.raises(NotInDefault):
        cover(db, world)
    with db.transaction():
        made = default.propose_reinstatement(db, who, by="Lin", reason="sound again", at=AT)
    active = approve(db, made.id).organisation
    assert active is not None and active.status == "active"
    assert one(db, award(world, "A", 5_00, "again")).status == "posted"
    with pytest.raises(OrganisationStatusRefused), db.transaction():
        default.propose_reinstatement(db, who, by="Lin", reason="twice", at=AT)
    # It may default again; what was lifted stays as it was.
    one(db, spend(world, "B", 5_00, "s9"))
    again = declare(db, world)
    assert again is not None and (again.default_id, again.run) == (lifted.id + 1, 1)
    assert [one.lifted_at is None for one in default.listed(db, who)] == [True, False]
    assert broken_laws(db) == {}


def test_a_lift_that_was_proposed_waits_for_what_came_after(db: Connection, world: World) -> None:
    who = world.organisations["A"]
    one(db, award(world, "A", 5_00, "more"))
    declare(db, world)
    pay(db, world, 150_00)
    close(db)
    with db.transaction():
        made = default.propose_lift(db, who, by="Lin", reason="repaid", at=AT)
    one(db, spend(world, "B", 5_00, "s1"))
    with pytest.raises(DefaultNotRepaid):
        approve(db, made.id)
    assert organisations.get(db, who).status == "defaulted"
    pay(db, world, 5_00, "r2")
    approve(db, made.id)
    assert organisations.get(db, who).status == "suspended"


def test_what_makes_no_sense_is_refused(db: Connection, world: World) -> None:
    with pytest.raises(NotInDefault):
        pay(db, world, 1)
    declare(db, world)
    for amount in (-1, 10**15 + 1, True, 1.0):
        with pytest.raises(AmountOutOfRange):
            pay(db, world, amount)  # type: ignore[arg-type]
    for reference in ("", "a b", "x" * 256):
        with pytest.raises(KeyMalformed):
            pay(db, world, 1, reference)
    with pytest.raises(NothingToRecover):
        pay(db, world, 0)
    pay(db, world, 10)
    with pytest.raises(KeyReused):
        pay(db, world, 11)
