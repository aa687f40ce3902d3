"""What there is to say about the worker: each job's last and next run, failures, the queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from croniter import croniter
from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row

from tongbao.kernel import sql
from tongbao.worker.types import Facts, Job

Q = sql.load(__package__)


class JobStatus(Struct, frozen=True, kw_only=True):
    """A job and its runs. ``ended_at`` is none while it runs, and after a worker died in it.

    ``next_at`` is when it is queued next if a worker is there then. ``error`` is of the last
    failure, at ``failed_at``; ``failures_in_row`` counts those since the last run that went well.
    """

    name: str
    help: str
    cron: str
    next_at: datetime
    runs: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    facts: Facts | None = None
    failures: int = 0
    failures_in_row: int = 0
    failed_at: datetime | None = None
    error: str | None = None


class Status(Struct, frozen=True, kw_only=True):
    """Every job, how many workers live, how many jobs wait in the queue and run."""

    workers: int
    waiting: int
    running: int
    jobs: list[JobStatus]


def status(conn: Connection[Any], jobs: Sequence[Job], at: datetime) -> Status:
    """Look at the jobs and the queue as they are at ``at``."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = {row["name"]: row for row in cursor.execute(Q.read_jobs)}
        queue = cursor.execute(Q.read_queue).fetchone()
    assert queue is not None, "counting gives one row"
    return Status(**queue, jobs=[_status(job, rows.get(job.name, {}), at) for job in jobs])


def _status(job: Job, row: dict[str, Any], at: datetime) -> JobStatus:
    known = {**row, "name": job.name}
    if known.get("facts"):
        known["facts"] = msgspec.json.decode(known["facts"])
    following = croniter(job.cron, at).get_next(datetime)
    return JobStatus(**known, help=job.help, cron=job.cron, next_at=following)
