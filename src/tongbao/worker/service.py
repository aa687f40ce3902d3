"""The worker that stays: procrastinate queues jobs when it is their time, and runs them.

Its tables hold what waits and what runs; how a run went is kept by ours (``run``). A worker that
loses its database tries to reach it again until it is told to stop.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ProcrastinateException
from psycopg_pool import PoolTimeout

from tongbao.hosting import leaving, probe
from tongbao.hosting.probe import Probe
from tongbao.kernel import db, job_queue
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings
from tongbao.upkeep.jobs import CALL
from tongbao.upkeep.run import describe, run
from tongbao.upkeep.types import QUEUE, Job, Run
from tongbao.worker.calls import calling

_CONNECTIONS: Final = 3
"""Of the queue: fetching, heartbeats and times; each job opens its own."""

_PATIENCE: Final = 5.0
"""Seconds in which the queue has to give a connection; then the database is looked for anew."""

_HANGS: Final = 1
"""The exit code of a worker that could not finish because the database says nothing."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_LOST: Final = (ProcrastinateException, PoolTimeout, psycopg.Error, Refusal, OSError)

Tell = Callable[[Run], None]
Warn = Callable[[str], None]


def serve(
    jobs: Sequence[Job],
    settings: Settings,
    now: Callable[[], datetime],
    tell: Tell,
    warn: Warn,
) -> None:
    """Run ``jobs`` on time until SIGTERM or SIGINT; those under way are finished first.

    ``tell`` hears of each run, ``warn`` of what is wrong with the queue or the database, both
    in any thread. While the database gives no sign of life, nothing is waited for: the process
    ends with 1, and the next run does what is left. Refuses what ``db.connect`` refuses when it
    cannot begin at all.
    """
    with db.connect(settings):
        pass
    with _listening(warn):
        asyncio.run(_serve(jobs, settings, now, tell, warn))


async def _serve(
    jobs: Sequence[Job],
    settings: Settings,
    now: Callable[[], datetime],
    tell: Tell,
    warn: Warn,
) -> None:
    stopping = asyncio.Event()
    threads = settings.worker_jobs + settings.webhook_calls + _CONNECTIONS
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    alive = probe.of_server(await asyncio.to_thread(db.url, settings))
    pause = _FIRST_PAUSE
    while not stopping.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await _work(jobs, settings, now, tell, stopping, alive)
        except _LOST as error:
            warn(f"the queue was lost, {describe(error.__cause__ or error)}")
        if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
            pause = _FIRST_PAUSE
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    if not await alive.answers():
        leaving.soon(_HANGS)  # threads that wait for it are not waited for


async def _work(
    jobs: Sequence[Job],
    settings: Settings,
    now: Callable[[], datetime],
    tell: Tell,
    stopping: asyncio.Event,
    alive: Probe,
) -> None:
    """Work until told to stop, or until the queue stops because it has lost its database."""
    app = await asyncio.to_thread(_make_app, jobs, settings, now, tell)
    async with app.open_async(), calling(settings, now, stopping) as calls:
        app.task(name=CALL, queue=QUEUE)(calls.call)
        working = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=settings.worker_jobs + settings.webhook_calls,
                delete_jobs="always",
                install_signal_handlers=False,
            )
        )
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        working.cancel()  # it finishes what it is doing
        if not await leaving.while_alive(alive, working):
            leaving.soon(_HANGS)
        with suppress(asyncio.CancelledError):
            await working


def _make_app(
    jobs: Sequence[Job], settings: Settings, now: Callable[[], datetime], tell: Tell
) -> App:
    """Make procrastinate's side of it; starts the embedded server again if that is gone."""
    connector = PsycopgConnector(
        conninfo=db.url(settings),
        configure=_configure,
        min_size=1,
        max_size=_CONNECTIONS,
        timeout=_PATIENCE,
        kwargs={"application_name": "tongbao"},
    )
    app = App(connector=connector)
    for job in jobs:
        task = app.task(name=job.name, queue=QUEUE, queueing_lock=job.name)(
            _task(job, settings, now, tell)
        )
        app.periodic(cron=job.cron)(task)
    return app


def _task(
    job: Job, settings: Settings, now: Callable[[], datetime], tell: Tell
) -> Callable[[int], None]:
    def do(timestamp: int) -> None:  # noqa: ARG001 - what is due is asked of the database
        tell(run(job, settings, now))

    return do


async def _configure(conn: psycopg.AsyncConnection[Any]) -> None:
    """Make a connection of the queue work as the application, among the queue's tables."""
    async with conn.transaction():
        await conn.execute(job_queue.SEARCH)
        await conn.execute(f"SELECT set_config('role', '{db.ROLE}', false)".encode())


class _Lines(logging.Handler):
    """Hand on each record as one line of text."""

    def __init__(self, warn: Warn) -> None:
        super().__init__(logging.WARNING)
        self._warn = warn

    def emit(self, record: logging.LogRecord) -> None:
        self._warn(" ".join(record.getMessage().split()))


@contextmanager
def _listening(warn: Warn) -> Iterator[None]:
    """Hand on what procrastinate warns of; the pool's many attempts to connect are left out."""
    handler = _Lines(warn)
    queue, pool = logging.getLogger("procrastinate"), logging.getLogger("psycopg.pool")
    before = queue.propagate, pool.level
    queue.addHandler(handler)
    queue.propagate = False
    pool.setLevel(logging.ERROR)
    try:
        yield
    finally:
        queue.removeHandler(handler)
        queue.propagate = before[0]
        pool.setLevel(before[1])
