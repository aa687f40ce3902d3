"""``tongbao dispute``: one organisation wants an amount of another; two people decide."""

from typing import Annotated

import typer

from tongbao.cli import decisions, output, pages, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import amounts, limits
from tongbao.kernel.amounts import show as yuan
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Dispute, DisputeKind, Opening

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="DISPUTE", help="The dispute's number.")]


@app.callback()
def dispute() -> None:
    """Settle what organisations disagree about."""


@app.command("open")
def open_one(
    organisation: Annotated[str, typer.Option(help="Who wants it: code or id.")],
    against: Annotated[str, typer.Option(help="Of whom: code or id; fees: the operator.")],
    amount: Annotated[str, typer.Option(help="How much, in yuan.")],
    reason: decisions.Reason,
    evidence: Annotated[str, typer.Option(help="What shows it.")],
    by: decisions.By,
    kind: Annotated[DisputeKind, typer.Option(help="What it is about.")] = "claim",
    operation: Annotated[int | None, typer.Option(help="The disputed operation.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Of a missing operation: its receipt.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Open a dispute about a claim, a fee or an operation that is missing."""
    with session.open_session() as opened, opened.conn.transaction():
        opening = Opening(
            kind=kind,
            creditor_id=organisations.find(opened.conn, organisation),
            debtor_id=organisations.find(opened.conn, against),
            amount=amounts.parse(amount),
            reason=reason,
            evidence=evidence,
            operation_id=operation,
            reference=reference,
        )
        made = disputes.open_dispute(opened.conn, opening, by=by, at=opened.at)
    _tell(made, f"dispute {made.id} is open until {made.answer_by:%Y-%m-%d}", as_json=as_json)


@app.command()
def answer(
    number: Number,
    organisation: Annotated[str, typer.Option(help="Who answers: code or id.")],
    accept: Annotated[bool, typer.Option("--accept/--contest", help="Is it right?")],
    text: Annotated[str, typer.Option(help="The answer itself.")],
    by: decisions.By,
    as_json: output.Json = False,
) -> None:
    """Answer a dispute as the side that it is against."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        made = disputes.answer(
            opened.conn, number, who, accept=accept, text=text, by=by, at=opened.at
        )
    _tell(made, f"dispute {made.id} is {made.state}", as_json=as_json)


@app.command()
def propose(
    number: Number,
    by: decisions.By,
    reason: decisions.Reason,
    uphold: Annotated[str | None, typer.Option(help="So much is due, in yuan.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Nothing is due.")] = False,
    as_json: output.Json = False,
) -> None:
    """Propose, for the operator, how a dispute ends; another person decides."""
    if (uphold is None) is not reject:
        raise typer.BadParameter("say either --uphold or --reject")
    with session.open_session() as opened, opened.conn.transaction():
        fen = 0 if uphold is None else amounts.parse(uphold)
        made = disputes.propose(opened.conn, number, fen, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command()
def decide(
    number: Number,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="Of what was proposed.")],
    by: decisions.By,
    reason: decisions.Reason,
    as_json: output.Json = False,
) -> None:
    """Decide what was proposed, as another person; approved, the money moves at once."""
    with session.open_session() as opened, opened.conn.transaction():
        made = disputes.decide(
            opened.conn, number, approve=approve, by=by, reason=reason, at=opened.at
        )
    given = f", {yuan(made.upheld)} by operation {made.entry_id}" if made.upheld else ""
    _tell(made, f"dispute {made.id} is {made.state}{given}", as_json=as_json)


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    decided: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past a deadline.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Disputes shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List the disputes that nobody has decided, oldest first."""
    with session.open_session() as opened:
        whose = None
        if organisation is not None:
            whose = organisations.find(opened.conn, organisation)
        found = disputes.listed(
            opened.conn,
            whose,
            now=opened.at,
            decided=decided,
            overdue=overdue,
            after=after,
            limit=limit,
        )
        if as_json:
            output.json({"disputes": found})
            return
        zone = opened.settings.time_zone
        output.table(
            "Disputes",
            [">number", "kind", "creditor", "debtor", ">yuan", "about", "state", ">days", "due"],
            [
                (
                    d.id, d.kind, organisations.code_of(opened.conn, d.creditor_id),
                    organisations.code_of(opened.conn, d.debtor_id), yuan(d.amount),
                    d.operation_id or d.reference, d.state, d.age, _due(d, zone),
                )
                for d in found
            ],
        )  # fmt: skip


@app.command()
def show(number: Number, as_json: output.Json = False) -> None:
    """Show a dispute with its reason, evidence, answer and decision."""
    with session.open_session() as opened:
        found = disputes.get(opened.conn, number, now=opened.at)
        if as_json:
            output.json(found)
            return
        sides = [
            organisations.code_of(opened.conn, who) for who in (found.creditor_id, found.debtor_id)
        ]
    _print(found, *sides, zone=opened.settings.time_zone)


def _tell(made: Dispute, sentence: str, *, as_json: bool) -> None:
    if as_json:
        output.json(made)
    else:
        output.line(sentence)


def _due(dispute: Dispute, zone: str) -> str:
    if dispute.decided_at is not None:
        return "-"
    when = pages.moment(dispute.decide_by or dispute.answer_by, zone)[:10]
    return f"{when}, overdue" if dispute.overdue else when


def _print(dispute: Dispute, creditor: str, debtor: str, *, zone: str) -> None:
    rows: list[tuple[str, object]] = [
        ("kind", dispute.kind),
        ("creditor", creditor),
        ("debtor", debtor),
        ("amount", yuan(dispute.amount)),
        ("at most", "-" if dispute.most is None else yuan(dispute.most)),
        ("about", dispute.operation_id or dispute.reference),
        ("opened", f"{pages.moment(dispute.opened_at, zone)} by {dispute.opened_by}"),
        ("reason", dispute.reason),
        ("evidence", dispute.evidence),
        ("state", dispute.state),
        ("due", _due(dispute, zone)),
    ]
    if dispute.answered_at is not None:
        answered = f"{pages.moment(dispute.answered_at, zone)} by {dispute.answered_by}"
        rows.append(("answered", answered))
        rows.append(("answer", dispute.answer))
    if dispute.proposal_id is not None:
        rows.append(("proposal", dispute.proposal_id))
    if dispute.decided_at is not None:
        rows.append(("decided", pages.moment(dispute.decided_at, zone)))
        rows.append(("upheld", yuan(dispute.upheld or 0)))
        rows.append(("because", dispute.decision_reason))
    if dispute.entry_id is not None:
        rows.append(("operation", dispute.entry_id))
    output.table(f"Dispute {dispute.id}", ["", ""], rows)
