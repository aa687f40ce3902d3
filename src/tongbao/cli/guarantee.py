"""``tongbao guarantee``: the fund that bears defaults, and the operator's first loss."""

from typing import Annotated

import typer

from tongbao.alliance import organisations as alliance
from tongbao.cli import decisions, output, session
from tongbao.cli import organisation as organisations
from tongbao.desk.proposals import Proposal
from tongbao.kernel import amounts
from tongbao.kernel.amounts import show as yuan
from tongbao.losses import caps, fund
from tongbao.losses.caps import Rule

app = typer.Typer(no_args_is_help=True, add_completion=False)

Organisation = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
]
Amount = Annotated[str, typer.Argument(metavar="YUAN", help="So much, such as 1500.00.")]
Reference = Annotated[
    str, typer.Option(help="The bank's reference; the same money is booked once.")
]
By = decisions.By
Reason = decisions.Reason


@app.callback()
def guarantee() -> None:
    """Let members contribute to the guarantee fund, by two people, and set what they bear."""


@app.command()
def contribute(
    organisation: Organisation,
    amount: Amount,
    reference: Reference,
    by: By,
    reason: Reason = "contribution",
    as_json: output.Json = False,
) -> None:
    """Propose to book a contribution that has come in; another person approves it."""
    _propose(fund.CONTRIBUTE, organisation, amount, reference, by, reason, as_json)


@app.command("return")
def give_back(
    organisation: Organisation,
    amount: Amount,
    reference: Reference,
    by: By,
    reason: Reason = "contribution returned",
    as_json: output.Json = False,
) -> None:
    """Propose to pay back what an organisation has contributed beyond what it must."""
    _propose(fund.RETURN, organisation, amount, reference, by, reason, as_json)


@app.command("first-loss")
def first_loss(
    amount: Amount,
    reference: Reference,
    by: By,
    reason: Reason = "first loss",
    back: Annotated[bool, typer.Option("--return", help="Take it back instead.")] = False,
    as_json: output.Json = False,
) -> None:
    """Propose that the operator sets money aside that bears before the fund does."""
    kind = fund.RETURN_FIRST_LOSS if back else fund.SET_FIRST_LOSS
    _propose(kind, None, amount, reference, by, reason, as_json)


@app.command("cap")
def set_cap(
    organisation: Organisation,
    cap: Annotated[str, typer.Option(help="The most it bears of one default, in yuan.")],
    by: By,
    required: Annotated[str, typer.Option(help="What it has to contribute, in yuan.")] = "0",
    reason: Reason = "cap",
    as_json: output.Json = False,
) -> None:
    """Propose what one organisation has to contribute, and the most it bears."""
    with session.open_session() as opened, opened.conn.transaction():
        made = caps.propose(
            opened.conn,
            organisations.find(opened.conn, organisation),
            required=amounts.parse(required),
            cap=amounts.parse(cap),
            by=by,
            reason=reason,
            at=opened.at,
        )
    decisions.proposed(made, as_json=as_json)


@app.command()
def assess(
    by: By,
    largest: Annotated[int, typer.Option(help="How many exposures the fund must bear.")] = 2,
    share: Annotated[int, typer.Option(help="What part of them, in parts per million.")] = (
        1_000_000
    ),
    least: Annotated[str, typer.Option(help="What everybody contributes at least, in yuan.")] = "0",
    times: Annotated[int, typer.Option(help="A cap is so many times the contribution.")] = 1,
    reason: Reason = "assessment",
    as_json: output.Json = False,
) -> None:
    """Propose to assess all active organisations by their exposures."""
    rule = Rule(largest=largest, share=share, least=amounts.parse(least), times=times)
    with session.open_session() as opened, opened.conn.transaction():
        made = caps.propose_assessment(opened.conn, rule, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command()
def approve(proposal: decisions.Number, by: By, as_json: output.Json = False) -> None:
    """Approve what another person has proposed, and do it."""
    decisions.approve(proposal, by, as_json=as_json)


@app.command()
def reject(
    proposal: decisions.Number, by: By, reason: Reason, as_json: output.Json = False
) -> None:
    """Reject what another person has proposed."""
    decisions.reject(proposal, by, reason, as_json=as_json)


@app.command("caps")
def show_caps(as_json: output.Json = False) -> None:
    """List what members have to contribute, have contributed, and bear at most."""
    with session.open_session() as opened:
        found = caps.listed(opened.conn, opened.at)
        if as_json:
            output.json({"caps": found})
            return
        output.table(
            "Guarantee fund",
            ["organisation", ">required", ">contributed", ">missing", ">cap"],
            [
                (
                    organisations.code_of(opened.conn, one.organisation_id),
                    *map(
                        yuan,
                        (
                            one.required,
                            one.contributed,
                            one.missing,
                            one.cap,
                        ),
                    ),
                )
                for one in found
            ],
        )


@app.command()
def show(as_json: output.Json = False) -> None:
    """Show what stands behind defaults: first loss, guarantee fund, caps."""
    with session.open_session() as opened, opened.conn.transaction():
        sums = caps.standing(opened.conn, opened.at)
    if as_json:
        output.json(sums)
        return
    output.table(
        "What stands behind defaults",
        ["", ">yuan"],
        [
            ("the operator's first loss", yuan(sums.first_loss)),
            (f"guarantee fund of {sums.members:,} members", yuan(sums.contributed)),
            ("it requires", yuan(sums.required)),
            ("not contributed yet", yuan(sums.missing)),
            ("caps, the most of one default", yuan(sums.caps)),
        ],
    )


def _propose(
    kind: str,
    organisation: str | None,
    amount: str,
    reference: str,
    by: str,
    reason: str,
    as_json: bool,
) -> None:
    with session.open_session() as opened, opened.conn.transaction():
        conn = opened.conn
        if organisation is None:
            who = alliance.operator(conn).id
        else:
            who = organisations.find(conn, organisation)
        made: Proposal = fund.propose(
            conn, kind, who, amounts.parse(amount), reference, by=by, reason=reason, at=opened.at
        )
    decisions.proposed(made, as_json=as_json)
