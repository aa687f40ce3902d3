"""``tongbao calendar``: working days, and what is settled on them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tongbao.clearing import announced, cycles
from tongbao.clearing import calendar as days
from tongbao.cli import decisions, output, pages, session

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def calendar() -> None:
    """See working days and what is settled on them; record those that are announced."""


@app.command()
def show(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; unset: today."),
    ] = None,
    count: Annotated[int, typer.Option("--days", min=1, max=400, help="Days shown.")] = 14,
    as_json: output.Json = False,
) -> None:
    """Show which days are worked, what is settled on them, and when the business date changes."""
    with session.open_session() as opened:
        known = days.read(opened.conn)
        cutover = days.cutover_of(opened.settings)
    today = days.business_date(opened.at, cutover)
    begin = today if first is None else first.date()
    shown = cycles.days_from(known, begin, count)
    unknown = [year for year in (today.year, today.year + 1) if not days.is_announced(known, year)]
    changes = days.cutover_after(opened.at, cutover)
    if as_json:
        facts = {"business_date": today, "changes_at": changes, "not_announced": unknown}
        output.json({**facts, "days": shown})
        return
    when = pages.moment(changes, cutover.zone.key)
    output.line(f"the business date is {today}; it changes at {when}")
    for year in unknown:
        output.line(
            f"the working days of {year} are not known; record them: tongbao calendar import"
        )
    output.table(
        "Calendar",
        ["day", "", "worked", "settled"],
        [
            (
                one.day,
                f"{one.day:%a}",
                {None: "not announced", True: "yes", False: "no"}[one.working],
                ", ".join(f"{c} {p.first} to {p.last}" for c, p in one.due.items()),
            )
            for one in shown
        ],
    )


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or CSV with a year's days.")],
    by: decisions.By,
    as_json: output.Json = False,
) -> None:
    """Record the announced days of a year; they take the place of what was recorded of it."""
    year = announced.read_file(file)
    with session.open_session() as opened, opened.conn.transaction():
        announced.record_year(opened.conn, year, by=by, at=opened.at)
    if as_json:
        output.json({"year": year.year, "days": len(year.days)})
    else:
        output.line(f"{len(year.days)} days of {year.year} are recorded")


@app.command()
def add(
    day: Annotated[datetime, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"], help="The day.")],
    by: decisions.By,
    working: Annotated[
        bool, typer.Option("--working/--off", help="Whether it is worked.", show_default=False)
    ],
    name: Annotated[str, typer.Option(help="Why, such as the name of the festival.")] = "",
    as_json: output.Json = False,
) -> None:
    """Record one day, whatever is known of its year."""
    with session.open_session() as opened, opened.conn.transaction():
        announced.record_day(
            opened.conn, day.date(), working=working, name=name, by=by, at=opened.at
        )
    if as_json:
        output.json({"day": day.date(), "working": working, "name": name})
    else:
        output.line(f"{day.date()} is {'worked' if working else 'off'}")
