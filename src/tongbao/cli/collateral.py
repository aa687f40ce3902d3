"""``tongbao collateral``: deposits and withdrawals, by two people."""

from typing import Annotated

import typer

from tongbao.alliance import collateral as deposits
from tongbao.alliance import organisations as alliance
from tongbao.alliance.positions import position
from tongbao.cli import decisions, output, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import amounts
from tongbao.kernel.amounts import show as yuan

app = typer.Typer(no_args_is_help=True, add_completion=False)

Which = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
]
Amount = Annotated[str, typer.Argument(metavar="YUAN", help="So much, such as 1500.00.")]


@app.callback()
def collateral() -> None:
    """Book deposits and withdrawals of collateral, by two people."""


@app.command()
def propose(
    organisation: Which,
    amount: Amount,
    by: decisions.By,
    reason: decisions.Reason,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take out instead.")] = False,
    as_json: output.Json = False,
) -> None:
    """Propose to book a deposit that has come in, or a withdrawal; another person decides."""
    do = deposits.propose_withdrawal if withdraw else deposits.propose_deposit
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
    """Approve a deposit or a withdrawal and book it, or reject it with a reason."""
    with session.open_session() as opened, opened.conn.transaction():
        done = deposits.decide(
            opened.conn, proposal, approve=reject is None, by=by, at=opened.at, reason=reject
        )
    if as_json:
        output.json(done)
    else:
        output.line(f"proposal {done.id} is {done.state}")


@app.command()
def show(organisation: Which, as_json: output.Json = False) -> None:
    """Show an organisation's collateral, what of it is free, and what it stands behind."""
    with session.open_session() as opened, opened.conn.transaction():
        who = alliance.get(opened.conn, organisations.find(opened.conn, organisation))
        stands = position(opened.conn, who.id, opened.at)
    free = deposits.free(who, stands)
    if as_json:
        output.json({"organisation": who, "position": stands, "free": free})
        return
    output.table(
        f"Collateral of {who.name}",
        ["", ">yuan"],
        [
            ("collateral", yuan(stands.collateral)),
            ("may be taken out", yuan(free)),
            ("points in circulation", yuan(stands.circulation)),
            ("set aside for them", yuan(stands.reserve)),
            ("position, negative is owed", yuan(stands.clearing)),
            ("headroom", "not bounded" if stands.headroom is None else yuan(stands.headroom)),
        ],
    )
