"""``tongbao sandbox``: the parts that a sandbox lacks, played by Tongbao."""

from pathlib import Path
from typing import Annotated

import typer

from tongbao.cli import output
from tongbao.kernel import amounts
from tongbao.kernel.amounts import show as yuan
from tongbao.sandbox import bank as simulated

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def sandbox() -> None:
    """Play the bank; never for the real alliance, whose money would be booked unmoved."""


@app.command()
def bank(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Payment files: pain.001, pain.008.")
    ],
    to: Annotated[Path, typer.Option(help="The folder for the bank's answers.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other rejections.")] = 2026,
    rejects: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Rejected payments, parts per million.")
    ] = 20_000,
    opening: Annotated[str, typer.Option(help="The account's balance before, in yuan.")] = "0",
    sequence: Annotated[int, typer.Option(min=1, help="The number of the statement.")] = 1,
    as_json: output.Json = False,
) -> None:
    """Answer payment files as a bank does: pain.002, camt.054 and one camt.053."""
    answered = simulated.respond(
        files,
        to,
        seed=seed,
        opening=amounts.parse(opening),
        sequence=sequence,
        rejects=rejects,
    )
    if as_json:
        output.json(answered)
        return
    for path in answered.files:
        output.line(str(path))
    output.line(
        f"{answered.taken:,} payments made, {answered.rejected:,} rejected;"
        f" the account closes with {yuan(answered.closing)}"
    )
