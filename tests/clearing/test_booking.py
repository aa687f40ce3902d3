"""Booking: position and money move together, once, however often and by however many."""

import threading
from collections.abc import Callable

import psycopg
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
from tongbao.clearing import booking, legs, settlements, trail
from tongbao.clearing.booking import LegNotPaid, LegOverpaid, ReferenceMalformed
from tongbao.clearing.legs import LegNotFound, LegStateRefused
from tongbao.clearing.types import Leg, Settlement
from tongbao.kernel import db as database
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.lists import ListTooLong
from tongbao.kernel.once import KeyReused
from tongbao.kernel.texts import TextMalformed


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=0) for name in "ABCD"})


@pytest.fixture
def made(db: Connection, world: World) -> Settlement:
    return instructed(db, window_of(db, world, EXAMPLE))


def come_back(conn: Connection, leg: Leg, amount: int, reference: str = "back") -> Leg:
    with conn.transaction():
        return booking.return_payment(
            conn, leg.settlement_id, leg.organisation_id, amount,
            reference=reference, reason="account closed", at=AT,
        )  # fmt: skip


def at_once(url: str, call: Callable[[Connection, int], object], many: int = 8) -> list[object]:
    """Call from many connections at the same moment; give the answers."""
    answers: list[object] = []
    gate = threading.Barrier(many)

    def run(n: int) -> None:
        with database.connect(url) as conn:
            gate.wait()
            try:
                answers.append(call(conn, n))
            except Refusal as refusal:
                answers.append(refusal)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == many
    return answers


def test_a_leg_is_paid_in_parts_to_the_fen(db: Connection, world: World, made: Settlement) -> None:
    a = world.organisations["A"]
    assert book(db, made.id, a, 26_999, "1").state == "partly_paid"
    assert settlements.get(db, made.id).state == "partly_paid"
    assert (balances(db, world, "clearing")["A"], balances(db, world, "bank")["A"]) == (-1, -26_999)
    with pytest.raises(LegOverpaid) as refused:
        book(db, made.id, a, 2, "2")
    assert dict(refused.value.facts) == {
        "settlement": made.id, "organisation": a, "amount": 2, "left": 1,
    }  # fmt: skip
    leg = book(db, made.id, a, 1, "3")
    assert (leg.state, leg.paid, leg.left) == ("paid", 27_000, 0)
    with pytest.raises(LegStateRefused):
        book(db, made.id, a, 1, "4")
    assert broken_laws(db) == {}


def test_the_same_reference_is_the_same_payment(
    db: Connection, world: World, made: Settlement
) -> None:
    c = world.organisations["C"]
    first = book(db, made.id, c, 60_000, "ref/1")
    assert book(db, made.id, c, 60_000, "ref/1") == first
    with pytest.raises(KeyReused):
        book(db, made.id, c, 7_000, "ref/1")
    book(db, made.id, c, 7_000, "ref/2")
    assert book(db, made.id, c, 60_000, "ref/1").state == "paid"  # known, though it is finished
    assert balances(db, world, "bank") == {"C": 67_000}
    assert broken_laws(db) == {}


def test_two_who_book_the_same_payment_at_once_book_it_once(
    db: Connection, world: World, made: Settlement, database_url: str
) -> None:
    a = world.organisations["A"]
    answers = at_once(database_url, lambda conn, _: book(conn, made.id, a, 27_000, "same"))
    assert {leg.state for leg in answers if isinstance(leg, Leg)} == {"paid"}
    assert balances(db, world, "bank")["A"] == -27_000
    assert len(trail.steps(db, made.id, a)) == 1
    assert broken_laws(db) == {}


def test_payments_that_together_are_too_much_are_booked_as_far_as_something_is_left(
    db: Connection, world: World, made: Settlement, database_url: str
) -> None:
    a = world.organisations["A"]
    answers = at_once(database_url, lambda conn, n: book(conn, made.id, a, 10_000, f"part-{n}"))
    assert sum(isinstance(answer, Leg) for answer in answers) == 2
    assert sum(isinstance(answer, LegOverpaid) for answer in answers) == 6
    assert legs.get(db, made.id, a).left == 7_000
    assert broken_laws(db) == {}


def test_different_legs_booked_at_once_finish_the_settlement_once(
    db: Connection, world: World, made: Settlement, database_url: str
) -> None:
    told = settlements.legs(db, made.id) * 2  # each twice
    at_once(
        database_url,
        lambda conn, n: book(conn, made.id, told[n].organisation_id, told[n].left, "all"),
        len(told),
    )
    done = settlements.get(db, made.id)
    assert (done.state, done.paid_in, done.paid_out) == ("settled", 67_000, 67_000)
    states = [step.state for step in trail.steps(db, made.id) if step.organisation_id is None]
    assert states.count("settled") == 1
    assert broken_laws(db) == {}


def test_an_error_inside_leaves_nothing_behind(
    db: Connection, world: World, made: Settlement
) -> None:
    before = balances(db, world, "clearing")
    owner = psycopg.connect(db.info.dsn, autocommit=True)
    owner.execute(
        "CREATE FUNCTION clearing.fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
    )
    for table in ("settlement", "leg", "payment", "settlement_event"):
        event = "UPDATE" if table in ("settlement", "leg") else "INSERT"
        owner.execute(
            f"CREATE TRIGGER fails BEFORE {event} ON clearing.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION clearing.fail()".encode()
        )
        with pytest.raises(psycopg.errors.RaiseException):
            pay_all(db, made.id)
        owner.execute(f"DROP TRIGGER fails ON clearing.{table}".encode())
        assert balances(db, world, "clearing") == before
        assert balances(db, world, "bank") == {}
        assert settlements.get(db, made.id) == made
    owner.close()
    assert pay_all(db, made.id).state == "settled"
    assert broken_laws(db) == {}


def test_many_are_booked_and_each_is_answered(
    db: Connection, world: World, made: Settlement
) -> None:
    a, b, _, d = world.organisations.values()
    with db.transaction():
        answers = booking.book_many(
            db,
            [
                (made.id, a, 20_000, "1"),
                (made.id, a, 7_000, "2"),
                (made.id, a, 1, "3"),
                (made.id, b, 0, "4"),
                (made.id, d, 5_001, "5"),
                (made.id, 77, 5, "6"),
                (9, a, 5, "7"),
                (made.id, d, 5_000, "8"),
                (made.id, d, 5_000, "8"),
                (made.id, d, 4_999, "8"),
                (2**70, 2**70, 1, "9"),
            ],
            AT,
        )
    said = [one.code if isinstance(one, Refusal) else one.state for one in answers]
    assert said == [
        "partly_paid", "paid", "leg-state", "amount-out-of-range", "leg-overpaid", "leg-not-found",
        "leg-not-found", "paid", "paid", "key-reused", "leg-not-found",
    ]  # fmt: skip
    now = settlements.get(db, made.id)
    assert (now.state, now.paid_in, now.paid_out, now.unfinished) == ("partly_paid", 32_000, 0, 2)
    assert [step.paid for step in trail.steps(db, made.id, a)] == [20_000, 27_000]
    assert broken_laws(db) == {}


def test_no_payments_are_nothing_and_too_many_are_refused(db: Connection, made: Settlement) -> None:
    with db.transaction():
        assert booking.book_many(db, [], AT) == []
    with pytest.raises(ListTooLong):
        booking.book_many(db, [(1, 1, 1, "1")] * 100_001, AT)


@pytest.mark.parametrize("amount", [0, -5, 10**17 + 1, True, 1.5, "5"])
def test_an_amount_that_is_none_is_refused(
    db: Connection, world: World, made: Settlement, amount: int
) -> None:
    with pytest.raises(AmountOutOfRange):
        book(db, made.id, world.organisations["A"], amount, "1")


@pytest.mark.parametrize("reference", ["", "a b", "x" * 101, "支付", "a\x1eb", "a\n"])
def test_a_reference_that_could_be_none_is_refused(
    db: Connection, world: World, made: Settlement, reference: str
) -> None:
    with pytest.raises(ReferenceMalformed):
        book(db, made.id, world.organisations["A"], 5, reference)


def test_nothing_is_booked_before_it_is_instructed(db: Connection, world: World) -> None:
    window = window_of(db, world, EXAMPLE)
    made = propose(db, window)
    a = world.organisations["A"]
    for step in (lambda: None, lambda: approve(db, made.id)):
        step()
        with pytest.raises(LegStateRefused) as refused:
            book(db, made.id, a, 5, "1")
        assert refused.value.facts["state"] == "open"
    instruct(db, made.id)
    book(db, made.id, a, 5, "1")


def test_money_that_comes_back_is_in_the_position_again(
    db: Connection, world: World, made: Settlement
) -> None:
    done = pay_all(db, made.id)
    a, b = world.organisations["A"], world.organisations["B"]
    leg = come_back(db, legs.get(db, made.id, a), 27_000)
    assert (leg.state, leg.paid) == ("failed", 0)
    assert come_back(db, leg, 27_000) == leg  # told twice
    now = settlements.get(db, made.id)
    assert (now.state, now.paid_in, now.failed, now.unfinished) == ("failed", 40_000, 1, 0)
    assert now.finished_at == done.finished_at
    assert balances(db, world, "clearing") == {"A": -27_000}
    with pytest.raises(KeyReused):
        come_back(db, leg, 1)
    with pytest.raises(LegNotPaid):
        come_back(db, leg, 1, "more")
    with pytest.raises(TextMalformed), db.transaction():
        booking.return_payment(db, made.id, b, 1, reference="x", reason="", at=AT)
    again = instructed(db, window_of(db, world, {"BA": 2_000}, "next"))
    assert {leg.organisation_id: leg.amount for leg in settlements.legs(db, again.id)} == {
        a: -25_000, b: -2_000,
    }  # fmt: skip
    assert broken_laws(db) == {}


def test_part_of_an_unfinished_leg_that_comes_back_may_be_asked_for_again(
    db: Connection, world: World, made: Settlement
) -> None:
    c = world.organisations["C"]
    leg = book(db, made.id, c, 50_000, "out")
    leg = come_back(db, leg, 50_000)
    assert (leg.state, leg.paid, settlements.get(db, made.id).state) == (
        "rejected",
        0,
        "instructed",
    )
    with db.transaction():
        legs.reinstruct_leg(db, made.id, c, by="Wu", at=AT)
    assert pay_all(db, made.id).state == "settled"
    assert balances(db, world, "bank")["C"] == 67_000
    assert broken_laws(db) == {}


def test_what_never_was_a_leg_cannot_come_back(db: Connection, made: Settlement) -> None:
    for settlement, organisation in ((made.id, 77), (made.id, 0)):
        with pytest.raises(LegNotFound), db.transaction():
            booking.return_payment(
                db, settlement, organisation, 5, reference="x", reason="y", at=AT
            )
