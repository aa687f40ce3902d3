"""Legs that the bank refuses: asked for again, or given up and carried over."""

import pytest

from tests.clearing.desk import (
    EXAMPLE,
    approve,
    balances,
    book,
    instruct,
    instructed,
    pay_all,
    propose,
    window_of,
)
from tests.world import AT, World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.clearing import legs, settlements, trail
from tongbao.clearing.legs import LegNotFound, LegStateRefused
from tongbao.clearing.types import Leg, Settlement
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import TextMalformed


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=0) for name in "ABCD"})


@pytest.fixture
def made(db: Connection, world: World) -> Settlement:
    return instructed(db, window_of(db, world, EXAMPLE))


def reject(
    conn: Connection, made: Settlement, organisation: int, attempt: int | None = None
) -> Leg:
    with conn.transaction():
        return legs.reject_leg(
            conn, made.id, organisation, reason="AC04 closed account", at=AT, attempt=attempt
        )


def again(conn: Connection, made: Settlement, organisation: int) -> Leg:
    with conn.transaction():
        return legs.reinstruct_leg(
            conn, made.id, organisation, by="Wu", reason="new account", at=AT
        )


def fail(conn: Connection, made: Settlement, organisation: int) -> Leg:
    with conn.transaction():
        return legs.fail_leg(conn, made.id, organisation, reason="no answer", by="Wu", at=AT)


def test_a_leg_that_the_bank_refuses_is_asked_for_under_a_new_id(
    db: Connection, world: World, made: Settlement
) -> None:
    a = world.organisations["A"]
    first = legs.get(db, made.id, a)
    assert first.end_to_end_id == f"TB{made.id}-{a}-1"
    assert reject(db, made, a).state == "rejected"
    assert settlements.get(db, made.id).state == "instructed"
    with pytest.raises(LegStateRefused):
        book(db, made.id, a, 5, "early")
    second = again(db, made, a)
    assert (second.state, second.end_to_end_id) == ("instructed", f"TB{made.id}-{a}-2")
    assert legs.find(db, first.end_to_end_id) == legs.find(db, second.end_to_end_id) == second
    assert pay_all(db, made.id).state == "settled"
    assert [(s.state, s.attempt, s.done_by, s.reason) for s in trail.steps(db, made.id, a)] == [
        ("rejected", 1, "bank", "AC04 closed account"),
        ("instructed", 2, "Wu", "new account"),
        ("paid", 2, "bank", second.end_to_end_id),
    ]
    assert broken_laws(db) == {}


def test_a_refusal_told_twice_or_late_changes_nothing(
    db: Connection, world: World, made: Settlement
) -> None:
    a = world.organisations["A"]
    refused = reject(db, made, a, 1)
    assert reject(db, made, a, 1) == reject(db, made, a) == refused
    second = again(db, made, a)
    assert reject(db, made, a, 1) == second  # it speaks of the first attempt
    with pytest.raises(LegNotFound):
        reject(db, made, a, 3)
    assert reject(db, made, a, 2).state == "rejected"
    assert len(trail.steps(db, made.id, a)) == 3


def test_the_rest_of_a_leg_may_be_refused_too(
    db: Connection, world: World, made: Settlement
) -> None:
    a = world.organisations["A"]
    book(db, made.id, a, 20_000, "1")
    assert reject(db, made, a).state == "rejected"
    second = again(db, made, a)
    assert (second.state, second.left) == ("partly_paid", 7_000)
    assert book(db, made.id, a, 7_000, "2").state == "paid"
    assert broken_laws(db) == {}


def test_what_is_left_of_a_failed_leg_is_carried_over(
    db: Connection, world: World, made: Settlement
) -> None:
    a, b, _, d = world.organisations.values()
    book(db, made.id, a, 20_000, "1")
    assert fail(db, made, a).state == "failed"
    assert fail(db, made, a).paid == 20_000  # told twice
    reject(db, made, d)
    assert fail(db, made, d).state == "failed"
    done = pay_all(db, made.id)
    assert (done.state, done.failed, done.unfinished) == ("failed", 2, 0)
    assert (done.paid_in, done.paid_out) == (55_000, 67_000)
    assert balances(db, world, "clearing") == {"A": -7_000, "D": -5_000}
    for call in (reject, again):
        with pytest.raises(LegStateRefused):
            call(db, made, a)
    with pytest.raises(LegStateRefused):
        fail(db, made, b)
    with pytest.raises(LegStateRefused):
        book(db, made.id, a, 1, "late")
    later = instructed(db, window_of(db, world, {"BA": 3_000}, "next"))
    assert {leg.organisation_id: leg.amount for leg in settlements.legs(db, later.id)} == {
        a: -4_000, b: -3_000, d: -5_000,
    }  # fmt: skip
    assert pay_all(db, later.id).state == "settled"
    assert balances(db, world, "clearing") == {}
    assert [leg.settlement_id for leg in legs.of_organisation(db, a)] == [later.id, made.id]
    assert legs.of_organisation(db, a, before=later.id, limit=1)[0].state == "failed"
    assert broken_laws(db) == {}


def test_what_failed_may_be_settled_anew_for_the_same_window(
    db: Connection, world: World, made: Settlement
) -> None:
    for leg in settlements.legs(db, made.id):
        fail(db, made, leg.organisation_id)
    assert settlements.get(db, made.id).state == "failed"
    second = propose(db, made.through_window)
    assert (second.id, second.to_collect, second.to_pay) == (made.id + 1, 67_000, 67_000)


def test_a_leg_is_dropped_before_it_is_instructed(db: Connection, world: World) -> None:
    made = propose(db, window_of(db, world, EXAMPLE))
    approve(db, made.id)
    a = world.organisations["A"]
    assert fail(db, made, a).state == "dropped"
    assert fail(db, made, a).state == "dropped"
    assert settlements.get(db, made.id).state == "approved"
    told = instruct(db, made.id)
    assert a not in {leg.organisation_id for leg in told}
    done = pay_all(db, made.id)
    assert (done.state, done.failed) == ("failed", 1)
    assert balances(db, world, "clearing") == {"A": -27_000}
    assert broken_laws(db) == {}


def test_a_settlement_of_which_every_leg_is_dropped_has_failed(
    db: Connection, world: World
) -> None:
    made = propose(db, window_of(db, world, {"AB": 5}))
    for name in "AB":
        fail(db, made, world.organisations[name])
    assert settlements.get(db, made.id).state == "failed"
    assert trail.steps(db, made.id)[-1].state == "failed"


@pytest.mark.parametrize(
    "text", ["", "TB", "TB1-2", "TB1-2-3-4", "TB9-9-1", "XX1-2-3", "TB99999999999-1-1", "TB1-x-1"]
)
def test_an_end_to_end_id_that_is_not_ours_names_no_leg(db: Connection, text: str) -> None:
    assert legs.find(db, text) is None


def test_an_attempt_that_never_was_names_no_leg(
    db: Connection, world: World, made: Settlement
) -> None:
    a = world.organisations["A"]
    assert legs.find(db, f"TB{made.id}-{a}-2") is None
    assert legs.find(db, f"TB{made.id}-{a}-0") is None


def test_an_end_to_end_id_is_short_enough_for_any_bank() -> None:
    leg = Leg(
        settlement_id=2**31 - 1, organisation_id=10**13, through_window=1, amount=1, paid=0,
        state="open", attempt=999,
    )  # fmt: skip
    assert len(leg.end_to_end_id) <= 35


def test_nothing_is_done_without_a_name_or_a_reason(
    db: Connection, world: World, made: Settlement
) -> None:
    a = world.organisations["A"]
    with pytest.raises(TextMalformed):
        legs.reject_leg(db, made.id, a, reason=" ", at=AT)
    with pytest.raises(TextMalformed):
        legs.fail_leg(db, made.id, a, reason="x", by="", at=AT)
    with pytest.raises(TextMalformed):
        legs.fail_leg(db, made.id, a, reason="", by="Wu", at=AT)
    reject(db, made, a)
    with pytest.raises(TextMalformed):
        legs.reinstruct_leg(db, made.id, a, by="", at=AT)


def test_an_organisation_without_a_leg_has_none(db: Connection, made: Settlement) -> None:
    for call in (reject, again, fail):
        with pytest.raises(LegNotFound):
            call(db, made, 77)
