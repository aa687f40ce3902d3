"""``tongbao statement``: what organisations are told of a period, shown and written."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from tongbao.clearing import calendar
from tongbao.cli import organisation, output, session, statement_page
from tongbao.cli.session import Session
from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed
from tongbao.statements import periods, statement, summing, writing
from tongbao.statements.types import Period

app = typer.Typer(no_args_is_help=True, add_completion=False)

_DAY: Final = ["%Y-%m-%d"]

First = Annotated[
    datetime | None, typer.Option("--from", formats=_DAY, help="The first business date.")
]
Last = Annotated[
    datetime | None,
    typer.Option("--to", formats=_DAY, help="The last business date; unset: the first one."),
]
Windows = Annotated[
    str | None, typer.Option("--window", help="Instead of dates: a window, or two as in 7-12.")
]


class WhoseMissing(Malformed):
    code = "whose-missing"
    text = "say whose statements: one organisation, or --all"


@app.callback()
def group() -> None:
    """Show and write what organisations are told of a period."""


@app.command()
def show(
    which: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its code or its id.")],
    first: First = None,
    last: Last = None,
    window: Windows = None,
    limit: Annotated[
        int, typer.Option(min=1, max=limits.PAGE, help="Counterparties shown in text.")
    ] = 20,
    as_json: output.Json = False,
) -> None:
    """Show one organisation's statement; windows that are not summed yet are summed first."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisation.find(opened.conn, which)
        period = _period(opened, first, last, window)
        summing.sum_windows(opened.conn, opened.settings.fee_vat, period.last_window)
        stated = statement.one(opened.conn, period, who)
    if as_json:
        output.json(stated)
    else:
        statement_page.statement(stated, opened.settings.time_zone, limit)


@app.command()
def write(
    which: Annotated[
        str | None, typer.Argument(metavar="[ORGANISATION]", help="Its code or its id; or --all.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Of all organisations.")] = False,
    first: First = None,
    last: Last = None,
    window: Windows = None,
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the files go; it is made if need be.")
    ] = Path("statements"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="Of json, csv and pdf; unset: pdf. Repeatable."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the PDF: zh or en.")] = "zh",
    as_json: output.Json = False,
) -> None:
    """Write statements as files: JSON, CSV, and PDF in Chinese or English."""
    if everybody == (which is not None):
        raise WhoseMissing
    with session.open_session() as opened, opened.conn.transaction():
        who = None if which is None else organisation.find(opened.conn, which)
        totals = writing.write_all(
            opened.conn,
            _period(opened, first, last, window),
            folder,
            [name.strip() for given in formats or ["pdf"] for name in given.split(",")],
            language=language,
            zone=opened.settings.time_zone,
            fee_vat=opened.settings.fee_vat,
            organisation_id=who,
        )
    if as_json:
        output.json(totals)
        return
    output.line(
        f"{output.count(totals.statements, 'statement')} with {output.count(totals.lines, 'line')}"
        f" in {output.count(totals.files, 'file')}, {totals.bytes:,} bytes, in {folder}"
    )


def _period(
    opened: Session, first: datetime | None, last: datetime | None, window: str | None
) -> Period:
    """Read the period from dates or windows; one of the two must be there."""
    cutover = calendar.cutover_of(opened.settings)
    begins, ends = (None if day is None else day.date() for day in (first, last))
    return periods.asked(opened.conn, begins, ends, window, cutover)
