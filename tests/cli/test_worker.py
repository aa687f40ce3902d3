"""``tongbao worker --once`` does what is due; ``worker status`` says how the jobs go."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.cli.test_sweep import live
from tests.world import broken_laws
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.upkeep.jobs import JOBS


def call(url: str, *arguments: str, skip: str = "") -> Result:
    environ = {"TONGBAO_DATABASE_URL": url, "TONGBAO_WORKER_SKIP": skip}
    return CliRunner().invoke(app, ["worker", *arguments], env=environ)


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_once_does_all_that_is_due_and_ends(db: Connection, database_url: str) -> None:
    live(db)
    runs = {run["job"]: run for run in answer(database_url, "--once")["runs"]}
    assert list(runs) == [job.name for job in JOBS]
    assert {run["outcome"] for run in runs.values()} == {"done"}
    assert runs["sweep"]["facts"]["expire_hold"] == 1
    assert runs["seal"]["facts"]["batches"] > 0
    again = {run["job"]: run["facts"] for run in answer(database_url, "--once")["runs"]}
    assert not any(value for facts in again.values() for value in facts.values())
    assert broken_laws(db) == {}


def test_the_status_says_when_each_job_ran_and_how(db: Connection, database_url: str) -> None:
    before = answer(database_url, "status")
    assert (before["workers"], before["waiting"], before["running"]) == (0, 0, 0)
    assert {job["began_at"] for job in before["jobs"]} == {None}
    live(db)
    answer(database_url, "--once")
    after = {job["name"]: job for job in answer(database_url, "status")["jobs"]}
    assert {job["runs"] for job in after.values()} == {1}
    assert after["sweep"]["facts"]["expire_hold"] == 1
    assert all(job["next_at"] > job["ended_at"] for job in after.values())
    shown = call(database_url, "status")
    assert "expire hold 1" in shown.stdout
    assert "none is at work" in shown.stdout


def test_a_job_that_fails_is_said_and_shown(db: Connection, database_url: str) -> None:
    db.execute("RESET ROLE")
    db.execute("REVOKE DELETE ON ledger.unsealed FROM tongbao_app")
    live(db)
    result = call(database_url, "--once")
    assert result.exit_code == 1
    assert "seal: InsufficientPrivilege" in result.stdout
    status = call(database_url, "status").stdout
    assert "seal failed 1 times in a row" in status
    assert "InsufficientPrivilege" in status


def test_jobs_are_left_out_by_the_setting(database_url: str) -> None:
    said = call(database_url, "--once", skip="verify,seal").stdout
    assert "sweep" in said
    assert "verify" not in said
    refused = call(database_url, "--once", skip="verifi")
    assert getattr(refused.exception, "code", None) == "job-unknown"
