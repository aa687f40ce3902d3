"""What there is to say about the worker: each job's last and next run, failures, the queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from croniter import croniter
from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row

from tongbao.events import outbox
from tongbao.events.outbox import Lag
from tongbao.kernel import sql
from tongbao.upkeep.types import Facts, Job

Q = sql.load(__package__)

JobState = Literal["never-run", "running", "done", "failed"]


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

    @property
    def state(self) -> JobState:
        """Tell how it is with the job; one whose worker died in it is ``running``, too."""
        if self.began_at is None:
            return "never-run"
        if self.ended_at is None:
            return "running"
        return "failed" if self.failures_in_row else "done"


class Status(Struct, frozen=True, kw_only=True):
    """Every job, how many workers live, how many jobs wait in the queue and run.

    ``readers``: how far who reads events is behind.
    """

    workers: int
    waiting: int
    running: int
    jobs: list[JobStatus]
    readers: list[Lag]


def status(conn: Connection[Any], jobs: Sequence[Job], at: datetime) -> Status:
    """Look at the jobs and the queue as they are at ``at``."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = {row["name"]: row for row in cursor.execute(Q.read_jobs)}
        queue = cursor.execute(Q.read_queue).fetchone()
    assert queue is not None, "counting gives one row"
    told = [_status(job, rows.get(job.name, {}), at) for job in jobs]
    return Status(**queue, jobs=told, readers=outbox.lags(conn))


def _status(job: Job, row: dict[str, Any], at: datetime) -> JobStatus:
    known = {**row, "name": job.name}
    if known.get("facts"):
        known["facts"] = msgspec.json.decode(known["facts"])
    following = croniter(job.cron, at).get_next(datetime)
    return JobStatus(**known, help=job.help, cron=job.cron, next_at=following)
