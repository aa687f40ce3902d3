"""Killed at each write of each step of a settlement, the same command finishes it, once."""

from collections.abc import Iterator, Sequence

import pytest

from tests.laws import moments
from tests.laws.steps import STEPS
from tests.teller.troubles import Admin, number
from tests.world import AT, World, broken_laws, build, do
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Operation, Purchase

TERMS = {
    "A": Terms(earn_rate=0, acceptance_fee=20_000),
    "B": Terms(earn_rate=0),
    "C": Terms(earn_rate=0, prepaid_share=1_000_000),
}


@pytest.fixture
def world(db: Connection) -> World:
    """Make an alliance in which everybody's points were spent at everybody else's."""
    world = build(db, TERMS)
    member = world.members[0]
    names = [*TERMS]
    operations: list[Operation] = [
        Award(
            key=f"award-{name}", scope=world.organisations[name], member=member,
            outlet=world.outlets[name], points=9_000,
        )
        for name in names
    ]  # fmt: skip
    operations += [
        Purchase(
            key=f"spend-{n}", scope=world.organisations[names[n % 3]], member=member,
            outlet=world.outlets[names[n % 3]], amount=4_003, points=4_003,
        )
        for n in range(5)
    ]  # fmt: skip
    assert {outcome.status for outcome in do(db, operations, AT)} == {"posted"}
    return world


@pytest.fixture
def admin(database_url: str) -> Iterator[Admin]:
    """Give the owner's connection, to a database in which every write is a moment."""
    with moments.connect(database_url) as conn:
        moments.watch(conn)
        yield conn


def settled(db: Connection) -> None:
    """See that the settlement is done, that each was paid once, and that all laws hold."""
    rows = db.execute("SELECT state FROM clearing.settlement").fetchall()
    assert rows == [("settled",)]
    owed = db.execute(
        "SELECT l.organisation_id, abs(l.amount),"
        " (SELECT sum(t.amount) FROM ledger.transfer AS t WHERE t.owner_id = l.organisation_id"
        "  AND t.movement IN (SELECT id FROM ledger.movement WHERE name LIKE 'pay\\_%')),"
        " a.balance FROM clearing.leg AS l INNER JOIN ledger.account AS a"
        " ON l.organisation_id = a.owner_id AND a.kind = 'clearing'"
    ).fetchall()
    assert owed
    assert [(amount, balance) for _, _, amount, balance in owed] == [
        (amount, 0) for _, amount, _, _ in owed
    ]
    assert broken_laws(db) == {}


def command(step: str) -> Sequence[str]:
    return ("-m", "tests.laws.steps", step)


@pytest.mark.usefixtures("world")
def test_each_step_is_finished_by_the_same_command_after_a_kill_in_its_commit(
    db: Connection, admin: Admin, database_url: str
) -> None:
    for step in STEPS:
        assert moments.kill_at(admin, database_url, command(step), moments.COMMIT)
        moments.run(database_url, command(step))
    settled(db)
    assert number(admin, "SELECT count(*) FROM ledger.clearing_window") == 2


@pytest.mark.slow
@pytest.mark.usefixtures("world")
@pytest.mark.timeout(1_200)
def test_each_step_is_finished_by_the_same_command_after_a_kill_at_each_of_its_writes(
    db: Connection, admin: Admin, database_url: str
) -> None:
    kills = 0
    for step in STEPS:
        moment = 1
        while moments.kill_at(admin, database_url, command(step), moment):
            assert broken_laws(db) == {}
            moment += 1
        kills += moment - 1
        assert moment > 1, f"{step} writes nothing"
        moments.run(database_url, command(step))
    print(f"{kills} kills")
    settled(db)
