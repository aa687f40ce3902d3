"""``tongbao risk``: limits, amounts that need a proof, sleeping wallets, and the review queue."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages, session
from tongbao.kernel import amounts, clock, limits
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection
from tongbao.points import caps
from tongbao.points.check import Rules
from tongbao.points.operations import Proof
from tongbao.teller.batch import post_batch
from tongbao.till import review, sleepers, watch

app = typer.Typer(no_args_is_help=True, add_completion=False)

By = Annotated[str, typer.Option(help="Who does it, for the record.")]
Reason = Annotated[str, typer.Option(help="Why, for the record.")]
From = Annotated[
    datetime | None, typer.Option("--from", help="From then on, in UTC; unset: from now on.")
]
ItemId = Annotated[int, typer.Argument(metavar="ITEM", help="The item's number.")]
MemberId = Annotated[int, typer.Argument(metavar="MEMBER", help="The member's number.")]
Subject = Annotated[caps.Subject, typer.Argument(help="Whose operations are counted together.")]
Measure = Annotated[caps.Measure, typer.Argument(help="What is counted.")]
Span = Annotated[caps.Span, typer.Argument(help="In how long a time.")]


@app.callback()
def risk() -> None:
    """Limit what may happen how often, and look at what deserves a look."""


@app.command("limit")
def set_limit(
    subject: Subject,
    measure: Measure,
    span: Span,
    by: By,
    reason: Reason,
    uses: Annotated[int | None, typer.Option(help="So many operations at most.")] = None,
    points: Annotated[str | None, typer.Option(help="So many points at most.")] = None,
    organisation: organisations.Option = None,
    valid_from: From = None,
    as_json: output.Json = False,
) -> None:
    """Limit how often and how much; with neither number the limit is lifted."""
    with session.open_session() as opened, opened.conn.transaction():
        made = caps.set_limit(
            opened.conn,
            subject,
            measure,
            span,
            uses=uses,
            points=None if points is None else amounts.parse(points),
            organisation_id=_whose(opened.conn, organisation),
            by=by,
            reason=reason,
            at=opened.at,
            valid_from=_utc(valid_from),
        )
    if as_json:
        output.json(made)
    else:
        output.line(f"limit {made.id}: {_limit(made)}, from {made.valid_from:%Y-%m-%d %H:%M} UTC")


@app.command("proof")
def set_proof(
    proof: Annotated[Proof, typer.Argument(help="What is asked for: PIN or one-time code.")],
    by: By,
    reason: Reason,
    points: Annotated[
        str | None, typer.Option(help="From so many points on; unset: not any more.")
    ] = None,
    organisation: organisations.Option = None,
    valid_from: From = None,
    as_json: output.Json = False,
) -> None:
    """Ask members for a proof from an amount on."""
    with session.open_session() as opened, opened.conn.transaction():
        made = caps.set_step_up(
            opened.conn,
            proof,
            points=None if points is None else amounts.parse(points),
            organisation_id=_whose(opened.conn, organisation),
            by=by,
            reason=reason,
            at=opened.at,
            valid_from=_utc(valid_from),
        )
    if as_json:
        output.json(made)
    else:
        least = "not asked for" if made.points is None else f"from {yuan(made.points)} points on"
        output.line(f"{made.proof}: {least}, from {made.valid_from:%Y-%m-%d %H:%M} UTC")


@app.command("limits")
def show_limits(organisation: organisations.Option = None, as_json: output.Json = False) -> None:
    """List all versions of limits and of amounts that need a proof."""
    with session.open_session() as opened:
        whose = _whose(opened.conn, organisation)
        found = caps.limits_of(opened.conn, whose)
        asked = caps.step_ups_of(opened.conn, whose)
        if as_json:
            output.json({"limits": found, "proofs": asked})
            return
        zone, conn = opened.settings.time_zone, opened.conn
        output.table(
            "Limits",
            [">limit", "what", "at", "from", "by", "reason"],
            [
                (
                    one.id,
                    _limit(one),
                    organisations.code_of(conn, one.organisation_id),
                    pages.moment(one.valid_from, zone),
                    one.set_by,
                    one.reason,
                )
                for one in found
            ],
        )
        output.table(
            "Proofs",
            ["proof", ">from points", "at", "from", "by", "reason"],
            [
                (
                    one.proof,
                    "-" if one.points is None else yuan(one.points),
                    organisations.code_of(conn, one.organisation_id),
                    pages.moment(one.valid_from, zone),
                    one.set_by,
                    one.reason,
                )
                for one in asked
            ],
        )


@app.command()
def queue(
    organisation: organisations.Option = None,
    closed: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Items shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List what the watch has found, oldest first."""
    with session.open_session() as opened:
        found = review.waiting(
            opened.conn,
            _whose(opened.conn, organisation),
            now=opened.at,
            state=None if closed else "open",
            after=after,
            limit=limit,
        )
        if as_json:
            output.json({"items": found})
            return
        output.table(
            "Review queue",
            [">item", "kind", "organisation", "raised", "state", "facts"],
            [
                (
                    one.id,
                    one.kind,
                    organisations.code_of(opened.conn, one.organisation_id),
                    pages.moment(one.raised_at, opened.settings.time_zone),
                    one.closed_how or one.state,
                    output.facts(one.facts),
                )
                for one in found
            ],
        )


@app.command()
def decide(
    item: ItemId,
    verdict: Annotated[
        Literal["cleared", "confirmed"], typer.Argument(help="Confirming locks the member.")
    ],
    by: By,
    reason: Reason,
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="Propose to take them back; another person approves."),
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Decide an item of the review queue."""
    with session.open_session() as opened:
        do = review.clear if verdict == review.CLEARED else review.confirm
        with opened.conn.transaction():
            closed = do(opened.conn, item, by=by, reason=reason, at=opened.at)
            back = None
            if take_back:
                back = review.take_back(opened.conn, item, by=by, reason=reason, at=opened.at)
        proposal = None
        if back is not None:
            (outcome,) = post_batch(opened.conn, [back], opened.at, Rules())
            if isinstance(outcome, Exception):
                raise outcome
            proposal = outcome.operation
    if as_json:
        output.json({"item": closed, "proposal": proposal})
        return
    output.line(f"item {closed.id} is {closed.closed_how}")
    if proposal is not None:
        output.line(f"adjustment {proposal} waits for another person to approve it")


@app.command("watch")
def look(as_json: output.Json = False) -> None:
    """Read what has happened since the last time, and note what deserves a look."""
    with session.open_session() as opened:
        seen = watch.look_at_all(opened.conn, clock.now)
    if as_json:
        output.json({"events": seen.events, "found": seen.found})
    else:
        output.line(f"{seen.events:,} events read, {seen.found:,} to look at")


@app.command("sleepers")
def lock_sleepers(as_json: output.Json = False) -> None:
    """Lock the wallets of members who have not been here for TONGBAO_DORMANT_DAYS."""
    with session.open_session() as opened:
        locked = sleepers.lock_all(opened.conn, clock.now, opened.settings.dormant_days).locked
    if as_json:
        output.json({"locked": locked})
    else:
        output.line(f"{locked:,} wallets locked")


@app.command()
def unlock(member: MemberId, as_json: output.Json = False) -> None:
    """Unlock a wallet, after the member has proved to be there in some other way."""
    with session.open_session() as opened, opened.conn.transaction():
        done = sleepers.unlock(opened.conn, member, opened.at)
    if as_json:
        output.json(done)
    else:
        output.line(f"member {done.id} may spend")


def _limit(one: caps.Limit) -> str:
    most = []
    if one.uses is not None:
        most.append(f"{one.uses:,} times")
    if one.points is not None:
        most.append(f"{yuan(one.points)} points")
    return f"each {one.subject} may {one.measure} {' and '.join(most) or 'freely'} a {one.span}"


def _whose(conn: Connection, organisation: str | None) -> int | None:
    return None if organisation is None else organisations.find(conn, organisation)


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)
