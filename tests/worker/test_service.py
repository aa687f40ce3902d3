"""Workers that stay: several at once, ended by a supervisor, killed, without their database."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.teller.troubles import eventually, waiting, wallet_locked
from tests.worker.working import runs, stop, unsealed, worker
from tests.world import broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Hold

AGO = datetime.now(UTC) - timedelta(days=3)


def fill(db: Connection) -> list[int]:
    """Give members points that are held until a time that has passed."""
    world = build(db, {"A": Terms(earn_rate=0)}, people=40)
    scope, outlet = world.organisations["A"], world.outlets["A"]
    soon = AGO + timedelta(days=1)
    for n, member in enumerate(world.members):
        at: dict[str, Any] = {"scope": scope, "member": member, "outlet": outlet}
        one(db, Award(key=f"a{n}", points=900, **at), AGO)
        one(db, Hold(key=f"h{n}", points=100, expires_at=soon, **at), AGO)
    return world.members


def blocked(url: str) -> list[int]:
    """Give the server's processes that wait for a lock."""
    with psycopg.connect(url) as admin:
        return waiting(admin)


def held(db: Connection) -> int:
    row = db.execute("SELECT sum(balance) FROM ledger.account WHERE kind = 'held'").fetchone()
    assert row is not None
    return int(row[0])


def ended(db: Connection) -> int:
    query = "SELECT count(*) FROM ledger.operation WHERE kind = 'expire_hold'"
    row = db.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_two_workers_do_everything_once_and_end_when_they_are_told(
    db: Connection, database_url: str
) -> None:
    members = fill(db)
    with worker(database_url) as first, worker(database_url) as second:
        eventually(lambda: held(db) == 0 and unsealed(db) == 0, 90)
        eventually(lambda: runs(db, "seal") >= 2, 90)
        assert [stop(first), stop(second)] == [(0, ""), (0, "")]
    assert ended(db) == len(members)
    assert broken_laws(db) == {}
    with psycopg.connect(database_url) as admin:
        left = admin.execute("SELECT count(*) FROM procrastinate.procrastinate_workers")
        assert left.fetchone() == (0,)


def test_a_job_under_way_is_finished_before_a_worker_ends(
    db: Connection, database_url: str
) -> None:
    (member, *_) = fill(db)
    with worker(database_url, skip="verify,tidy") as process:
        with wallet_locked(database_url, member):
            eventually(lambda: bool(blocked(database_url)), 90)
            process.terminate()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(3)
        assert process.wait(60) == 0
    assert held(db) == 0
    assert runs(db, "sweep") == 1


def test_the_next_run_finishes_what_a_killed_worker_has_begun(
    db: Connection, database_url: str
) -> None:
    members = fill(db)
    with wallet_locked(database_url, members[0]), worker(database_url, skip="verify") as process:
        eventually(lambda: bool(blocked(database_url)), 90)
        process.kill()
        process.wait()
    eventually(lambda: not blocked(database_url))
    with worker(database_url, "--once", skip="verify") as process:
        assert process.wait(60) == 0
    assert (held(db), ended(db)) == (0, len(members))
    assert broken_laws(db) == {}


def test_a_worker_whose_connections_end_makes_new_ones(db: Connection, database_url: str) -> None:
    fill(db)
    with worker(database_url) as process, psycopg.connect(database_url, autocommit=True) as admin:
        eventually(lambda: runs(db, "seal") >= 1, 90)
        before = runs(db, "seal")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            (db.info.backend_pid,),
        )
        eventually(lambda: runs(db, "seal") >= before + 2, 90)
        code, _ = stop(process)
    assert code == 0
