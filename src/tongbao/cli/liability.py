"""``tongbao liability``: points as debt, breakage, contract liability and its revenue."""

from itertools import islice
from typing import Annotated, Final

import typer

from tongbao.cli import liability_pages as pages
from tongbao.cli import output, session
from tongbao.cli.liability_estimates import app as estimates
from tongbao.kernel import limits
from tongbao.kernel.amounts import show as plain
from tongbao.liability import breakage as forecasts
from tongbao.liability import cohorts as debt
from tongbao.liability import months, periods
from tongbao.liability.backtest import backtest as score

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(estimates, name="estimate")

Whose = Annotated[
    str | None, typer.Argument(metavar="[ORGANISATION]", help="Only this one: its code or its id.")
]
On = Annotated[
    str | None, typer.Option("--on", help="As at the end of this business day, as 2026-05-31.")
]
Position = Annotated[
    int | None, typer.Option(min=0, help="As at this position of the journal (an operation's id).")
]
Limit = Annotated[int, typer.Option(min=1, max=limits.BULK, help="Rows shown at most.")]
Through = Annotated[
    str | None, typer.Option(help="As at the end of this month, as 2026-05; else the last one.")
]

_COLUMNS: Final = ("issued", "redeemed", "expired", "forfeited", "clawed_back", "outstanding")
_HEADS: Final = (
    ">issued", ">redeemed", ">expired", ">forfeited", ">taken back", ">outstanding",
)  # fmt: skip


@app.callback()
def liability() -> None:
    """Say what issuers owe for points, how much will be asked for, and what was earned."""


@app.command()
def show(
    organisation: Whose = None,
    on: On = None,
    position: Position = None,
    limit: Limit = 50,
    as_json: output.Json = False,
) -> None:
    """Show what each issuer owes for points, beside what the ledger says."""
    with pages.reading() as opened:
        as_of, whose = pages.as_of(opened, on, position), pages.whose(opened, organisation)
        found = debt.by_issuer(opened.conn, opened.settings.time_zone, as_of, whose)
        sums = {name: sum(getattr(one, name) for one in found) for name in _COLUMNS}
        equal = all(one.ledger == one.outstanding for one in found) if as_of.now else None
        if as_json:
            output.json(
                {"issuers": found[:limit], "count": len(found), "sums": sums, "equal": equal}
            )
            return
        code = pages.codes(opened.conn)
        rows = [
            (
                code(one.issuer_id), one.cohorts, *pages.amounts(one, *_COLUMNS),
                "-" if one.ledger is None else plain(one.ledger),
            )
            for one in found[:limit]
        ]  # fmt: skip
    rows.append((f"all {len(found)}", "", *map(plain, sums.values()), ""))
    output.table("Points as debt", ["issuer", ">months", *_HEADS, ">ledger"], rows)
    if equal is not None:
        output.line("equal to the ledger, to the fen" if equal else "NOT EQUAL to the ledger")


@app.command()
def cohorts(
    organisation: Whose = None,
    on: On = None,
    position: Position = None,
    limit: Limit = 100,
    as_json: output.Json = False,
) -> None:
    """Show what became of the points that each issuer gave in each month."""
    with pages.reading() as opened:
        as_of, whose = pages.as_of(opened, on, position), pages.whose(opened, organisation)
        rows = debt.read(opened.conn, opened.settings.time_zone, as_of, whose)
        found = list(islice(rows, limit))
        if as_json:
            output.json({"cohorts": [pages.data(c, outstanding=c.outstanding) for c in found]})
            return
        code = pages.codes(opened.conn)
        output.table(
            "Points by the month in which they were given",
            ["issuer", "month", *_HEADS],
            [
                (code(one.issuer_id), months.show(one.cohort), *pages.amounts(one, *_COLUMNS))
                for one in found
            ],
        )


@app.command()
def breakage(
    organisation: Whose = None,
    through: Through = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Show how well it would have done before.")
    ] = False,
    ahead: Annotated[
        int, typer.Option(min=1, max=60, help="Months that the backtest looks ahead.")
    ] = 6,
    as_json: output.Json = False,
) -> None:
    """Estimate how many points will never be redeemed, month by month.

    Of one issuer, or of all together.
    """
    with pages.reading() as opened:
        conn, zone = opened.conn, opened.settings.time_zone
        month, whose = pages.month_or_last(opened, through), pages.whose(opened, organisation)
        if backtest:
            scores = score(conn, zone, month, ahead, whose)
            if as_json:
                output.json({"through": months.show(month), "scores": scores})
            else:
                pages.scores(scores)
            return
        found = forecasts.by_month(conn, zone, month, whose)
    if as_json:
        shown = [pages.data(one, breakage=one.breakage) for one in found]
        output.json({"through": months.show(month), "cohorts": shown})
    else:
        pages.forecasts(f"Breakage as estimated at the end of {months.show(month)}", found)


@app.command()
def close(
    period: Annotated[
        str, typer.Argument(metavar="PERIOD", help="The month it ends with, as 2026-05.")
    ],
    by: Annotated[str, typer.Option(help="Who closes it, for the record.")],
    as_json: output.Json = False,
) -> None:
    """Close the period that ends with a month: recognise what was earned. Twice is once."""
    month = months.parse(period)
    with session.open_session() as opened:
        seen = pages.journal_position(opened.conn)
        with opened.conn.transaction():
            closed = periods.close(
                opened.conn, opened.settings.time_zone, month, by=by, at=opened.at, position=seen
            )
    if as_json:
        output.json(pages.data(closed, deferred=closed.deferred))
        return
    output.line(
        f"period {months.show(month)} {'was closed before' if closed.replayed else 'is closed'}: "
        f"revenue {plain(closed.revenue)}, deferred {plain(closed.deferred)}; "
        f"{closed.changed} of {closed.cohorts} cohorts moved"
    )


@app.command()
def revenue(
    organisation: Whose = None,
    period: Annotated[
        str | None, typer.Option(help="The month it ended with; else the newest closed one.")
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the closed periods.")] = False,
    limit: Limit = 100,
    as_json: output.Json = False,
) -> None:
    """Show what was deferred and recognised in a closed period; of one issuer by cohort."""
    with pages.reading() as opened:
        closed = periods.newest(opened.conn)
        if show_list or (not closed and period is None):
            if as_json:
                output.json({"periods": [pages.data(p, deferred=p.deferred) for p in closed]})
            else:
                pages.periods(closed, opened.settings.time_zone)
            return
        month = closed[0].month if period is None else months.parse(period)
        whose = pages.whose(opened, organisation)
        moved = periods.roll_forward(opened.conn, month, whose, limit)
        rows = [] if whose is None else periods.rows(opened.conn, month, whose)
        if as_json:
            issuers = [pages.data(one, added=one.added) for one in moved]
            shown = [pages.data(row, deferred=row.deferred) for row in rows]
            output.json({"period": months.show(month), "issuers": issuers, "cohorts": shown})
            return
        code = pages.codes(opened.conn)
        output.table(
            f"Contract liability in the period that ended with {months.show(month)}",
            ["issuer", ">before", ">deferred", ">recognised", ">after"],
            [
                (
                    code(one.issuer_id),
                    *pages.amounts(one, "opening", "added", "revenue", "closing"),
                )
                for one in moved
            ],
        )
    if rows:
        pages.rows(rows)
