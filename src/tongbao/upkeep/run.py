"""Run one job: alone, on a connection of its own, and keep how it went."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
import psycopg

from tongbao.kernel import db, sql
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings
from tongbao.upkeep.types import Bench, Job, Run

Q = sql.load(__package__)

LOCK: Final = 7_407_017
"""First half of the advisory lock of a job; the other is of its name."""

_ERROR: Final = 2_000
"""Characters of an error that are kept."""


def run(job: Job, settings: Settings, now: Callable[[], datetime]) -> Run:
    """Run ``job`` unless somebody else is running it; what goes wrong is the answer, too.

    Whatever a job has committed when it fails or is killed stays; its next run does the rest.
    """
    began = now()
    try:
        with db.connect(settings) as conn:
            lock = {"lock": LOCK, "name": job.name}
            taken = conn.execute(Q.lock_job, lock).fetchone()
            if not (taken and taken[0]):
                return Run(job=job.name, outcome="busy", began_at=began, ended_at=now())
            conn.execute(Q.begin_job, {"name": job.name, "at": began})
            facts = job.do(Bench(settings=settings, conn=conn, now=now))
            ended, kept = now(), msgspec.json.encode(facts, enc_hook=str).decode()
            conn.execute(Q.end_job, {"name": job.name, "at": ended, "facts": kept})
    except Exception as error:  # noqa: BLE001 - a worker goes on with its other jobs
        return _fail(job, settings, began, now(), error)
    return Run(job=job.name, outcome="done", began_at=began, ended_at=ended, facts=facts)


def _fail(job: Job, settings: Settings, began: datetime, at: datetime, error: Exception) -> Run:
    """Keep a failure, on a connection that is certain to work if any does."""
    said = describe(error)
    with suppress(psycopg.Error, Refusal), db.connect(settings) as conn:
        conn.execute(Q.begin_job, {"name": job.name, "at": began})
        conn.execute(Q.fail_job, {"name": job.name, "at": at, "error": said})
    return Run(job=job.name, outcome="failed", began_at=began, ended_at=at, error=said)


def describe(error: BaseException) -> str:
    """Write an error in one line: a refusal by its code, anything else by its kind."""
    name = error.code if isinstance(error, Refusal) else type(error).__name__
    return f"{name}: {' '.join(str(error).split())}"[:_ERROR]
