"""Killed at each write of each step of a settlement, the same command finishes it, once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.bank.desk import OWN, details, open_account
from tests.laws import moments
from tests.laws.steps import BY_BANK, BY_HAND
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
    """Make an alliance in which points of three were spent at two of them."""
    world = build(db, TERMS)
    open_account(db, world.operator, OWN)
    for organisation in world.organisations.values():
        open_account(db, organisation, details(organisation))
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
            key=f"spend-{n}", scope=world.organisations[names[n % 2]], member=member,
            outlet=world.outlets[names[n % 2]], amount=4_003, points=4_003,
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


def command(step: str, folder: Path) -> Sequence[str]:
    return ("-m", "tests.laws.steps", step, str(folder))


def finish(url: str, step: str, folder: Path) -> None:
    """Run a step to its end; what is written to the bank is answered by it."""
    moments.run(url, command(step, folder))
    if step == "write":
        moments.run(url, command("answer", folder))


def contents(folder: Path) -> dict[str, bytes]:
    """Give the files for the bank, as far as they have a name."""
    return {path.name: path.read_bytes() for path in folder.glob("TB*")}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("way", [BY_HAND, BY_BANK], ids=["by hand", "by bank"])
def test_each_step_is_finished_by_the_same_command_after_a_kill_in_its_commit(
    db: Connection, admin: Admin, database_url: str, tmp_path: Path, way: Sequence[str]
) -> None:
    for step in way:
        assert moments.kill_at(admin, database_url, command(step, tmp_path), moments.COMMIT)
        finish(database_url, step, tmp_path)
    settled(db)
    assert number(admin, "SELECT count(*) FROM ledger.clearing_window") == 2


@pytest.mark.slow
@pytest.mark.usefixtures("world")
@pytest.mark.timeout(2_400)
@pytest.mark.parametrize("way", [BY_HAND, BY_BANK], ids=["by hand", "by bank"])
def test_each_step_is_finished_by_the_same_command_after_a_kill_at_each_of_its_writes(
    db: Connection, admin: Admin, database_url: str, tmp_path: Path, way: Sequence[str]
) -> None:
    kills = 0
    for step in way:
        moment = 1
        while moments.kill_at(admin, database_url, command(step, tmp_path), moment):
            assert broken_laws(db) == {}
            moment += 1
        kills += moment - 1
        assert moment > 1, f"{step} writes nothing"
        finish(database_url, step, tmp_path)
    print(f"{kills} kills")
    settled(db)


@pytest.mark.usefixtures("world")
def test_a_payment_file_that_was_broken_off_is_written_again_the_same(
    db: Connection, admin: Admin, database_url: str, tmp_path: Path
) -> None:
    for step in ("close", "propose", "approve", "instruct"):
        finish(database_url, step, tmp_path)
    seen: list[dict[str, bytes]] = []
    for _ in range(3):  # planning, and a note of what each of the two files is
        assert moments.kill_at(admin, database_url, command("write", tmp_path), moments.COMMIT)
        seen.append(contents(tmp_path))
    finish(database_url, "write", tmp_path)
    whole = contents(tmp_path)
    assert [len(part) for part in [*seen, whole]] == [0, 0, 1, 2]
    assert all(part.items() <= whole.items() for part in seen)
    for path in tmp_path.glob("TB*"):
        path.unlink()
    finish(database_url, "write", tmp_path)
    assert contents(tmp_path) == whole
