"""``tongbao bench settlement``: how long a full window takes from its close to the statements."""

import gc
import platform
import time
from typing import Annotated, Any, Final

import typer

from tongbao.clearing.laws import LAWS
from tongbao.cli import output
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel import db
from tongbao.ledger import verify as laws
from tongbao.sandbox import full_window, stages
from tongbao.sandbox.full_window import Made
from tongbao.sandbox.stages import Meter

DATABASE: Final = "tongbao_bench"
_BROKEN: Final = 1


def settlement(
    organisations: Annotated[int, typer.Option(min=10, max=99_999)] = 3_000,
    claims: Annotated[
        int, typer.Option(min=1_000, max=100_000_000, help="In the window, at least.")
    ] = 1_000_000,
    papers: Annotated[int, typer.Option(min=1, max=1_000, help="Statements as PDF.")] = 20,
    seed: Annotated[int, typer.Option(min=0, max=1_000_000)] = 1,
    verify: Annotated[bool, typer.Option(help="Verify the laws at the end.")] = True,
    as_json: output.Json = False,
) -> None:
    """Make a full clearing window, then measure each step: close, net, settle, files, statements.

    Organisations issue and redeem as often as their rank says (Zipf). The goals are for 30,000
    organisations and 10,000,000 claims: close < 1 s, net and settle < 30 s, peak < 1 GB. Exits
    with 1 when a law is broken.
    """
    with open_sandbox(DATABASE) as sandbox:
        began = time.perf_counter()
        made = _make(sandbox, organisations, claims, seed, quiet=as_json)
        making = time.perf_counter() - began
        with output.progress("stages", stages.STAGES, quiet=as_json) as advance:
            meter = Meter(advance, sandbox.conn.info.backend_pid)
            gc.freeze()  # what was imported and made so far is looked at no more
            stages.run(sandbox.conn, meter, papers, seed)
        holds = _verify(sandbox, meter) if verify else None
    answer: dict[str, Any] = {
        "window": made,
        "making_seconds": round(making, 1),
        "stages": meter.stages,
        "peak_memory_mb": max(stage.peak_memory_mb for stage in meter.stages),
        "laws_hold": holds,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }
    if as_json:
        output.json(answer)
    else:
        _print(answer, made, meter)
    if holds is False:
        raise typer.Exit(_BROKEN)


def _make(sandbox: Sandbox, organisations: int, claims: int, seed: int, *, quiet: bool) -> Made:
    secret = sandbox.settings.identity_secret
    with sandbox.begin() as conn:
        operator = full_window.found(conn, organisations, claims, secret)
    with (
        output.progress("writing the window", full_window.STATEMENTS, quiet=quiet) as advance,
        db.connect_as_owner(db.url(sandbox.settings)) as owner,
    ):
        return full_window.fill(owner, operator, organisations, claims, seed, advance)


def _verify(sandbox: Sandbox, meter: Meter) -> bool:
    with meter.measure("verify") as counts, sandbox.begin() as conn:
        report = laws.verify(conn, incremental=False, at=stages.CLOSED, laws=LAWS)
        counts["laws"] = len(report.results)
    return report.holds


def _print(answer: dict[str, Any], made: Made, meter: Meter) -> None:
    output.line(
        f"{made.claims:,} claims of {made.pairs:,} pairs of {made.organisations:,} organisations;"
        f" {made.operations:,} operations, {made.transfers:,} transfers,"
        f" {made.bytes / 2**30:,.1f} GiB, made in {answer['making_seconds']:,.0f} s."
    )
    output.table(
        f"Settlement, {answer['machine']}",
        ["stage", ">seconds", ">CPU here", ">in PostgreSQL", ">peak MB", "how many"],
        [
            (
                stage.name,
                f"{stage.seconds:,.2f}",
                f"{stage.cpu_seconds:,.2f}",
                f"{stage.database_cpu_seconds:,.2f}",
                f"{stage.peak_memory_mb:,.0f}",
                ", ".join(f"{count:,} {what}" for what, count in stage.counts.items()),
            )
            for stage in meter.stages
        ],
    )
    output.line("Amounts are fen. Peak memory is of this process, PostgreSQL's is its own.")
    output.line({True: "All laws hold.", False: "A LAW IS BROKEN.", None: ""}[answer["laws_hold"]])
