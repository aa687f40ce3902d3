"""``tongbao gl``: the general ledger, for bookkeeping elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from tongbao.cli import liability_pages as pages
from tongbao.cli import output, session
from tongbao.kernel.amounts import show as plain
from tongbao.kernel.errors import Refused
from tongbao.liability import months
from tongbao.liability.book import open_book
from tongbao.liability.export import Format, export

app = typer.Typer(no_args_is_help=True, add_completion=False)


class FileUnwritable(Refused):
    code = "file-unwritable"
    text = "{path} cannot be written: {reason}"


@app.callback()
def gl() -> None:
    """Export the general ledger for bookkeeping elsewhere."""


@app.command("export")
def export_book(
    form: Annotated[Format, typer.Option("--format", help="csv or beancount.")] = "csv",
    first: Annotated[
        str | None, typer.Option("--from", help="First business day; else the beginning.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last business day; else yesterday.")
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Its own book, by code or id; else the alliance's.")
    ] = None,
    detail: Annotated[
        bool, typer.Option("--detail", help="Every transfer; else sums by day and accounts.")
    ] = False,
    position: Annotated[
        int | None, typer.Option(min=0, help="As at this position of the journal; else now.")
    ] = None,
    to_file: Annotated[
        Path | None, typer.Option(help="The file to write; else standard output.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Export the alliance's book or an organisation's own, with balances to check it by."""
    if as_json and to_file is None:
        raise typer.BadParameter("--json says what was written into a file: add --to-file")
    with session.open_session() as opened:
        conn, zone = opened.conn, opened.settings.time_zone
        seen = pages.journal_position(conn) if position is None else position
        with pages.snapshot(conn, "READ ONLY"), _file(to_file) as out:
            book = open_book(
                conn,
                zone,
                None if first is None else months.parse_day(first),
                months.last_day_over(opened.at, zone) if last is None else months.parse_day(last),
                seen,
                pages.whose(opened, organisation),
                detail=detail,
            )
            written = export(conn, book, form, out)
    if as_json:
        output.json(pages.data(written, file=str(to_file)))
    elif to_file is not None:
        output.line(
            f"{to_file}: {written.entries:,} entries, {written.accounts:,} accounts,"
            f" {plain(written.points)} points and {plain(written.money)} yuan debited;"
            f" journal up to {written.position}"
        )


@contextmanager
def _file(path: Path | None) -> Iterator[TextIO]:
    """Give standard output, or a file that appears whole under its name or not at all."""
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        raise FileUnwritable(path=str(path), reason=error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
