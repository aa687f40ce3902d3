"""Defaults beside everything else: two who declare at once, tills that go on, ends in between."""

import random
import threading

import psycopg
import pytest

from tests.losses.fall import (
    CAPS,
    alliance,
    approve,
    balances,
    close,
    contribute,
    cover,
    declare,
    deposit,
    dry_run,
    owe,
    set_caps,
    spend,
)  # fmt: skip
from tests.world import AT, World, broken_laws, do, one
from tongbao.alliance import organisations
from tongbao.alliance.organisations import OperatorStays
from tongbao.alliance.types import Terms
from tongbao.desk import proposals
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.ledger.journal import KeyTaken
from tongbao.losses import default
from tongbao.losses.default import AlreadyInDefault, DefaultNotFound, NotInDefault
from tongbao.losses.plan import plan
from tongbao.losses.types import Run
from tongbao.points.operations import Award, Operation, Purchase, Refund


@pytest.fixture
def world(db: Connection) -> World:
    world = alliance(db)
    deposit(db, world, "A", 180_00)
    contribute(db, world, "operator", 20_00)
    set_caps(db, world, CAPS)
    owe(db, world, {"AB": 150_00, "AC": 120_00})
    return world


def propose(conn: Connection, who: int, by: str = "Lin") -> int:
    with conn.transaction():
        return default.propose(conn, who, by=by, reason="insolvent", at=AT).id


def together(url: str, jobs: list[int]) -> list[Run | str | None]:
    """Approve all these proposals at the same time; give the runs, or why not."""
    answers: list[Run | str | None] = []

    def run(n: int, proposal: int) -> None:
        with database.connect(url) as conn:
            try:
                answers.append(approve(conn, proposal, f"Wu {n}").run)
            except Refusal as refusal:
                answers.append(refusal.code)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_proposal_approved_by_many_at_once_is_done_once(
    db: Connection, world: World, database_url: str
) -> None:
    answers = together(database_url, [propose(db, world.organisations["A"])] * 5)
    assert sorted(a for a in answers if isinstance(a, str)) == ["proposal-decided"] * 4
    assert balances(db, world, "clearing") == {"B": 115_00, "C": 99_00, "D": -14_00}
    assert broken_laws(db) == {}


def test_of_many_who_declare_the_same_default_one_does(
    db: Connection, world: World, database_url: str
) -> None:
    made = [propose(db, world.organisations["A"], f"Lin {n}") for n in range(5)]
    answers = together(database_url, made)
    assert sorted(a for a in answers if isinstance(a, str)) == ["already-in-default"] * 4
    assert len(default.listed(db)) == 1
    # What was refused is not decided: it can be rejected with a reason.
    assert sorted(proposals.get(db, number).state for number in made) == [
        "approved", *["proposed"] * 4,
    ]  # fmt: skip
    with pytest.raises(AlreadyInDefault):
        propose(db, world.organisations["A"])
    assert broken_laws(db) == {}


def test_two_defaults_at_once_bear_each_other_nothing_wrong(
    db: Connection, world: World, database_url: str
) -> None:
    owe(db, world, {"BC": 400_00}, "b")
    made = [propose(db, world.organisations[name]) for name in "AB"]
    answers = together(database_url, made)
    assert all(isinstance(answer, Run) for answer in answers)
    clearing = balances(db, world, "clearing")
    assert "A" not in clearing and "B" not in clearing
    assert broken_laws(db) == {}


def test_tills_go_on_while_defaults_are_declared_and_covered(
    db: Connection, world: World, database_url: str
) -> None:
    a = world.organisations["A"]
    do(db, [Award(key="stock", scope=a, member=m, outlet=world.outlets["A"], points=10_000_00)
            for m in world.members[:1]])  # fmt: skip
    ends, spent, failed = threading.Event(), [0], list[BaseException]()

    def till(name: str) -> None:
        with database.connect(database_url) as conn:
            n = 0
            while not ends.is_set():
                n += 1
                try:
                    posted = one(conn, spend(world, name, 3_00, f"{name}{n}"))
                except KeyTaken:
                    continue
                except BaseException as error:
                    failed.append(error)
                    raise
                assert posted.status == "posted", posted
                spent[0] += 1

    threads = [threading.Thread(target=till, args=(name,)) for name in "BCD"]
    for thread in threads:
        thread.start()
    runs = [declare(db, world)]
    for n in range(12):
        runs.append(cover(db, world))
        if n % 4 == 0:
            close(db)
    ends.set()
    for thread in threads:
        thread.join()
    runs.append(cover(db, world))
    assert not failed
    assert spent[0] > 20
    covered = sum(run.loss for run in runs if run is not None)
    assert covered == 270_00 + spent[0] * 3_00
    assert "A" not in balances(db, world, "clearing")
    assert broken_laws(db) == {}


@pytest.mark.parametrize("table", ["declaration", "run", "share", "standing"])
def test_an_end_in_between_leaves_nothing_and_the_same_finishes(
    db: Connection, world: World, database_url: str, table: str
) -> None:
    made = propose(db, world.organisations["A"])
    before = balances(db, world, "clearing")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION public.end_here() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
            " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
        )
        owner.execute(
            f"CREATE TRIGGER end_here AFTER INSERT ON losses.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION public.end_here()"
        )
        with database.connect(database_url) as conn, pytest.raises(psycopg.OperationalError):
            approve(conn, made)
        owner.execute("DROP FUNCTION public.end_here CASCADE")
    assert balances(db, world, "clearing") == before
    assert (default.listed(db), proposals.get(db, made).state) == ([], "proposed")
    assert organisations.get(db, world.organisations["A"]).status == "active"
    assert approve(db, made).run is not None
    assert balances(db, world, "clearing") == {"B": 115_00, "C": 99_00, "D": -14_00}
    assert broken_laws(db) == {}


def test_what_cannot_default_is_refused(db: Connection, world: World) -> None:
    with pytest.raises(OperatorStays):
        propose(db, world.operator)
    with pytest.raises(OperatorStays), db.transaction():
        plan(db, world.operator, AT)
    with pytest.raises(NotInDefault):
        cover(db, world)
    with pytest.raises(DefaultNotFound):
        default.get(db, 1)
    with pytest.raises(DefaultNotFound):
        default.get(db, 2**63)


@pytest.mark.parametrize("seed", range(6))
def test_of_any_history_the_dry_run_is_what_is_booked(db: Connection, seed: int) -> None:
    chance = random.Random(seed)
    world = alliance(
        db,
        A=Terms(earn_rate=0, prepaid_share=chance.choice([0, 300_000]), issue_fee=5_000),
        B=Terms(earn_rate=0, prepaid_share=1_000_000),
        C=Terms(earn_rate=10_000, acceptance_fee=20_000, reimbursement=950_000),
    )
    for name in "ABCD":
        if chance.random() < 0.6:
            deposit(db, world, name, chance.randrange(1, 50_00))
        if chance.random() < 0.6:
            contribute(db, world, name, chance.randrange(1, 20_00))
        if chance.random() < 0.7:
            set_caps(db, world, {name: chance.randrange(0, 60_00)})
    if chance.random() < 0.5:
        contribute(db, world, "operator", chance.randrange(1, 30_00))
    declared: set[str] = set()
    for step in range(8):
        sell(db, world, chance, f"{step}")
        if chance.random() < 0.4:
            close(db)
        if step in (3, 5):
            name = chance.choice([name for name in "ABCD" if name not in declared])
            declared.add(name)
            expected = dry_run(db, world, name)
            assert sum(share.amount for share in expected.shares) == expected.owed
            run = declare(db, world, name)
            assert (run.shares if run else []) == expected.shares
        for name in declared:
            expected = dry_run(db, world, name)
            run = cover(db, world, name)
            assert (run.shares if run else []) == expected.shares
            assert balances(db, world, "clearing").get(name, 0) >= 0
    assert broken_laws(db) == {}
    check_caps(db)


def sell(conn: Connection, world: World, chance: random.Random, tag: str) -> None:
    """Post a batch of chance: awards, purchases, refunds of some; some of them are refused."""
    operations: list[Operation] = []
    for n in range(12):
        name, member = chance.choice("ABCD"), chance.choice(world.members)
        scope, outlet = world.organisations[name], world.outlets[name]
        points = chance.randrange(1, 40_00)
        operations.append(
            Award(key=f"{tag}a{n}", scope=scope, member=member, outlet=outlet, points=points)
            if chance.random() < 0.5
            else Purchase(
                key=f"{tag}p{n}", scope=scope, member=member, outlet=outlet,
                amount=points * 2, points=points,
            )
        )  # fmt: skip
    for made, outcome in zip(operations, do(conn, operations), strict=True):
        sale = outcome.operation
        if isinstance(made, Purchase) and outcome.status == "posted" and chance.random() < 0.3:
            assert sale is not None
            one(conn, Refund(key=f"{tag}r{sale}", scope=made.scope, original=sale))


def check_caps(conn: Connection) -> None:
    """Check that nobody has borne more than its cap, of any default."""
    for found in default.listed(conn):
        borne: dict[int, int] = {}
        for run in default.runs(conn, found):
            assert sum(share.amount for share in run.shares) == run.owed
            for share in run.shares:
                if share.step in ("guarantee", "mutual"):
                    who = share.organisation_id
                    borne[who] = borne.get(who, 0) + share.amount
        for who, amount in borne.items():
            row = conn.execute(
                "SELECT cap FROM losses.cap WHERE organisation_id = %s ORDER BY id DESC LIMIT 1",
                (who,),
            ).fetchone()
            assert row is None or amount <= row[0]
