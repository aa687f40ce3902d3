"""``tongbao verify``: whether every law of the ledger holds, and what breaks one."""

from typing import Annotated, Final

import typer
from msgspec.structs import asdict

from tongbao.clearing.laws import LAWS
from tongbao.cli import output, session
from tongbao.kernel import clock, limits
from tongbao.ledger import verify as laws
from tongbao.ledger.verify import Offender, Report, Result
from tongbao.upkeep import verifications

app = typer.Typer(add_completion=False)

_BROKEN: Final = 1


@app.command()
def verify(
    incremental: Annotated[
        bool,
        typer.Option("--incremental", help="Verify what is new since the last verified point."),
    ] = False,
    limit: Annotated[
        int,
        typer.Option(min=1, max=limits.PAGE, help="Offending rows shown of each query."),
    ] = laws.OFFENDERS,
    as_json: output.Json = False,
) -> None:
    """Verify the laws of the ledger on one snapshot; posting goes on meanwhile.

    Prints each law with its time and the rows that offend it. Exits with 1 when one is broken;
    when all hold, the point is recorded for --incremental. What was found is recorded, too.
    """
    with (
        session.open_session() as opened,
        output.progress("verifying laws", len(LAWS), quiet=as_json) as advance,
    ):
        report = verifications.verify(
            opened.conn,
            clock.now,
            origin="command",
            incremental=incremental,
            limit=limit,
            tell=lambda _: advance(),
        )
    if as_json:
        output.json({"holds": report.holds, **asdict(report)})
    else:
        _print(report, limit)
    if not report.holds:
        raise typer.Exit(_BROKEN)


def _print(report: Report, limit: int) -> None:
    output.table(
        "Laws",
        ["law", "", ">ms", ""],
        [
            (r.law, r.sentence, f"{r.milliseconds:,.1f}", "ok" if r.holds else "BROKEN")
            for r in report.results
        ],
    )
    for result in report.results:
        _print_offenders(result, limit)
    whole = f"since {report.since:%Y-%m-%d %H:%M:%S} UTC" if report.since else "from the beginning"
    broken = sum(not result.holds for result in report.results)
    state = f"{broken} of {len(report.results)} laws are BROKEN" if broken else "every law holds"
    seen = f"up to operation {report.position}" if report.position else "no operation yet"
    output.line(f"{state}, {whole}, {seen}; {report.waiting} batches wait for their seal")


def _print_offenders(result: Result, limit: int) -> None:
    """Print the rows that offend one law, query by query, as tables."""
    by_query: dict[str, list[Offender]] = {}
    for offender in result.offenders:
        by_query.setdefault(offender.query, []).append(offender)
    for query, offenders in by_query.items():
        columns = list(offenders[0].row)
        more = f", the first {limit}" if len(offenders) >= limit else ""
        output.line(f"Law {result.law} is broken ({query}{more})")
        output.table(
            "",
            columns,
            [["-" if row is None else row for row in o.row.values()] for o in offenders],
        )
