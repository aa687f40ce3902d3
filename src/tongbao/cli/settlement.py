"""``tongbao settlement``: propose, approve, instruct and book what organisations owe each other."""

from datetime import datetime
from typing import Annotated, Any

import typer

from tongbao.clearing import booking, calendar, legs, scheduled, settlements, trail
from tongbao.clearing.types import Leg, Settlement
from tongbao.cli import organisation as organisations
from tongbao.cli import output, session, settlement_pages
from tongbao.kernel import amounts, limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="SETTLEMENT", help="The settlement's number.")]
Whose = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Its code or its id.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Yuan, such as 1234.56.")]
By = Annotated[str, typer.Option(help="Who does it, for the record.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
Reference = Annotated[str, typer.Option(help="The bank's reference; the same one is once.")]


@app.callback()
def settlement() -> None:
    """Pay who is owed and collect from who owes, by two people and the bank."""


@app.command()
def propose(
    by: By,
    window: Annotated[int | None, typer.Option(help="Up to this closed window.")] = None,
    cycle: Annotated[list[str] | None, typer.Option(help="Whoever has this cycle.")] = None,
    organisation: Annotated[
        list[str] | None, typer.Option(help="This one, by its code or id; on demand.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], help="The business date; today's unless told."
        ),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Propose a settlement; asked for nothing special, those that are due today.

    The same asked again is the same settlement. Organisations with an unfinished leg are skipped.
    """
    if cycle and organisation:
        raise typer.BadParameter("give cycles or organisations, not both")
    with session.open_session() as opened, opened.conn.transaction():
        conn, at, cutover = opened.conn, opened.at, calendar.cutover_of(opened.settings)
        if not (window or cycle or organisation or day):
            made = scheduled.propose_due(conn, at, cutover, by)
        else:
            named = [organisations.find(conn, which) for which in organisation or ()]
            asked: dict[str, Any] = {"cycles": cycle or None, "organisations": named or None}
            on = day.date() if day else calendar.business_date(at, cutover)
            made = [
                settlements.propose(
                    conn, business_date=on, through_window=window, by=by, at=at, **asked
                )
            ]
    if as_json:
        output.json({"settlements": made})
    elif made:
        for one in made:
            settlement_pages.say(one)
    else:
        output.line("nothing is due that was not proposed before")


@app.command()
def approve(number: Number, by: By, as_json: output.Json = False) -> None:
    """Approve a settlement that somebody else has proposed."""
    with session.open_session() as opened, opened.conn.transaction():
        done = settlements.approve(opened.conn, number, by=by, at=opened.at)
    _tell(done, as_json=as_json)


@app.command()
def reject(number: Number, by: By, reason: Reason, as_json: output.Json = False) -> None:
    """Reject a proposed settlement; the same may be proposed anew."""
    with session.open_session() as opened, opened.conn.transaction():
        done = settlements.reject(opened.conn, number, by=by, reason=reason, at=opened.at)
    _tell(done, as_json=as_json)


@app.command()
def instruct(number: Number, by: By, as_json: output.Json = False) -> None:
    """Note that the bank is told; ``tongbao bank files write`` then writes what it is told."""
    with session.open_session() as opened:
        with opened.conn.transaction():
            told = settlements.instruct(opened.conn, number, by=by, at=opened.at)
        if as_json:
            output.json({"legs": [settlement_pages.as_data(leg) for leg in told]})
        else:
            settlement_pages.legs(opened.conn, told, len(told))


@app.command()
def book(
    number: Number,
    organisation: Whose,
    amount: Amount,
    reference: Reference,
    as_json: output.Json = False,
) -> None:
    """Book that the bank has moved an amount for a leg."""
    fen = amounts.parse(amount)
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        leg = booking.book(opened.conn, number, who, fen, reference=reference, at=opened.at)
    _tell_leg(leg, as_json=as_json)


@app.command("return")
def return_payment(
    number: Number,
    organisation: Whose,
    amount: Amount,
    reference: Reference,
    reason: Reason,
    as_json: output.Json = False,
) -> None:
    """Book that an amount paid for a leg came back: it is in the position again."""
    fen = amounts.parse(amount)
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        leg = booking.return_payment(
            opened.conn, number, who, fen, reference=reference, reason=reason, at=opened.at
        )
    _tell_leg(leg, as_json=as_json)


@app.command()
def refuse(
    number: Number, organisation: Whose, reason: Reason, as_json: output.Json = False
) -> None:
    """Note that the bank refuses a leg; then instruct it again, or let it fail."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        leg = legs.reject_leg(opened.conn, number, who, reason=reason, at=opened.at)
    _tell_leg(leg, as_json=as_json)


@app.command()
def again(number: Number, organisation: Whose, by: By, as_json: output.Json = False) -> None:
    """Instruct a refused leg once more, under a new end-to-end id."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        leg = legs.reinstruct_leg(opened.conn, number, who, by=by, at=opened.at)
    _tell_leg(leg, as_json=as_json)


@app.command()
def fail(
    number: Number, organisation: Whose, by: By, reason: Reason, as_json: output.Json = False
) -> None:
    """Give a leg up: what is left of it is carried over to the next settlement."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        leg = legs.fail_leg(opened.conn, number, who, by=by, reason=reason, at=opened.at)
    _tell_leg(leg, as_json=as_json)


@app.command("list")
def show_all(
    state: Annotated[
        str | None, typer.Option(help="Only those proposed, approved, instructed, … now.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=limits.PAGE, help="Settlements shown, newest first.")
    ] = 20,
    as_json: output.Json = False,
) -> None:
    """List the newest settlements."""
    only: Any = state  # listed() refuses what is no state
    with session.open_session() as opened:
        found = settlements.listed(opened.conn, state=only, limit=limit)
    if as_json:
        output.json({"settlements": found})
    else:
        settlement_pages.listed(found)


@app.command()
def show(
    number: Number,
    limit: Annotated[int, typer.Option(min=1, max=limits.BULK, help="Legs shown.")] = 20,
    as_json: output.Json = False,
) -> None:
    """Show a settlement: its legs, who was skipped, and who did what when."""
    with session.open_session() as opened:
        zone = opened.settings.time_zone
        found = settlements.get(opened.conn, number)
        told = settlements.legs(opened.conn, number)
        skipped = settlements.skipped(opened.conn, number)
        steps = trail.steps(opened.conn, number)
        if as_json:
            told = sorted(told, key=lambda leg: -abs(leg.amount))[:limit]
            data = [settlement_pages.as_data(leg) for leg in told]
            output.json({"settlement": found, "legs": data, "skipped": skipped, "trail": steps})
        else:
            settlement_pages.show(opened.conn, found, told, skipped, steps, limit, zone)


@app.command()
def explain(
    number: Number,
    organisation: Whose,
    window: Annotated[int | None, typer.Option(help="Single claims of this window …")] = None,
    kind: Annotated[
        str | None, typer.Option(help="… of this kind of line, as it is shown …")
    ] = None,
    counterparty: Annotated[
        str | None, typer.Option("--with", help="… with this organisation.")
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Only operations after this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Lines shown.")] = 50,
    as_json: output.Json = False,
) -> None:
    """Explain a leg by windows and lines, or a line (``--window``, ``--kind``) by single claims."""
    if (window is None) != (kind is None):
        raise typer.BadParameter("a line is named by --window and --kind together")
    with session.open_session() as opened:
        who = organisations.find(opened.conn, organisation)
        if window is not None and kind is not None:
            other = counterparty and organisations.find(opened.conn, counterparty)
            settlement_pages.singles(
                opened.conn,
                who,
                window,
                kind,
                other or None,
                after,
                limit,
                opened.settings.time_zone,
                as_json=as_json,
            )
        else:
            settlement_pages.explain(opened.conn, number, who, limit, as_json=as_json)


def _tell(done: Settlement, *, as_json: bool) -> None:
    if as_json:
        output.json(done)
    else:
        settlement_pages.say(done)


def _tell_leg(leg: Leg, *, as_json: bool) -> None:
    if as_json:
        output.json(settlement_pages.as_data(leg))
    else:
        settlement_pages.say_leg(leg)
