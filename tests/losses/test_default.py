"""Defaults: the waterfall to the fen, what is spent afterwards, and what others settle."""

from datetime import date, timedelta

import pytest

from tests.losses.fall import (
    CAPS,
    alliance,
    award,
    balances,
    close,
    contribute,
    cover,
    declare,
    deposit,
    dry_run,
    named,
    owe,
    set_caps,
    spend,
)
from tests.world import AT, World, broken_laws, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import booking, legs, settlements
from tongbao.clearing.types import Settlement
from tongbao.kernel.db import Connection
from tongbao.losses import caps, decide, default, exposures

DAY = AT.date()


@pytest.fixture
def world(db: Connection) -> World:
    return alliance(db)


def test_the_worked_example_is_booked_to_the_fen(db: Connection, world: World) -> None:
    deposit(db, world, "A", 180_00)
    contribute(db, world, "operator", 20_00)
    set_caps(db, world, CAPS)
    owe(db, world, {"AB": 150_00, "AC": 120_00})
    close(db)
    assert balances(db, world, "clearing") == {"A": -270_00, "B": 150_00, "C": 120_00}
    expected = dry_run(db, world)
    assert named(world, expected.shares) == {
        ("collateral", "A"): 180_00,
        ("first_loss", "operator"): 20_00,
        ("mutual", "B"): 35_00,
        ("mutual", "C"): 21_00,
        ("mutual", "D"): 14_00,
    }
    run = declare(db, world)
    assert run is not None
    assert (run.owed, run.loss, run.shares) == (270_00, 270_00, expected.shares)
    assert balances(db, world, "clearing") == {"B": 115_00, "C": 99_00, "D": -14_00}
    assert balances(db, world, "collateral") == balances(db, world, "first_loss") == {}
    assert broken_laws(db) == {}


def test_each_step_of_the_waterfall_bears_what_it_has(db: Connection, world: World) -> None:
    deposit(db, world, "A", 10_00)
    contribute(db, world, "operator", 20_00)
    for name, amount in {"A": 5_00, "B": 30_00, "C": 30_00}.items():
        contribute(db, world, name, amount)
    set_caps(db, world, {"B": 40_00, "C": 20_00, "D": 10_00})
    # B owes A a part of what A owes it; that is set off first.
    owe(db, world, {"AB": 100_00, "AC": 60_00, "BA": 30_00, "CB": 5_00})
    expected = dry_run(db, world)
    assert (expected.owed, expected.loss) == (130_00, 130_00)
    assert named(world, expected.shares) == {
        ("collateral", "A"): 10_00,
        ("first_loss", "operator"): 20_00,
        ("own_guarantee", "A"): 5_00,
        # 40 : 20; C has no more than its cap, B no more than it contributed.
        ("guarantee", "B"): 30_00,
        ("guarantee", "C"): 20_00,
        ("mutual", "B"): 10_00,
        ("mutual", "D"): 10_00,
        # What is left, 25, in proportion to what B (70) and C (60) are owed by A.
        ("creditors", "B"): 13_46,
        ("creditors", "C"): 11_54,
    }
    run = declare(db, world)
    assert run is not None
    assert run.shares == expected.shares
    assert balances(db, world, "guarantee") == {"C": 10_00}
    assert sum(balances(db, world, "clearing").values()) == 10_00 + 20_00 + 5_00 + 50_00
    assert broken_laws(db) == {}


def test_credits_against_others_are_set_off_first(db: Connection, world: World) -> None:
    deposit(db, world, "A", 1_000_00)
    owe(db, world, {"AB": 100_00, "CA": 30_00, "DA": 20_00})
    assert dry_run(db, world).owed == 100_00
    run = declare(db, world)
    assert run is not None
    assert (run.owed, run.loss) == (100_00, 50_00)
    assert named(world, run.shares) == {("own_credits", "A"): 50_00, ("collateral", "A"): 50_00}
    assert balances(db, world, "collateral") == {"A": 950_00}
    assert broken_laws(db) == {}


def test_who_owes_nothing_is_contained_and_nobody_bears_anything(
    db: Connection, world: World
) -> None:
    owe(db, world, {"BA": 100_00})
    assert dry_run(db, world).shares == []
    assert declare(db, world) is None
    assert cover(db, world) is None
    refused = one(db, award(world, "A", 500)).refusal
    assert refused is not None and refused.code == "issuer-stopped"
    assert broken_laws(db) == {}


def test_points_of_a_defaulter_stay_good_and_are_covered_again(
    db: Connection, world: World
) -> None:
    deposit(db, world, "A", 150_00)
    set_caps(db, world, {"B": 50_00, "C": 30_00, "D": 20_00})
    owe(db, world, {"AB": 100_00})
    do(db, [award(world, "A", 300_00, "more")])
    first = declare(db, world)
    assert first is not None
    assert named(world, first.shares) == {("collateral", "A"): 100_00}
    assert one(db, spend(world, "C", 80_00, "s1")).status == "posted"
    second = cover(db, world)
    assert second is not None
    assert (second.run, second.owed, second.loss) == (2, 80_00, 80_00)
    assert named(world, second.shares) == {
        ("collateral", "A"): 50_00,
        ("mutual", "B"): 15_00,
        ("mutual", "C"): 9_00,
        ("mutual", "D"): 6_00,
    }
    close(db)
    assert one(db, spend(world, "D", 120_00, "s2")).status == "posted"
    third = cover(db, world)
    assert third is not None
    # Of their caps 30 are used; D, the only creditor of this window, bears what is beyond them.
    assert named(world, third.shares) == {
        ("mutual", "B"): 35_00,
        ("mutual", "C"): 21_00,
        ("mutual", "D"): 14_00,
        ("creditors", "D"): 50_00,
    }
    assert one(db, spend(world, "B", 100_00, "s3")).status == "posted"
    fourth = cover(db, world)
    assert fourth is not None
    assert named(world, fourth.shares) == {("creditors", "B"): 100_00}
    assert cover(db, world) is None
    assert broken_laws(db) == {}


def test_reserves_and_blocks_of_a_defaulter_pay_for_its_own_points(db: Connection) -> None:
    world = alliance(db, A=Terms(earn_rate=0, prepaid_share=500_000))
    set_caps(db, world, {"B": 500_00, "D": 500_00})
    do(db, [award(world, "A", 200_00)])
    # 100 are set aside and not paid in: that is what A owes, to whoever keeps the reserve.
    assert balances(db, world, "clearing") == {"A": -100_00}
    assert one(db, spend(world, "B", 120_00, "s1")).status == "posted"
    assert balances(db, world, "clearing") == {"A": -160_00, "B": 120_00}
    run = declare(db, world)
    assert run is not None
    assert named(world, run.shares) == {("mutual", "B"): 80_00, ("mutual", "D"): 80_00}
    assert one(db, spend(world, "C", 80_00, "s2")).status == "posted"
    assert balances(db, world, "reserve") == {}
    again = cover(db, world)
    assert again is not None
    assert (again.owed, again.loss) == (40_00, 40_00)
    assert broken_laws(db) == {}


def test_exposures_leave_out_what_a_reserve_has_paid(db: Connection) -> None:
    world = alliance(db, A=Terms(earn_rate=0, prepaid_share=1_000_000))
    do(db, [award(world, "A", 100_00)])
    do(db, [spend(world, "B", 60_00, "s1")])
    a = world.organisations["A"]
    found = exposures.read(db, a, -100_00, world.operator)
    assert (found.owed, found.credits, found.creditors) == (100_00, 0, {world.operator: 100_00})
    run = declare(db, world)
    assert run is not None
    assert named(world, run.shares) == {("creditors", "operator"): 100_00}
    assert balances(db, world, "clearing") == {"B": 60_00, "operator": -100_00}
    assert broken_laws(db) == {}


def test_fees_are_owed_to_the_operator_and_it_bears_its_part(db: Connection) -> None:
    world = alliance(db, A=Terms(earn_rate=0, issue_fee=100_000))
    owe(db, world, {"AB": 100_00})
    run = declare(db, world)
    assert run is not None
    assert named(world, run.shares) == {
        ("creditors", "B"): 100_00,
        ("creditors", "operator"): 10_00,
    }
    assert broken_laws(db) == {}


def test_another_defaulter_bears_nothing(db: Connection, world: World) -> None:
    set_caps(db, world, {"B": 50_00, "C": 50_00})
    contribute(db, world, "B", 20_00)
    owe(db, world, {"AB": 60_00, "AC": 30_00})
    assert declare(db, world, "B") is None
    run = declare(db, world)
    assert run is not None
    # What B was owed it loses no part of: it could not pay that. The operator bears the rest.
    assert named(world, run.shares) == {
        ("mutual", "C"): 50_00,
        ("creditors", "C"): 30_00,
        ("operator", "operator"): 10_00,
    }
    assert broken_laws(db) == {}


def test_a_default_goes_by_the_caps_of_its_day(db: Connection, world: World) -> None:
    set_caps(db, world, {"B": 100_00})
    owe(db, world, {"AB": 50_00})
    do(db, [award(world, "A", 30_00, "more")])
    declare(db, world)
    later = AT + timedelta(days=1)
    with db.transaction():
        made = caps.propose(
            db, world.organisations["B"], required=0, cap=0, by="Lin", reason="left", at=later
        )
    with db.transaction():
        decide.approve(db, made.id, by="Wu", at=later)
    one(db, spend(world, "B", 30_00, "s1"))
    with db.transaction():
        run = default.cover(db, world.organisations["A"], by="Lin", at=later)
    assert run is not None
    assert named(world, run.shares) == {("mutual", "B"): 30_00}


def test_survivors_settle_afterwards_to_the_fen(db: Connection, world: World) -> None:
    deposit(db, world, "A", 180_00)
    contribute(db, world, "operator", 20_00)
    set_caps(db, world, CAPS)
    owe(db, world, {"AB": 150_00, "AC": 120_00, "DB": 40_00})
    through = close(db)
    failed = instructed(db, through)
    assert failed.collections == 2
    pay(db, failed.id, [world.organisations["D"]])
    declare(db, world)
    leg = legs.get(db, failed.id, world.organisations["A"])
    assert (leg.state, leg.paid) == ("failed", 0)
    assert balances(db, world, "clearing") == {"B": 155_00, "C": 99_00, "D": -14_00}
    pay(db, failed.id, [world.organisations["B"], world.organisations["C"]])
    assert settlements.get(db, failed.id).state == "failed"
    assert balances(db, world, "clearing") == {"B": -35_00, "C": -21_00, "D": -14_00}
    close(db)
    after = instructed(db)
    assert (after.collections, after.to_collect, after.payouts) == (3, 70_00, 0)
    pay(db, after.id, [world.organisations[name] for name in "BCD"])
    assert settlements.get(db, after.id).state == "settled"
    assert balances(db, world, "clearing") == {}
    # All that A owed was paid: by its deposit, the operator and the three.
    assert balances(db, world, "bank") == {
        "A": -180_00, "B": 155_00, "C": 99_00, "D": -54_00, "operator": -20_00,
    }  # fmt: skip
    assert broken_laws(db) == {}


def test_a_defaulter_is_skipped_by_settlements(db: Connection, world: World) -> None:
    owe(db, world, {"BA": 50_00, "CB": 10_00})
    through = close(db)
    with db.transaction():
        made = settlements.propose(db, business_date=AT.date(), by="Lin", at=AT)
    declare(db, world)
    assert legs.get(db, made.id, world.organisations["A"]).state == "dropped"
    close(db)
    with db.transaction():
        later = settlements.propose(
            db, business_date=DAY + timedelta(days=1), through_window=through, by="Lin", at=AT
        )
    skipped = [(one.organisation_id, one.reason) for one in settlements.skipped(db, later.id)]
    assert (world.organisations["A"], "defaulted") in skipped


def instructed(conn: Connection, through: int | None = None, day: date = DAY) -> Settlement:
    with conn.transaction():
        made = settlements.propose(conn, business_date=day, through_window=through, by="Lin", at=AT)
        settlements.approve(conn, made.id, by="Wu", at=AT)
        settlements.instruct(conn, made.id, at=AT)
    return settlements.get(conn, made.id)


def pay(conn: Connection, settlement: int, organisations: list[int]) -> None:
    for who in organisations:
        leg = legs.get(conn, settlement, who)
        with conn.transaction():
            booking.book(conn, settlement, who, leg.left, reference=leg.end_to_end_id, at=AT)
