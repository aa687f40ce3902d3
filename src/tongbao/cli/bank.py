"""``tongbao bank``: accounts, payment files, what the bank answers, what could not be matched."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tongbao.bank import by_hand, importing, missing, numbers
from tongbao.bank.importing import Imported
from tongbao.bank.types import BookedLine
from tongbao.clearing import calendar
from tongbao.cli import bank_accounts, bank_files, output, session
from tongbao.kernel import limits
from tongbao.kernel.amounts import show as yuan

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(bank_accounts.app, name="accounts")
app.add_typer(bank_files.app, name="files")

LineId = Annotated[str, typer.Argument(metavar="LINE", help="The line, such as 7-31.")]
By = Annotated[str, typer.Option(help="Who does it, for the record.")]


@app.callback()
def bank() -> None:
    """Tell the bank what to pay, and book what it says it has paid."""


@app.command("import")
def import_files(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="pain.002, camt.053 or camt.054.")
    ],
    as_json: output.Json = False,
) -> None:
    """Import files from the bank in their order; one that was imported before changes nothing.

    A file that is refused ends the command: what came before it stays, of it nothing does.
    """
    done: list[Imported] = []
    with session.open_session() as opened:
        for file in files:
            with output.progress(file.name, None, quiet=as_json) as advance:
                found = importing.import_file(opened.conn, file, opened.at, advance)
            done.append(found)
            if not as_json:
                _print(found)
    if as_json:
        output.json({"reports": done})


def _print(found: Imported) -> None:
    report = found.report
    before = ", imported before" if found.replayed else ""
    output.table(
        f"Report {report.id}: {report.message} {report.message_id}{before}",
        ["", ">lines", ">yuan"],
        [(c.what, f"{c.count:,}", yuan(c.amount) if c.amount else "") for c in found.counts],
    )


@app.command()
def lines(
    report: Annotated[int | None, typer.Option(help="Only of this report.")] = None,
    state: Annotated[
        str | None,
        typer.Option(help="Only those matched, known, open, returned, pending or new."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Lines shown.")] = 50,
    as_json: output.Json = False,
) -> None:
    """List movements of money that the bank has reported, the newest report first."""
    with session.open_session() as opened:
        found = by_hand.listed(opened.conn, report_id=report, state=state, limit=limit)
    if as_json:
        output.json({"lines": [_as_data(line) for line in found]})
        return
    output.table(
        "Lines",
        [">line", "day", ">yuan", "", "payment or reference", "other side", "state", "of"],
        [
            (
                line.id,
                line.booked_on or "-",
                yuan(line.amount if line.incoming else -line.amount),
                "" if line.currency == "CNY" else line.currency,
                line.end_to_end_id or line.reference or line.batch or "-",
                line.party or "-",
                line.state if line.how is None else f"{line.state} by {line.how}",
                _leg_of(line),
            )
            for line in found
        ],
    )


def _as_data(line: BookedLine) -> dict[str, object]:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return {"id": line.id, **fields}


def _leg_of(line: BookedLine) -> str:
    if line.settlement_id is None:
        return "-"
    if line.organisation_id is None:
        return f"settlement {line.settlement_id}"
    return f"TB{line.settlement_id}-{line.organisation_id}-{line.attempt}"


@app.command()
def match(
    line: LineId,
    payment: Annotated[
        str, typer.Argument(metavar="PAYMENT", help="Its end-to-end id, such as TB12-1003-1.")
    ],
    by: By,
    as_json: output.Json = False,
) -> None:
    """Book an open line as a payment; one that is less pays it in part."""
    with session.open_session() as opened, opened.conn.transaction():
        found = by_hand.match(opened.conn, line, payment, by=by, at=opened.at)
    if as_json:
        output.json(_as_data(found))
    else:
        output.line(f"line {found.id} is matched with {payment}: {yuan(found.amount)}")


@app.command("return")
def send_back(
    line: LineId,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    as_json: output.Json = False,
) -> None:
    """Note that the money of an open line goes back to where it came from."""
    with session.open_session() as opened, opened.conn.transaction():
        found = by_hand.send_back(opened.conn, line, by=by, reason=reason, at=opened.at)
    if as_json:
        output.json(_as_data(found))
    else:
        output.line(f"line {found.id} goes back: {yuan(found.amount)}")


@app.command("missing")
def find_missing(
    days: Annotated[
        int, typer.Option(min=0, max=365, help="So many days after they should have been paid.")
    ] = missing.DAYS,
    day: Annotated[
        str | None, typer.Option(help="As of this day, such as 2026-05-04; else today.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Raise exception items for payments that no statement tells of."""
    with session.open_session() as opened, opened.conn.transaction():
        today = _today(opened) if day is None else numbers.parse_date("day", day)
        count = missing.raise_missing(opened.conn, today, opened.at, days)
    if as_json:
        output.json({"day": today, "missing": count})
    else:
        output.line(f"{count:,} payments are missing; see tongbao exceptions list")


def _today(opened: session.Session) -> date:
    return calendar.business_date(opened.at, calendar.cutover_of(opened.settings))
