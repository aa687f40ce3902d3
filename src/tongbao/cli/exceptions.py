"""``tongbao exceptions``: what could not be posted, matched or paid, and how it ended."""

from typing import Annotated

import typer

from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages, session
from tongbao.desk import exceptions as items
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

ItemId = Annotated[int, typer.Argument(metavar="ITEM", help="The item's number.")]


@app.callback()
def exceptions() -> None:
    """Work on what could not be posted, matched or paid."""


@app.command("list")
def show_all(
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as advice.")] = None,
    organisation: organisations.Option = None,
    closed: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Items shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List what is open, oldest first."""
    with session.open_session() as opened:
        whose = organisation and organisations.find(opened.conn, organisation)
        found = items.listed(
            opened.conn,
            kind,
            whose or None,
            limit,
            now=opened.at,
            state=None if closed else "open",
            after=after,
        )
        if as_json:
            output.json({"items": found})
            return
        zone = opened.settings.time_zone
        output.table(
            "Exception items",
            [">item", "kind", "organisation", "subject", "raised", ">days", "state", "facts"],
            [
                (
                    i.id, i.kind, organisations.code_of(opened.conn, i.organisation_id),
                    i.subject, pages.moment(i.raised_at, zone), i.age, i.closed_how or i.state,
                    output.facts(i.facts),
                )
                for i in found
            ],
        )  # fmt: skip


@app.command()
def show(item: ItemId, as_json: output.Json = False) -> None:
    """Show an item with all its facts."""
    with session.open_session() as opened:
        found = items.get(opened.conn, item, now=opened.at)
        if as_json:
            output.json(found)
            return
        whose = organisations.code_of(opened.conn, found.organisation_id)
        _print(found, whose, opened.settings.time_zone)


@app.command()
def assign(
    item: ItemId,
    by: Annotated[str, typer.Option(help="Who says so, for the record.")],
    to: Annotated[str | None, typer.Option(help="Who works on it; unset: nobody.")] = None,
    as_json: output.Json = False,
) -> None:
    """Say who works on an item."""
    with session.open_session() as opened, opened.conn.transaction():
        changed = items.assign(opened.conn, item, to, by=by, at=opened.at)
    if as_json:
        output.json(changed)
    else:
        output.line(f"item {changed.id} is with {changed.assigned_to or 'nobody'}")


@app.command()
def close(
    item: ItemId,
    by: Annotated[str, typer.Option(help="Who closes it, for the record.")],
    how: Annotated[str, typer.Option(help="How it ended, as a code such as written-off.")],
    reason: Annotated[str, typer.Option(help="Why, as a sentence.")],
    as_json: output.Json = False,
) -> None:
    """Close an item: somebody has dealt with it."""
    with session.open_session() as opened, opened.conn.transaction():
        closed = items.close_item(opened.conn, item, by=by, how=how, reason=reason, at=opened.at)
    if as_json:
        output.json(closed)
    else:
        output.line(f"item {closed.id} is closed by {closed.closed_by}: {closed.closed_how}")


def _print(item: items.ExceptionItem, organisation: str, zone: str) -> None:
    rows: list[tuple[str, object]] = [
        ("kind", item.kind),
        ("subject", item.subject),
        ("organisation", organisation),
        ("raised", pages.moment(item.raised_at, zone)),
        ("days", item.age),
        ("state", item.state),
    ]
    if item.assigned_to is not None:
        rows.append(("with", f"{item.assigned_to}, said {item.assigned_by}"))
    if item.closed_at is not None:
        rows.append(("closed", pages.moment(item.closed_at, zone)))
    if item.closed_by is not None:
        said = f"{item.closed_how}, by {item.closed_by}: {item.closed_reason}"
        rows.append(("how", said))
    rows += [(f"  {name}", value) for name, value in item.facts.items()]
    output.table(f"Exception item {item.id}", ["", ""], rows)
