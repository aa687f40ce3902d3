"""A job runs alone, its answer is kept, and what goes wrong is an answer, too."""

from datetime import timedelta
from functools import partial

import psycopg
import pytest

from tests.world import AT, build
from tongbao.alliance.types import Terms
from tongbao.desk import exceptions
from tongbao.kernel import job_queue, limits
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings
from tongbao.reconcile.disputes import open_dispute
from tongbao.reconcile.types import Opening
from tongbao.upkeep.jobs import JOBS, JobUnknown, choose
from tongbao.upkeep.run import run
from tongbao.upkeep.status import JobStatus, status
from tongbao.upkeep.types import Bench, Facts, Job


class NoPaper(Refused):
    text = "there is no {thing}"


NoPaper.code = "no-paper"  # set here, so that it is not among the product's


def job(do: object, name: str = "trial") -> Job:
    return Job(name=name, cron="* * * * *", help="a trial", do=do)  # type: ignore[arg-type]


def fine(bench: Bench) -> Facts:
    return {"counted": 3}


def refuse(bench: Bench) -> Facts:
    raise NoPaper(thing="paper")


def break_off(bench: Bench) -> Facts:
    bench.conn.close()
    bench.conn.execute("SELECT 1")
    return {}


def look(db: Connection, wanted: Job) -> JobStatus:
    return status(db, [wanted], AT).jobs[0]


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url)


def test_what_a_job_did_is_answered_and_kept(db: Connection, settings: Settings) -> None:
    ran = run(job(fine), settings, lambda: AT)
    assert (ran.outcome, ran.facts, ran.eventful) == ("done", {"counted": 3}, True)
    kept = look(db, job(fine))
    assert (kept.runs, kept.began_at, kept.ended_at, kept.facts) == (1, AT, AT, {"counted": 3})
    assert kept.next_at == AT + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("do", "said"), [(refuse, "no-paper: there is no paper"), (break_off, "OperationalError: ")]
)
def test_a_failure_is_kept_until_the_next_run_goes_well(
    db: Connection, settings: Settings, do: object, said: str
) -> None:
    for _ in range(2):
        ran = run(job(do), settings, lambda: AT)
        assert ran.outcome == "failed"
        assert (ran.error or "").startswith(said)
    kept = look(db, job(do))
    assert (kept.runs, kept.failures, kept.failures_in_row, kept.failed_at) == (2, 2, 2, AT)
    assert (kept.error or "").startswith(said)
    run(job(fine), settings, lambda: AT)
    assert (look(db, job(fine)).failures, look(db, job(fine)).failures_in_row) == (2, 0)


def test_a_job_that_runs_is_not_run_beside_itself(db: Connection, settings: Settings) -> None:
    def inside(bench: Bench) -> Facts:
        assert run(job(fine), settings, lambda: AT).outcome == "busy"
        assert run(job(fine, "other"), settings, lambda: AT).outcome == "done"
        return {}

    assert run(job(inside), settings, lambda: AT).outcome == "done"
    assert run(job(fine), settings, lambda: AT).outcome == "done"


def test_without_a_database_a_run_fails_and_says_why(settings: Settings) -> None:
    nowhere = Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing")
    ran = run(job(fine), nowhere, lambda: AT)
    assert ran.outcome == "failed"
    assert (ran.error or "").startswith("database-unreachable: ")


def test_jobs_can_be_left_out_by_name() -> None:
    names = [one.name for one in JOBS]
    assert [one.name for one in choose("")] == names
    assert [one.name for one in choose("sweep,verify")] == [
        name for name in names if name not in {"sweep", "verify"}
    ]
    with pytest.raises(JobUnknown, match="swep"):
        choose("swep")


def test_the_queue_is_counted(db: Connection) -> None:
    db.execute(job_queue.SEARCH)
    insert = "INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, status)"
    for state in ("todo", "todo", "doing", "failed"):
        db.execute(f"{insert} VALUES ('tongbao', 'trial', '{state}')".encode())
    found = status(db, [], AT)
    assert (found.workers, found.waiting, found.running) == (0, 2, 1)


def test_what_a_killed_worker_had_taken_is_forgotten(db: Connection, settings: Settings) -> None:
    db.execute(job_queue.SEARCH)
    worker = "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES"
    db.execute(f"{worker} (now()), (now() - interval '1 hour')".encode())
    db.execute(
        "INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, status, worker_id)"
        " VALUES ('tongbao', 'alive', 'doing', 1), ('tongbao', 'dead', 'doing', 2),"
        " ('tongbao', 'forgotten', 'doing', NULL), ('tongbao', 'waits', 'todo', NULL)"
    )
    tidy = next(one for one in JOBS if one.name == "tidy")
    assert run(tidy, settings, lambda: AT).facts["lost"] == 2
    rows = db.execute("SELECT task_name FROM procrastinate.procrastinate_jobs ORDER BY id")
    assert rows.fetchall() == [("alive",), ("waits",)]


def test_a_broken_law_becomes_one_item_on_the_desk(
    db: Connection, settings: Settings, database_url: str
) -> None:
    verify = next(one for one in JOBS if one.name == "verify")
    assert run(verify, settings, lambda: AT).facts == {"broken_laws": []}
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("INSERT INTO ledger.account VALUES (77, 'clearing', 'CNY', 500)")
    first, second = (run(verify, settings, lambda: AT) for _ in range(2))
    assert first.facts == second.facts
    assert 1 in first.facts["broken_laws"]
    query = "SELECT facts->>'law' FROM desk.exception_item WHERE kind = 'broken-law'"
    assert sorted(int(law) for (law,) in db.execute(query)) == first.facts["broken_laws"]


def test_a_dispute_that_nobody_answers_becomes_an_item(db: Connection, settings: Settings) -> None:
    world = build(db, {"A": Terms(), "B": Terms()})
    given = Opening(
        kind="missing", creditor_id=world.organisations["A"], debtor_id=world.organisations["B"],
        amount=500, reason="it was never posted", evidence="receipt", reference="R-1",
    )  # fmt: skip
    with db.transaction():
        open_dispute(db, given, by="Xu Ping", at=AT)
    (reminding,) = (one for one in JOBS if one.name == "disputes")
    late = AT + limits.DISPUTE_ANSWER + timedelta(days=1)
    for now, overdue in ((AT, 0), (late, 1), (late, 1)):
        clock = partial(max, now, now)
        assert run(reminding, settings, clock).facts == {"overdue": overdue}
    (item,) = exceptions.listed(db, "dispute", now=late)
    assert item.facts["waits_for"] == "answer"
