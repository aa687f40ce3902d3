"""``tongbao default``: an organisation that cannot pay, and who bears what it owes."""

from typing import Annotated

import typer

from tongbao.cli import decisions, output, pages, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import amounts, limits
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection
from tongbao.losses import default as defaults
from tongbao.losses.plan import outstanding, plan
from tongbao.losses.recover import recover as recover_from
from tongbao.losses.recover import recoveries
from tongbao.losses.types import Default

app = typer.Typer(no_args_is_help=True, add_completion=False)

Organisation = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
]


@app.callback()
def default() -> None:
    """Declare defaults by two people, let the waterfall bear them, and repay who bore them."""


@app.command("dry-run")
def dry_run(organisation: Organisation, as_json: output.Json = False) -> None:
    """Show who would bear what an organisation owes if its default were declared now."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        who = organisations.find(opened.conn, organisation)
        found = plan(opened.conn, who, opened.at)
        if as_json:
            output.json(found)
        else:
            title = f"{organisation} owes {yuan(found.owed)}, {yuan(found.loss)} after set-off"
            decisions.shares(opened.conn, title, found.shares)


@app.command()
def declare(
    organisation: Organisation,
    by: decisions.By,
    reason: decisions.Reason,
    as_json: output.Json = False,
) -> None:
    """Propose to declare an organisation defaulted; another person approves it."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        made = defaults.propose(opened.conn, who, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command()
def approve(proposal: decisions.Number, by: decisions.By, as_json: output.Json = False) -> None:
    """Approve what another person has proposed, and do it."""
    decisions.approve(proposal, by, as_json=as_json)


@app.command()
def reject(
    proposal: decisions.Number,
    by: decisions.By,
    reason: decisions.Reason,
    as_json: output.Json = False,
) -> None:
    """Reject what another person has proposed."""
    decisions.reject(proposal, by, reason, as_json=as_json)


@app.command()
def cover(organisation: Organisation, by: decisions.By, as_json: output.Json = False) -> None:
    """Let the waterfall bear what a defaulter owes since the last time."""
    with session.open_session() as opened:
        with opened.conn.transaction():
            who = organisations.find(opened.conn, organisation)
            run = defaults.cover(opened.conn, who, by=by, at=opened.at)
        if as_json:
            output.json({"run": run})
        elif run is None:
            output.line(f"{organisation} owes nothing")
        else:
            decisions.shares(opened.conn, f"Run {run.run}: {yuan(run.owed)} owed", run.shares)


@app.command()
def recover(
    organisation: Organisation,
    reference: Annotated[str, typer.Option(help="The bank's reference; booked once.")],
    by: decisions.By,
    amount: Annotated[str, typer.Option(help="What it has paid, in yuan.")] = "0",
    as_json: output.Json = False,
) -> None:
    """Book what a defaulter has paid, and repay who bore its debt, the last first."""
    with session.open_session() as opened:
        with opened.conn.transaction():
            who = organisations.find(opened.conn, organisation)
            paid = amounts.parse(amount)
            done = recover_from(opened.conn, who, paid, reference, by=by, at=opened.at)
        if as_json:
            output.json(done)
        else:
            before = " before" if done.replayed else ""
            title = f"{yuan(done.paid_in)} paid in{before}; repaid"
            decisions.shares(opened.conn, title, done.shares)


@app.command()
def lift(
    organisation: Organisation,
    by: decisions.By,
    reason: decisions.Reason,
    as_json: output.Json = False,
) -> None:
    """Propose to lift a default of which everything is repaid; it is suspended then."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        made = defaults.propose_lift(opened.conn, who, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command()
def reinstate(
    organisation: Organisation,
    by: decisions.By,
    reason: decisions.Reason,
    as_json: output.Json = False,
) -> None:
    """Propose that a suspended organisation may issue again."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        made = defaults.propose_reinstatement(opened.conn, who, by=by, reason=reason, at=opened.at)
    decisions.proposed(made, as_json=as_json)


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those not lifted.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Defaults shown.")] = 50,
    as_json: output.Json = False,
) -> None:
    """List defaults, newest first."""
    with session.open_session() as opened:
        who = None if organisation is None else organisations.find(opened.conn, organisation)
        found = defaults.listed(opened.conn, who, only_open=only_open, limit=limit)
        if as_json:
            output.json({"defaults": found})
            return
        output.table(
            "Defaults",
            [">default", "organisation", "declared", "by", "lifted", "reason"],
            [_row(opened.conn, one, opened.settings.time_zone) for one in found],
        )


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="DEFAULT", help="The default's number.")],
    as_json: output.Json = False,
) -> None:
    """Show a default: each run of the waterfall, what came back, what is still to be repaid."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = defaults.get(opened.conn, number)
        runs, back = defaults.runs(opened.conn, found), recoveries(opened.conn, found)
        left = defaults.in_order(outstanding(opened.conn, found))
        if as_json:
            output.json({"default": found, "runs": runs, "recoveries": back, "outstanding": left})
            return
        _, code, declared, by, lifted, reason = _row(opened.conn, found, opened.settings.time_zone)
        output.line(f"default {number} of {code}: declared {declared} by {by}: {reason}")
        output.line(f"lifted: {lifted}")
        for run in runs:
            title = f"Run {run.run}, window {run.window_id}: {yuan(run.owed)} owed"
            decisions.shares(opened.conn, title, run.shares)
        for one in back:
            title = f"Recovery {one.recovery} ({one.reference}): {yuan(one.paid_in)} paid in"
            decisions.shares(opened.conn, title, one.shares)
        decisions.shares(opened.conn, "Still to be repaid", left)


def _row(conn: Connection, one: Default, zone: str) -> tuple[int, str, str, str, str, str]:
    lifted = "-"
    if one.lifted_at is not None:
        lifted = f"{pages.moment(one.lifted_at, zone)} by {one.lifted_by}"
    return (
        one.id,
        organisations.code_of(conn, one.organisation_id),
        pages.moment(one.declared_at, zone),
        f"{one.declared_by}, {one.approved_by}",
        lifted,
        one.reason,
    )
