"""The law of settlements is silent on what was settled and catches what is planted against it."""

from collections.abc import Iterator

import pytest

from tests.clearing.desk import (
    EXAMPLE,
    approve,
    book,
    instruct,
    instructed,
    pay_all,
    propose,
    window_of,
)
from tests.laws.plants import Plant, plant
from tests.world import AT, World, build
from tongbao.alliance.types import Terms
from tongbao.clearing import booking, legs, settlements
from tongbao.clearing.laws import LAWS, SETTLEMENTS
from tongbao.kernel.db import Connection
from tongbao.ledger.seal import seal
from tongbao.ledger.verify import Report, verify

LAST = "(SELECT max(id) FROM clearing.settlement)"
OPEN = "(SELECT max(id) FROM ledger.clearing_window)"
PAID = f"settlement_id = {LAST} AND state = 'paid'"
INSTRUCTED = f"settlement_id = {LAST} AND state = 'instructed'"

PLANTS = [
    Plant(
        "a payment that never was",
        "law_13_payments_equal_transfers",
        f"""
        INSERT INTO clearing.payment
        SELECT settlement_id, organisation_id, 'forged', 5, operation_id + 1000000, booked_at
        FROM clearing.payment WHERE settlement_id = {LAST} LIMIT 1
        """,
    ),
    Plant(
        "a payment forgotten",
        "law_13_payments_equal_transfers",
        f"DELETE FROM clearing.payment WHERE settlement_id = {LAST}",
    ),
    Plant(
        "a payment of another amount",
        "law_13_payments_equal_transfers",
        f"UPDATE clearing.payment SET amount = amount - 1 WHERE settlement_id = {LAST}",
    ),
    Plant(
        "money paid out that was to be paid in",
        "law_13_payments_equal_transfers",
        f"UPDATE clearing.leg SET amount = -amount WHERE {PAID}",
    ),
    Plant(
        "money moved beside every settlement",
        "law_13_payments_equal_transfers",
        """
        INSERT INTO ledger.transfer
        SELECT owner_id, max(operation_id), max(n) + 1, 62, max(window_id), owner_id, owner_id, 5,
          NULL, NULL, max(written_at), max(effective_at)
        FROM ledger.transfer WHERE movement = 62 GROUP BY owner_id
        """,
    ),
    Plant(
        "a leg of which more is paid than was",
        "law_13_legs_equal_payments",
        f"UPDATE clearing.leg SET paid = 1, state = 'partly_paid' WHERE {INSTRUCTED}",
    ),
    Plant(
        "a leg of which less is paid than was",
        "law_13_legs_equal_payments",
        f"UPDATE clearing.leg SET paid = paid - 1, state = 'partly_paid' WHERE {PAID}",
    ),
    Plant(
        "a settlement finished before its legs are",
        "law_13_settlements_follow_their_legs",
        f"UPDATE clearing.settlement SET state = 'settled', finished_at = now() WHERE id = {LAST}",
    ),
    Plant(
        "a settlement not finished though its legs are",
        "law_13_settlements_follow_their_legs",
        f"UPDATE clearing.leg SET state = 'failed' WHERE {INSTRUCTED}",
    ),
    Plant(
        "a leg lost",
        "law_13_settlements_follow_their_legs",
        f"DELETE FROM clearing.leg WHERE {INSTRUCTED}",
    ),
    Plant(
        "a leg of more than was proposed",
        "law_13_settlements_follow_their_legs",
        f"UPDATE clearing.leg SET amount = amount * 2 WHERE {INSTRUCTED}",
    ),
    Plant(
        "a sum that is not that of the payments",
        "law_13_settlements_follow_their_legs",
        f"UPDATE clearing.settlement SET paid_in = paid_in - 1 WHERE id = {LAST}",
    ),
    Plant(
        "an earlier window settled later",
        "law_13_windows_are_settled_in_order",
        f"UPDATE clearing.leg SET through_window = 99 WHERE settlement_id < {LAST}",
    ),
    Plant(
        "a window settled while it is open",
        "law_13_windows_are_settled_in_order",
        f"""
        UPDATE clearing.leg SET through_window = {OPEN} WHERE settlement_id = {LAST};
        UPDATE clearing.settlement SET through_window = {OPEN} WHERE id = {LAST}
        """,
    ),
    Plant(
        "a state that nobody came to",
        "law_13_the_trail_ends_with_what_is",
        f"UPDATE clearing.settlement SET state = 'approved' WHERE id = {LAST}",
    ),
    Plant(
        "a step taken out of the trail",
        "law_13_the_trail_ends_with_what_is",
        f"DELETE FROM clearing.settlement_event WHERE settlement_id = {LAST} AND state = 'paid'",
    ),
    Plant(
        "a leg that was never rejected",
        "law_13_the_trail_ends_with_what_is",
        f"UPDATE clearing.leg SET state = 'rejected' WHERE {INSTRUCTED}",
    ),
]


def run(conn: Connection, *, incremental: bool = False) -> Report:
    with conn.transaction():
        return verify(conn, incremental=incremental, at=AT, laws=LAWS)


def broken(report: Report) -> set[str]:
    return {o.query for result in report.results for o in result.offenders}


def live(conn: Connection, world: World) -> None:
    """Let every state be come to."""
    a, b, c, d = world.organisations.values()
    pay_all(conn, instructed(conn, window_of(conn, world, EXAMPLE, "1")).id)
    second = window_of(conn, world, EXAMPLE, "2")
    refused = propose(conn, second)
    with conn.transaction():
        settlements.reject(conn, refused.id, by="Wu", reason="one is missing", at=AT)
    made = propose(conn, second)
    with conn.transaction():
        legs.fail_leg(conn, made.id, a, reason="in default", by="Wu", at=AT)
    approve(conn, made.id)
    instruct(conn, made.id)
    book(conn, made.id, b, 5_000, "1")
    with conn.transaction():
        legs.reject_leg(conn, made.id, b, reason="closed", at=AT)
        legs.reinstruct_leg(conn, made.id, b, by="Lin", at=AT)
        legs.reject_leg(conn, made.id, d, reason="closed", at=AT)
        legs.fail_leg(conn, made.id, d, reason="closed", by="Lin", at=AT)
    book(conn, made.id, c, 67_000, "2")
    book(conn, made.id, b, 30_000, "3")
    with conn.transaction():
        booking.return_payment(conn, made.id, c, 7_000, reference="4", reason="x", at=AT)
    assert settlements.get(conn, made.id).state == "failed"
    propose(conn, window_of(conn, world, {"AB": 70, "BA": 70}, "3"), organisations=[b, d])
    last = instructed(conn, window_of(conn, world, {"AC": 50}, "4"), organisations=[a, c])
    book(conn, last.id, a, legs.get(conn, last.id, a).left, "5")
    with conn.transaction():
        seal(conn, AT)


@pytest.fixture(scope="module")
def lived(module_db: Connection) -> Connection:
    """Give what was settled and verified, and then settled on."""
    world = build(module_db, {name: Terms(earn_rate=0) for name in "ABCD"})
    pay_all(module_db, instructed(module_db, window_of(module_db, world, {"DB": 5}, "0")).id)
    assert broken(run(module_db)) == set()
    live(module_db, world)
    return module_db


@pytest.fixture
def spoilt(lived: Connection) -> Iterator[Connection]:
    with lived.transaction(force_rollback=True):
        lived.execute("SET LOCAL transaction_isolation = 'repeatable read'")
        yield lived


@pytest.mark.parametrize("incremental", [False, True], ids=["whole", "incremental"])
def test_what_was_settled_is_sound(lived: Connection, incremental: bool) -> None:
    states = lived.execute("SELECT DISTINCT state FROM clearing.settlement ORDER BY 1").fetchall()
    assert [state for (state,) in states] == [
        "failed", "partly_paid", "proposed", "rejected", "settled",
    ]  # fmt: skip
    with lived.transaction(force_rollback=True):
        lived.execute("SET LOCAL transaction_isolation = 'repeatable read'")
        report = run(lived, incremental=incremental)
    assert broken(report) == set()
    assert report.results[-1].law == 13


@pytest.mark.parametrize("incremental", [False, True], ids=["whole", "incremental"])
@pytest.mark.parametrize("fault", PLANTS, ids=lambda p: f"{p.query}: {p.wrong}")
def test_a_planted_fault_is_caught(spoilt: Connection, fault: Plant, incremental: bool) -> None:
    plant(spoilt, fault.done)
    assert fault.query in broken(run(spoilt, incremental=incremental))


def test_every_query_has_its_plant() -> None:
    assert {fault.query for fault in PLANTS} == set(SETTLEMENTS.queries)
