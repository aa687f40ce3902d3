"""``tongbao worker``: run on time what nobody should have to remember."""

import os
import sys
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer

from tongbao.cli import output, session
from tongbao.kernel import clock, db, migrate, settings
from tongbao.upkeep import jobs as all_jobs
from tongbao.upkeep.run import run
from tongbao.upkeep.status import JobStatus, Status
from tongbao.upkeep.status import status as look
from tongbao.upkeep.types import Run

app = typer.Typer(add_completion=False)

_FAILED = 1


@app.callback(invoke_without_command=True)
def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run every job once, now, and end.")] = False,
    as_json: output.Json = False,
) -> None:
    """Run the jobs when they are due, until SIGTERM or SIGINT; several workers may run at once.

    A job under way is finished first. Prints a line for each run that did something or failed.
    With --once it exits with 1 when a job failed.
    """
    if context.invoked_subcommand is not None:
        return
    chosen = settings.load(os.environ)
    todo = all_jobs.choose(chosen.worker_skip)
    migrate.apply(db.url(chosen))
    if once:
        runs = [run(job, chosen, clock.now) for job in todo]
        if as_json:
            output.json({"runs": runs})
        else:
            for one in runs:
                _print(one, chosen.time_zone)
        if any(one.outcome == "failed" for one in runs):
            raise typer.Exit(_FAILED)
        return
    from tongbao.worker.service import serve

    serve(
        todo,
        chosen,
        clock.now,
        lambda one: _tell(one, chosen.time_zone, as_json=as_json),
        lambda text: print(f"{_time(clock.now(), chosen.time_zone)} {text}", file=sys.stderr),
    )


@app.command()
def status(as_json: output.Json = False) -> None:
    """Show each job's last and next run and its failures, the queue, and who works on it."""
    with session.open_session() as opened:
        found = look(opened.conn, all_jobs.JOBS, opened.at)
    if as_json:
        output.json(found)
    else:
        _print_status(found, opened.settings.time_zone)


def _tell(one: Run, zone: str, *, as_json: bool) -> None:
    if not one.eventful:
        return
    if as_json:
        sys.stdout.write(msgspec.json.encode(one, enc_hook=str).decode() + "\n")
    else:
        _print(one, zone)
    sys.stdout.flush()


def _print(one: Run, zone: str) -> None:
    took = (one.ended_at - one.began_at).total_seconds()
    said = one.error or _describe(one.facts) or ("runs elsewhere" * (one.outcome == "busy"))
    output.line(f"{_time(one.began_at, zone)} {one.job}: {said or 'nothing due'} ({took:.2f} s)")


def _describe(facts: dict[str, Any]) -> str:
    told = {name.replace("_", " "): value for name, value in facts.items() if value}
    return ", ".join(f"{name} {value}" for name, value in told.items())


def _print_status(found: Status, zone: str) -> None:
    output.table(
        "Jobs",
        ["job", "", "last run", "next run", ">runs", ">failures", "what it did"],
        [
            (
                job.name,
                job.help,
                _last(job, zone),
                _time(job.next_at, zone),
                f"{job.runs:,}",
                f"{job.failures:,}",
                _describe(job.facts or {}),
            )
            for job in found.jobs
        ],
    )
    for job in found.jobs:
        if job.failures_in_row and job.failed_at is not None:
            since = _time(job.failed_at, zone)
            output.line(f"{job.name} failed {job.failures_in_row} times in a row, last {since}:")
            output.line(f"  {job.error}")
    there = f"{found.workers} at work" if found.workers else "none is at work"
    for reader in found.readers:
        output.line(f"reader {reader.reader} is {reader.seconds:,.0f} s behind")
    output.line(f"workers: {there}; queue: {found.waiting} waiting, {found.running} running")


def _last(job: JobStatus, zone: str) -> str:
    if job.began_at is None:
        return "never"
    if job.ended_at is None:
        return f"{_time(job.began_at, zone)}, not ended"
    return _time(job.ended_at, zone)


def _time(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
