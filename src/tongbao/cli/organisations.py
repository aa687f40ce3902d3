"""``tongbao organisation``: register organisations, and say which may issue."""

from collections.abc import Callable
from typing import Annotated

import typer

from tongbao.alliance import organisations as alliance
from tongbao.alliance.types import Organisation, Role
from tongbao.cli import organisation as named
from tongbao.cli import output, session
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.losses import default

app = typer.Typer(no_args_is_help=True, add_completion=False)

Which = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
]


@app.callback()
def organisation() -> None:
    """Register organisations, and say which may issue."""


@app.command()
def register(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Letters, digits, dot, dash.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name as people know it.")],
    role: Annotated[Role, typer.Option(help="What it is to the alliance.")] = "merchant",
    as_json: output.Json = False,
) -> None:
    """Register an organisation, active from now on; it issues under a contract only."""
    with session.open_session() as opened, opened.conn.transaction():
        made = alliance.register(opened.conn, code, name, role, opened.at)
    if as_json:
        output.json(made)
    else:
        output.line(f"{made.code} is registered as organisation {made.id}")


@app.command()
def suspend(organisation: Which, as_json: output.Json = False) -> None:
    """Stop an organisation from issuing; its points stay good."""
    _become(organisation, default.suspend, as_json)


@app.command()
def resume(organisation: Which, as_json: output.Json = False) -> None:
    """Let a suspended organisation issue again."""
    _become(organisation, lambda conn, who: alliance.set_status(conn, who, "active"), as_json)


@app.command()
def rename(
    organisation: Which,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name as people know it.")],
    as_json: output.Json = False,
) -> None:
    """Give an organisation another name; its code stays."""
    with session.open_session() as opened, opened.conn.transaction():
        who = named.find(opened.conn, organisation)
        renamed = alliance.rename(opened.conn, who, name)
    if as_json:
        output.json(renamed)
    else:
        output.line(f"{renamed.code} is called {renamed.name}")


@app.command()
def close(organisation: Which, as_json: output.Json = False) -> None:
    """Close an organisation for ever; nothing may be left of it."""
    _become(organisation, lambda conn, who: alliance.set_status(conn, who, "closed"), as_json)


@app.command("list")
def show_all(
    after: Annotated[int, typer.Option(min=0, help="Only those with larger ids.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Organisations shown.")] = 100,
    as_json: output.Json = False,
) -> None:
    """List organisations in the order of their ids."""
    with session.open_session() as opened:
        found = alliance.list_after(opened.conn, after, limit)
    if as_json:
        output.json({"organisations": found})
        return
    output.table(
        "Organisations",
        [">id", "code", "name", "role", "status", "registered"],
        [(o.id, o.code, o.name, o.role, o.status, f"{o.registered_at:%Y-%m-%d}") for o in found],
    )


def _become(which: str, become: Callable[[Connection, int], Organisation], as_json: bool) -> None:
    with session.open_session() as opened, opened.conn.transaction():
        who = named.find(opened.conn, which)
        changed = become(opened.conn, who)
    if as_json:
        output.json(changed)
    else:
        output.line(f"{changed.code} is {changed.status}")
