"""``tongbao bench posting``: how fast operations are posted here, beside one by one."""

import platform
from typing import Annotated, Any, Final

import typer

from tongbao.clearing.laws import LAWS
from tongbao.cli import bench_growth, output
from tongbao.cli.bench_http import http
from tongbao.cli.bench_pages import pages
from tongbao.cli.bench_settlement import settlement
from tongbao.cli.bench_world import found
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel import garbage
from tongbao.ledger import verify as laws
from tongbao.ledger.seal import seal
from tongbao.sandbox import bench, traffic
from tongbao.sandbox.bench import Run
from tongbao.sandbox.traffic import World

app = typer.Typer(add_completion=False)

DATABASE: Final = "tongbao_bench"
SIZES: Final = (1, 64, 1_000, 4_000)
CALLERS: Final = 256
_SMALL: Final = 64
_BROKEN: Final = 1


@app.callback()
def group() -> None:
    """Measure in a database of its own."""


@app.command()
def posting(
    members: Annotated[int, typer.Option(min=100, max=10_000_000)] = 100_000,
    organisations: Annotated[int, typer.Option(min=10, max=99_999)] = 1_000,
    operations: Annotated[
        int, typer.Option(min=8_000, help="Of each large run; small batches post fewer.")
    ] = 60_000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    verify: Annotated[bool, typer.Option(help="Verify the laws at the end.")] = True,
    as_json: output.Json = False,
) -> None:
    """Post the same mix in batches, through the teller, and one by one as the baseline.

    60 % awards, 30 % purchases with points, 5 % holds and captures, 5 % refunds; once spread over
    all organisations, once with 30 % of all sales at one. Exits with 1 when a law is broken.
    """
    garbage.calm()
    with open_sandbox(DATABASE) as sandbox:
        world = found(sandbox, organisations, members, seed, quiet=as_json)
        runs = _measure(sandbox, world, operations, seed, quiet=as_json)
        holds = _verify(sandbox) if verify else None
    answer = _answer(runs, holds, sandbox)
    if as_json:
        output.json(answer)
    else:
        _print(answer, runs)
    if holds is False:
        raise typer.Exit(_BROKEN)


app.command()(settlement)
app.command()(http)
app.command()(pages)
app.command("growth")(bench_growth.measure)


def _measure(sandbox: Sandbox, world: World, total: int, seed: int, *, quiet: bool) -> list[Run]:
    runs: list[Run] = []
    chosen = sandbox.settings
    plan = [(f"batch-{size}", size) for size in SIZES] + [("teller-256", 0), ("baseline", -1)]
    with output.progress("runs", 2 * len(plan), quiet=quiet) as advance:
        for scene, hot in (("spread", 0.0), ("hot", bench.HOT)):
            stream = traffic.start(
                world, traffic.seeded(seed), skew=0, hot_share=hot, prefix=f"{scene}-"
            )
            for kind, size in plan:
                name = f"{kind}-{scene}"
                if size > 0:
                    count = total if size > _SMALL else total * size // 640 + total // 60
                    runs.append(bench.in_batches(chosen, stream, name, size, count))
                elif size == 0:
                    runs.append(bench.through_teller(chosen, stream, name, CALLERS, total // 2))
                else:
                    runs.append(bench.baseline(chosen, world, name, hot, total // 10, seed))
                advance()
    return runs


def _verify(sandbox: Sandbox) -> bool:
    with sandbox.begin() as conn:
        while seal(conn, bench.AT):
            pass
    with sandbox.begin() as conn:
        return laws.verify(conn, incremental=False, at=bench.AT, laws=LAWS).holds


def _answer(runs: list[Run], holds: bool | None, sandbox: Sandbox) -> dict[str, Any]:
    rate = {run.name: run.operations_per_second for run in runs}
    row = sandbox.settings
    answer: dict[str, Any] = {
        "runs": runs,
        "ratio": None,
        "hot_to_spread": None,
        "laws_hold": holds,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "batch_limit": row.batch_limit,
    }
    if "baseline-spread" in rate:
        answer["ratio"] = round(rate["batch-1000-spread"] / rate["baseline-spread"], 1)
        answer["hot_to_spread"] = round(rate["batch-1000-hot"] / rate["batch-1000-spread"], 3)
    return answer


def _print(answer: dict[str, Any], runs: list[Run]) -> None:
    output.table(
        f"Posting, {answer['machine']}",
        [
            "run",
            ">operations",
            ">a second",
            ">p50 ms",
            ">p99 ms",
            ">statements",
            ">WAL bytes",
            ">CPU µs",
            ">peak MB",
        ],
        [
            (
                run.name,
                f"{run.operations:,}",
                f"{run.operations_per_second:,.0f}",
                f"{run.p50_ms:,.1f}",
                f"{run.p99_ms:,.1f}",
                f"{run.statements_per_operation:,.2f}",
                f"{run.wal_bytes_per_operation:,.0f}",
                f"{run.client_cpu_us_per_operation:,.0f}",
                f"{run.peak_memory_mb:,.0f}",
            )
            for run in runs
        ],
    )
    output.line("Statements, WAL bytes and the client's CPU time are per operation.")
    if answer["ratio"] is not None:
        output.line(
            f"Batches of 1,000 post {answer['ratio']:,} times as much as one by one;"
            f" with a hot organisation {answer['hot_to_spread']:.0%} of spread."
        )
    output.line({True: "All laws hold.", False: "A LAW IS BROKEN.", None: ""}[answer["laws_hold"]])
