"""``tongbao reconcile``: a till's file against the ledger, and what differs."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tongbao.alliance import outlets
from tongbao.clearing.calendar import cutover_of
from tongbao.cli import decisions, output, pages, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import limits
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection
from tongbao.reconcile import days
from tongbao.reconcile import till as tills
from tongbao.reconcile.refusals import TillValueMalformed
from tongbao.reconcile.till_file import How
from tongbao.reconcile.types import Asked, Difference, Reconciliation, Total

app = typer.Typer(no_args_is_help=True, add_completion=False)

Shown = Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Rows of each list at most.")]


@app.callback()
def reconcile() -> None:
    """Compare what tills say of a day with the ledger."""


@app.command()
def till(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of lines or of totals.")],
    organisation: Annotated[str, typer.Option(help="Whose tills: its code or its id.")],
    day: Annotated[str, typer.Option(help="The business day, such as 2026-05-01.")],
    by: decisions.By,
    outlet: Annotated[str | None, typer.Option(help="Only this outlet, by its code.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="FIELD=HEADER, such as receipt=ticket; repeatable.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="What separates fields; else found out.")
    ] = None,
    encoding: Annotated[
        Literal["utf-8", "gb18030"], typer.Option(help="How the text is written.")
    ] = "utf-8",
    amounts: Annotated[
        Literal["yuan", "fen"], typer.Option(help="What amounts and points are in.")
    ] = "yuan",
    again: Annotated[
        bool, typer.Option("--again", help="Compare a file that was compared before once more.")
    ] = False,
    limit: Shown = 30,
    as_json: output.Json = False,
) -> None:
    """Compare a till's lines, or its totals, of a business day with the ledger.

    Exits with 0 whether it is balanced or not, and with 2 when the file cannot be used.
    """
    how = How(
        columns=_columns(column or []),
        delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
        encoding=encoding,
        amounts=amounts,
    )
    with session.open_session() as opened:
        where = None if outlet is None else outlets.find(opened.conn, outlet).id
        asked = Asked(
            organisation_id=organisations.find(opened.conn, organisation),
            day=days.parse(day),
            by=by,
            cutover=cutover_of(opened.settings),
            outlet_id=where,
            again=again,
        )
        with opened.conn.transaction():
            made = tills.reconcile(opened.conn, file, asked, opened.at, how)
        _tell(opened.conn, made, limit, 0, as_json=as_json)


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    day: Annotated[str | None, typer.Option(help="Only of this business day.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="How many.")] = 30,
    before: Annotated[
        int | None, typer.Option(min=1, help="Only those with smaller numbers.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """List reconciliations, newest first."""
    with session.open_session() as opened:
        whose = None
        if organisation is not None:
            whose = organisations.find(opened.conn, organisation)
        which: date | None = None if day is None else days.parse(day)
        more = {} if before is None else {"before": before}
        found = tills.listed(opened.conn, whose, which, limit=limit, **more)
        if as_json:
            output.json({"reconciliations": found})
            return
        output.table(
            "Reconciliations",
            [">number", "organisation", "day", "file", ">lines", ">differences", "by", "at"],
            [
                (
                    r.id, organisations.code_of(opened.conn, r.organisation_id), r.business_day,
                    r.name, f"{r.lines:,}", f"{r.differences:,}" if r.differences else "balanced",
                    r.asked_by, pages.moment(r.at, opened.settings.time_zone),
                )
                for r in found
            ],
        )  # fmt: skip


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The reconciliation's number.")],
    limit: Shown = 30,
    after: Annotated[int, typer.Option(min=0, help="Differences after this one.")] = 0,
    as_json: output.Json = False,
) -> None:
    """Show a reconciliation: both sides' sums, and what differs with what to do about it."""
    with session.open_session() as opened:
        made = tills.get(opened.conn, number)
        _tell(opened.conn, made, limit, after, as_json=as_json)


def _columns(given: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for one in given:
        field, equals, header = one.partition("=")
        if not equals:
            raise TillValueMalformed(field="--column", given=one[:40], wanted="FIELD=HEADER")
        columns[field.strip()] = header.strip()
    return columns


def _tell(conn: Connection, made: Reconciliation, limit: int, after: int, *, as_json: bool) -> None:
    sums = tills.sums(conn, made.id)
    found = tills.differences(conn, made.id, after, limit)
    if as_json:
        output.json({"reconciliation": made, "totals": sums, "differences": found})
        return
    codes: dict[int, str] = {}

    def outlet(number: int | None) -> str:
        if not number:
            return "-"
        if number not in codes:
            codes[number] = outlets.get(conn, number).code
        return codes[number]

    whose = organisations.code_of(conn, made.organisation_id)
    _print_totals(f"{whose} on {made.business_day}", sums, outlet)
    if found:
        _print_differences(found, outlet)
    again = "; compared before" if made.replayed else ""
    said = "balanced" if made.balanced else output.count(made.differences, "difference")
    read = output.count(made.lines, "line")
    output.line(f"reconciliation {made.id}: {read}, {said}{again}")


def _print_totals(title: str, sums: Sequence[Total], outlet: Any) -> None:
    output.table(
        title,
        ["outlet", "", ">here", ">points", ">cash", ">till", ">points", ">cash"],
        [
            (
                outlet(t.outlet_id), t.subject, f"{t.here_count:,}", yuan(t.here_points),
                yuan(t.here_cash), _cell(t.till_count, count=True), _cell(t.till_points),
                _cell(t.till_cash),
            )
            for t in sums
        ],
    )  # fmt: skip


def _print_differences(found: Sequence[Difference], outlet: Any) -> None:
    output.table(
        "Differences",
        [">", ">line", "what", "receipt or key", "outlet", ">till", ">here", "do", "note"],
        [
            (
                d.n, d.line or "", d.code, d.label, outlet(d.outlet_id),
                _pair(d.till_amount, d.till_points), _pair(d.here_amount, d.here_points), d.action,
                d.note or "",
            )
            for d in found
        ],
    )  # fmt: skip
    advice = {d.action: d.advice for d in found}
    for action, sentence in advice.items():
        output.line(f"{action}: {sentence}")


def _cell(amount: int | None, *, count: bool = False) -> str:
    if amount is None:
        return "-"
    return f"{amount:,}" if count else yuan(amount)


def _pair(amount: int | None, points: int | None) -> str:
    """Write an amount and the points in it."""
    if amount is None and points is None:
        return "-"
    return f"{_cell(amount)} ({_cell(points)})"
