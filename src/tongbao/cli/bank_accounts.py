"""``tongbao bank accounts``: an organisation's account, by two people."""

from typing import Annotated

import typer

from tongbao.bank import accounts, numbers
from tongbao.bank.types import Details
from tongbao.cli import organisation as organisations
from tongbao.cli import output, session
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

By = Annotated[str, typer.Option(help="Who does it, for the record.")]
Number = Annotated[int, typer.Argument(metavar="PROPOSAL", help="The proposal's number.")]


@app.callback()
def bank_accounts() -> None:
    """Say where organisations are paid and collected from."""


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Versions shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List accounts, every version of them, oldest first."""
    with session.open_session() as opened:
        whose = None if organisation is None else organisations.find(opened.conn, organisation)
        found = accounts.listed(opened.conn, whose, after=after, limit=limit)
        if as_json:
            output.json({"accounts": found})
            return
        output.table(
            "Accounts",
            [">", "organisation", "from", "number", "name", "bank", "mandate"],
            [
                (
                    a.id, organisations.code_of(opened.conn, a.organisation_id), a.valid_from,
                    a.details.number, a.details.name,
                    " ".join(filter(None, (a.details.bic, a.details.cnaps))),
                    a.details.mandate or "-",
                )
                for a in found
            ],
        )  # fmt: skip


@app.command()
def propose(
    organisation: Annotated[
        str, typer.Argument(metavar="ORGANISATION", help="Its code or its id.")
    ],
    number: Annotated[str, typer.Option(help="The account's number.")],
    name: Annotated[str, typer.Option(help="Whose name it is in.")],
    by: By,
    since: Annotated[str, typer.Option(help="From which day it counts, such as 2026-05-01.")],
    cnaps: Annotated[str | None, typer.Option(help="The bank's CNAPS code, 12 digits.")] = None,
    bic: Annotated[str | None, typer.Option(help="The bank's BIC.")] = None,
    mandate: Annotated[str | None, typer.Option(help="The mandate to collect from it.")] = None,
    signed_on: Annotated[str | None, typer.Option(help="When the mandate was signed.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "bank account",
    as_json: output.Json = False,
) -> None:
    """Propose the account of an organisation, or a change of it; another person approves."""
    with session.open_session() as opened, opened.conn.transaction():
        given = Details(
            number=number,
            name=name,
            bic=bic,
            cnaps=cnaps,
            mandate=mandate,
            signed_on=None if signed_on is None else numbers.parse_date("signed_on", signed_on),
        )
        made = accounts.propose(
            opened.conn,
            organisations.find(opened.conn, organisation),
            given,
            numbers.parse_date("since", since),
            by=by,
            reason=reason,
            at=opened.at,
        )
    if as_json:
        output.json(made)
    else:
        output.line(f"proposal {made.id} waits for another person to approve it")


@app.command()
def approve(proposal: Number, by: By, as_json: output.Json = False) -> None:
    """Approve a proposed account."""
    with session.open_session() as opened, opened.conn.transaction():
        made = accounts.approve(opened.conn, proposal, by=by, at=opened.at)
    if as_json:
        output.json(made)
    else:
        output.line(f"account {made.details.number} counts from {made.valid_from}")


@app.command()
def reject(
    proposal: Number,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    as_json: output.Json = False,
) -> None:
    """Reject a proposed account."""
    with session.open_session() as opened, opened.conn.transaction():
        done = accounts.reject(opened.conn, proposal, by=by, reason=reason, at=opened.at)
    if as_json:
        output.json(done)
    else:
        output.line(f"proposal {done.id} is rejected")
