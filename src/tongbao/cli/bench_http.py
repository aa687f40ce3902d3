"""``tongbao bench http``: how much the service does over HTTP, and how long it takes."""

import platform
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from tongbao.clearing.laws import LAWS
from tongbao.cli import output
from tongbao.cli.bench_world import found
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel import clock
from tongbao.ledger import verify as laws
from tongbao.ledger.seal import seal
from tongbao.sandbox import http_bench, http_requests, served, traffic
from tongbao.sandbox.http_bench import BULKS, GOALS, Run

DATABASE: Final = "tongbao_bench"
SIZES: Final = (64, 256)
_RUNS: Final = 13
_BROKEN: Final = 1


def http(
    members: Annotated[int, typer.Option(min=100, max=10_000_000)] = 20_000,
    organisations: Annotated[int, typer.Option(min=10, max=99_999)] = 1_000,
    seconds: Annotated[float, typer.Option(min=1, max=3_600, help="Of each run.")] = 10,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer requests.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    verify: Annotated[bool, typer.Option(help="Verify the laws at the end.")] = True,
    as_json: output.Json = False,
) -> None:
    """Ask a service over loopback from 64 and 256 connections, and the bare framework beside it.

    Money calls (60 % awards, 30 % purchases, 10 % holds) as fast as they are answered, then at half
    of that; balances; bulk calls of 1,000 operations. Exits with 1 when a law is broken.
    """
    at = clock.now()
    with open_sandbox(DATABASE) as sandbox:
        runs = _measure(sandbox, members, organisations, seconds, processes, seed, as_json, at)
        holds = _verify(sandbox, at) if verify else None
    rate = {run.name: run.operations_per_second for run in runs}
    answer: dict[str, Any] = {
        "runs": runs,
        "ratio": round(rate[f"money-{SIZES[0]}"] / rate[f"bare-{SIZES[0]}"], 3),
        "goals": _goals(runs),
        "laws_hold": holds,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "processes": processes,
    }
    if as_json:
        output.json(answer)
    else:
        _print(answer, runs)
    if holds is False:
        raise typer.Exit(_BROKEN)


def _measure(
    sandbox: Sandbox,
    members: int,
    organisations: int,
    seconds: float,
    processes: int,
    seed: int,
    quiet: bool,
    at: datetime,
) -> list[Run]:
    world = found(sandbox, organisations, members, seed, quiet=quiet)
    with sandbox.begin() as conn:
        tills = http_requests.tills(conn, world, max(SIZES), at)
    random = traffic.seeded(seed)
    backend = sandbox.conn.info.backend_pid
    with (
        output.progress("runs", _RUNS, quiet=quiet) as advance,
        http_bench.opened(seconds, backend, advance) as bench,
    ):
        with served.bare(processes) as service:
            runs = http_bench.measure_bare(bench, service, SIZES)
        with served.tongbao(sandbox.settings, processes) as service:
            return runs + http_bench.measure(bench, service, world, tills, SIZES, random)


def _verify(sandbox: Sandbox, at: datetime) -> bool:
    with sandbox.begin() as conn:
        while seal(conn, at):
            pass
    with sandbox.begin() as conn:
        return laws.verify(conn, incremental=False, at=at, laws=LAWS).holds


def _goals(runs: list[Run]) -> dict[str, dict[str, float | bool]]:
    """Say what was aimed at and what was reached, of money calls from whichever size did more."""
    by_name = {run.name: run for run in runs}
    best = max((by_name[f"money-{size}"] for size in SIZES), key=_rate)
    reached = {
        "money a second": best.operations_per_second,
        "p99 ms at half": by_name[f"{best.name}-half"].p99_ms,
        "bulk items a second": by_name[f"bulk-{BULKS}"].operations_per_second,
    }
    return {
        name: {
            "goal": goal,
            "reached": reached[name],
            "met": reached[name] < goal if name.startswith("p99") else reached[name] >= goal,
        }
        for name, goal in GOALS.items()
    }


def _rate(run: Run) -> float:
    return run.operations_per_second


def _print(answer: dict[str, Any], runs: list[Run]) -> None:
    output.table(
        f"HTTP, {answer['machine']}",
        ["run", ">operations", ">a second", ">p50 ms", ">p99 ms", ">server", ">database", ">load"],
        [
            (
                run.name,
                f"{run.operations:,}",
                f"{run.operations_per_second:,.0f}",
                f"{run.p50_ms:,.1f}",
                f"{run.p99_ms:,.1f}",
                f"{run.server_cpu_us_per_operation:,.0f}",
                f"{run.database_cpu_us_per_operation:,.0f}",
                f"{run.load_cpu_us_per_operation:,.0f}",
            )
            for run in runs
        ],
    )
    output.line("Server, database and load: CPU µs per operation. Latencies are of whole calls.")
    for run in runs:
        for what, times in run.others.items():
            output.line(f"{run.name}: {times:,} answered {what}")
    for name, goal in answer["goals"].items():
        output.line(f"{name}: {goal['reached']:,.0f}, aimed at {goal['goal']:,}")
    output.line({True: "All laws hold.", False: "A LAW IS BROKEN.", None: ""}[answer["laws_hold"]])
