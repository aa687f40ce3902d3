"""``tongbao bank files``: payment files of a settlement."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tongbao.bank import files, writers
from tongbao.bank.files import Written
from tongbao.cli import output, session
from tongbao.kernel.amounts import show as yuan

app = typer.Typer(no_args_is_help=True, add_completion=False)

SettlementId = Annotated[int, typer.Argument(metavar="SETTLEMENT", help="Its number.")]


@app.callback()
def bank_files() -> None:
    """Write payment files, and see how far their payments are."""


@app.command("write")
def write_files(
    settlement: SettlementId,
    to: Annotated[Path, typer.Option(help="The folder they are written into.")],
    writer: Annotated[
        str, typer.Option(help="The format of files that are new: iso20022, csv, or another's.")
    ] = writers.STANDARD,
    as_json: output.Json = False,
) -> None:
    """Write all payment files of an instructed settlement; those written before are the same."""
    written: list[Written] = []
    with session.open_session() as opened:
        zone = ZoneInfo(opened.settings.time_zone)
        with opened.conn.transaction():
            planned = files.plan(opened.conn, settlement, zone=zone, at=opened.at, writer=writer)
        for file in planned.files:
            with opened.conn.transaction():
                written.append(files.write(opened.conn, file, to))
    if as_json:
        output.json({"files": written, "left_out": planned.left_out})
        return
    output.table(
        f"Payment files of settlement {settlement}",
        ["file", "", ">payments", ">yuan", "day", ">bytes", ""],
        [
            (
                w.path, w.file.kind, f"{w.file.count:,}", yuan(w.file.amount), w.file.execute_on,
                f"{w.size:,}", "as before" if w.same else "new",
            )
            for w in written
        ],
    )  # fmt: skip
    if planned.left_out:
        output.line(
            f"left out are {len(planned.left_out):,} legs without an account or a mandate;"
            " see tongbao exceptions list --kind bank-no-account"
        )


@app.command()
def show(settlement: SettlementId, as_json: output.Json = False) -> None:
    """Show the payment files of a settlement, and in which state their payments are."""
    with session.open_session() as opened:
        found = files.of_settlement(opened.conn, settlement)
        states = files.progress(opened.conn, settlement)
    if as_json:
        data = [
            {"file": file, "payments": {s: {"count": n, "amount": a} for s, (n, a) in by.items()}}
            for file in found
            for by in (states.get(file.id, {}),)
        ]
        output.json({"files": data})
        return
    output.table(
        f"Payment files of settlement {settlement}",
        ["file", "", "day", "state", ">payments", ">yuan"],
        [
            (file.message_id, file.kind, file.execute_on, state, f"{count:,}", yuan(amount))
            for file in found
            for state, (count, amount) in states.get(file.id, {}).items()
        ],
    )
