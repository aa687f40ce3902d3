"""``tongbao webhook``: who is told of events, and what became of each."""

import secrets as chance
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tongbao.cli import decisions, output, session
from tongbao.cli import organisation as organisations
from tongbao.kernel import limits
from tongbao.webhooks import addresses, deliveries, endpoints, fanout, signing
from tongbao.webhooks.types import Attempt, Delivery, Endpoint

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="WEBHOOK", min=1, help="Its number.")]
Event = Annotated[str, typer.Argument(metavar="EVENT", help="The event's id, evt_….")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Only events of this type; may be repeated. Else all."),
]


@app.callback()
def webhook() -> None:
    """Tell organisations of what concerns them, by calls to their endpoints."""


@app.command()
def create(
    organisation: Annotated[
        str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
    ],
    url: Annotated[str, typer.Argument(metavar="URL", help="What is called: https://….")],
    by: decisions.By,
    types: Types = None,
    name: Annotated[str, typer.Option("--name", help="A name to know it by.")] = "webhook",
    as_json: output.Json = False,
) -> None:
    """Register an endpoint, which is told of what happens from now on; shows its secret once."""
    secret = chance.token_bytes(signing.SECRET)
    with session.open_session() as opened, opened.conn.transaction():
        made = endpoints.create(
            opened.conn,
            organisations.find(opened.conn, organisation),
            url,
            types or [],
            name,
            secret,
            by=by,
            at=opened.at,
            allowed=addresses.networks(opened.settings.webhook_networks),
            key=opened.settings.access_secret,
        )
    _show_secret(made, secret, as_json=as_json)


@app.command("list")
def list_all(
    organisation: Annotated[
        str | None, typer.Option("--organisation", help="Only this organisation's.")
    ] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Those with higher numbers.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=limits.PAGE, help="So many.")] = 50,
    as_json: output.Json = False,
) -> None:
    """List endpoints in the order of their numbers."""
    with session.open_session() as opened:
        whose = None if organisation is None else organisations.find(opened.conn, organisation)
        found = endpoints.list_of(opened.conn, whose, after, limit)
    if as_json:
        output.json({"webhooks": found})
        return
    output.table(
        "Webhooks",
        [">number", ">organisation", "url", "state", "types", ">failures in a row", "name"],
        [
            (
                one.id, one.organisation_id, one.url, one.state,
                ", ".join(one.types) or "all", one.failures_in_row, one.name,
            )
            for one in found
        ],
    )  # fmt: skip


@app.command()
def change(
    number: Number,
    url: Annotated[str | None, typer.Option("--url", help="Another URL.")] = None,
    types: Types = None,
    every: Annotated[bool, typer.Option("--all-types", help="Tell it of all types.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    as_json: output.Json = False,
) -> None:
    """Change where an endpoint is, or what it is told of."""
    with session.open_session() as opened, opened.conn.transaction():
        seen = endpoints.lock(opened.conn, number)
        allowed = addresses.networks(opened.settings.webhook_networks)
        done = endpoints.change(
            opened.conn, seen, at=opened.at, allowed=allowed, url=url,
            types=[] if every else types, name=name,
        )  # fmt: skip
    _show(done, as_json=as_json)


@app.command()
def disable(number: Number, by: decisions.By, as_json: output.Json = False) -> None:
    """Call an endpoint no more until it is enabled; what concerns it meanwhile is not kept."""
    with session.open_session() as opened, opened.conn.transaction():
        endpoints.lock(opened.conn, number)
        done = endpoints.disable(opened.conn, number, by, at=opened.at)
    _show(done, as_json=as_json)


@app.command()
def enable(number: Number, as_json: output.Json = False) -> None:
    """Let an endpoint be called again; what was waiting for it is sent."""
    with session.open_session() as opened, opened.conn.transaction():
        endpoints.lock(opened.conn, number)
        done = endpoints.enable(opened.conn, number, at=opened.at)
    _show(done, as_json=as_json)


@app.command()
def rotate(
    number: Number,
    hours: Annotated[
        int, typer.Option("--hours", min=0, help="So long the one before stays good.")
    ] = 24,
    as_json: output.Json = False,
) -> None:
    """Give an endpoint a new secret, shown once; for a while it is signed with both."""
    secret = chance.token_bytes(signing.SECRET)
    with session.open_session() as opened, opened.conn.transaction():
        endpoints.lock(opened.conn, number)
        made = endpoints.rotate(
            opened.conn, number, secret, overlap=timedelta(hours=hours), at=opened.at,
            key=opened.settings.access_secret,
        )  # fmt: skip
    _show_secret(made, secret, as_json=as_json)


@app.command()
def delete(number: Number) -> None:
    """Delete an endpoint, and what waits for it."""
    with session.open_session() as opened, opened.conn.transaction():
        endpoints.lock(opened.conn, number)
        endpoints.delete(opened.conn, number, at=opened.at)
    output.line(f"webhook {number} is deleted")


@app.command()
def ping(number: Number) -> None:
    """Send an endpoint an event that is for it alone, to try it."""
    with session.open_session() as opened, opened.conn.transaction():
        endpoints.ping(opened.conn, endpoints.get(opened.conn, number), opened.at)
    output.line("it is sent by the worker")


@app.command("deliveries")
def show_deliveries(
    number: Number,
    event: Annotated[
        str | None, typer.Option("--event", help="Call by call, for this event.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only waiting, delivered or given_up.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=limits.PAGE, help="So many.")] = 50,
    as_json: output.Json = False,
) -> None:
    """List what an endpoint was sent or is to be sent, newest first."""
    with session.open_session() as opened:
        endpoints.get(opened.conn, number)
        if event is not None:
            found = deliveries.get(opened.conn, number, event)
            _show_calls(*found, opened.settings.time_zone, as_json=as_json)
            return
        listed = deliveries.list_of(opened.conn, number, state=state, limit=limit)
    if as_json:
        output.json({"deliveries": listed})
        return
    output.table(
        "Deliveries",
        ["event", "type", "state", ">attempts"],
        [(one.event, one.type, one.state, one.attempts) for one in listed],
    )


@app.command()
def replay(
    number: Number,
    by: decisions.By,
    event: Annotated[str | None, typer.Option("--event", help="This event alone.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="All from this time on, UTC.")
    ] = None,
) -> None:
    """Send one event once more, or all since a time; each has the id that it had."""
    if (event is None) == (since is None):
        raise typer.BadParameter("give --event or --since")
    with session.open_session() as opened, opened.conn.transaction():
        found = endpoints.get(opened.conn, number)
        if event is not None:
            deliveries.send_again(opened.conn, number, event, opened.at)
        elif since is not None:
            begin = since if since.tzinfo else since.replace(tzinfo=opened.at.tzinfo)
            fanout.replay(opened.conn, found, begin, by=by, at=opened.at)
    output.line("it is sent by the worker")


def _show_calls(found: Delivery, calls: list[Attempt], zone: str, *, as_json: bool) -> None:
    if as_json:
        output.json({"delivery": found, "calls": calls})
        return
    output.table(
        f"{found.event}, {found.state}",
        ["at", ">status", ">ms", "what went wrong"],
        [
            (
                f"{one.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}",
                one.status or "-", one.milliseconds, one.error or "",
            )
            for one in calls
        ],
    )  # fmt: skip


def _show_secret(made: Endpoint, secret: bytes, *, as_json: bool) -> None:
    if as_json:
        output.json({"webhook": made, "secret": signing.shown(secret)})
        return
    _show(made, as_json=False)
    output.line(f"secret, shown this once: {signing.shown(secret)}")


def _show(one: Endpoint, *, as_json: bool) -> None:
    if as_json:
        output.json(one)
        return
    output.line(f"webhook {one.id} of organisation {one.organisation_id} is {one.state}")
    output.line(f"  {one.url}")
    output.line(f"  {', '.join(one.types) or 'all types'}")
