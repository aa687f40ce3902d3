"""``tongbao block``: blocks that organisations pay in advance, by two people."""

from typing import Annotated

import typer

from tongbao.alliance import blocks
from tongbao.cli import decisions, output, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import amounts

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def block() -> None:
    """Book blocks that organisations have paid in advance, by two people."""


@app.command()
def propose(
    organisation: Annotated[
        str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
    ],
    amount: Annotated[str, typer.Argument(metavar="YUAN", help="So much; whole blocks.")],
    by: decisions.By,
    reason: decisions.Reason,
    back: Annotated[
        bool, typer.Option("--return", help="Pay back what is left of one instead.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Propose to book blocks that were paid, or money that is paid back; another person decides."""
    do = blocks.propose_return if back else blocks.propose_purchase
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        fen = amounts.parse(amount)
        made = do(opened.conn, who, fen, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command()
def decide(
    proposal: decisions.Number,
    by: decisions.By,
    reject: Annotated[
        str | None, typer.Option("--reject", metavar="REASON", help="Do not do it, because.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Approve what was proposed and book it, or reject it with a reason."""
    with session.open_session() as opened, opened.conn.transaction():
        done = blocks.decide(
            opened.conn, proposal, approve=reject is None, by=by, at=opened.at, reason=reject
        )
    if as_json:
        output.json(done)
    else:
        output.line(f"proposal {done.id} is {done.state}")
