"""``tongbao liability estimate``: one proposes what will be redeemed, another approves it."""

from typing import Annotated

import typer

from tongbao.cli import liability_pages as pages
from tongbao.cli import output, session
from tongbao.kernel import limits
from tongbao.kernel.amounts import parse as parse_amount
from tongbao.liability import estimates, months

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="ESTIMATE", help="The estimate's number.")]
By = Annotated[str, typer.Option(help="Who does it, for the record.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]


@app.callback()
def estimate() -> None:
    """Propose how much will be redeemed, and decide on it as a second person."""


@app.command()
def propose(
    by: By,
    reason: Reason,
    through: Annotated[
        str | None, typer.Option(help="As at the end of this month, as 2026-05; else the last.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="With --rate: whose points, by code or id.")
    ] = None,
    cohort: Annotated[
        str | None, typer.Option(help="With --rate: only points given in this month.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="A judgement instead: so many per cent will be redeemed.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Propose an estimate: of everybody by chain ladder, or of one issuer by judgement."""
    if (rate is None) != (organisation is None) or (cohort is not None and rate is None):
        raise typer.BadParameter("--rate and --organisation go together; --cohort goes with them")
    with session.open_session() as opened:
        conn, zone = opened.conn, opened.settings.time_zone
        month = pages.month_or_last(opened, through)
        whose = pages.whose(opened, organisation)
        seen = pages.journal_position(conn)
        with pages.snapshot(conn):
            if whose is None or rate is None:
                made = estimates.propose(
                    conn, zone, month, by=by, reason=reason, at=opened.at, position=seen
                )
            else:
                made = estimates.propose_rate(
                    conn, zone, month, whose, _ppm(rate), by=by, reason=reason, at=opened.at,
                    cohort=None if cohort is None else months.parse(cohort), position=seen,
                )  # fmt: skip
    _say(made, as_json=as_json)


@app.command()
def approve(number: Number, by: By, as_json: output.Json = False) -> None:
    """Approve an estimate, as another person than the one who proposed it."""
    with session.open_session() as opened, opened.conn.transaction():
        decided = estimates.approve(opened.conn, number, by=by, at=opened.at)
    _say(decided, as_json=as_json)


@app.command()
def reject(number: Number, by: By, reason: Reason, as_json: output.Json = False) -> None:
    """Reject an estimate."""
    with session.open_session() as opened, opened.conn.transaction():
        decided = estimates.reject(opened.conn, number, by=by, reason=reason, at=opened.at)
    _say(decided, as_json=as_json)


@app.command("list")
def show_all(
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Estimates shown.")] = 20,
    as_json: output.Json = False,
) -> None:
    """List the newest estimates."""
    with pages.reading() as opened:
        found = estimates.newest(opened.conn, limit)
    if as_json:
        output.json({"estimates": found})
    else:
        pages.estimates(found)


@app.command()
def show(
    number: Number,
    limit: Annotated[int, typer.Option(min=1, max=limits.BULK, help="Cohorts shown.")] = 100,
    as_json: output.Json = False,
) -> None:
    """Show an estimate with what it says of each cohort, and what it was made from."""
    with pages.reading() as opened:
        found = estimates.get(opened.conn, number)
        lines = estimates.lines(opened.conn, number, limit)
        if as_json:
            output.json({"estimate": found, "cohorts": lines})
            return
        pages.estimates([found])
        pages.lines(lines, pages.codes(opened.conn))


def _ppm(rate: str) -> int:
    """Read a rate in per cent with at most two decimals as parts per million."""
    return parse_amount(rate.removesuffix("%")) * 100


def _say(found: estimates.Estimate, *, as_json: bool) -> None:
    if as_json:
        output.json(found)
        return
    output.line(
        f"estimate {found.id} as at the end of {months.show(found.through)} is {found.state}:"
        f" {output.count(found.cohorts, 'cohort')}"
    )
