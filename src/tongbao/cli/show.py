"""``tongbao show``: a member, an organisation, an operation, an outlet as they stand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

import typer
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.cli import output, pages, session
from tongbao.cli.session import Session
from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.points import explain, standing, statements

app = typer.Typer(no_args_is_help=True, add_completion=False)

Limit = Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Rows of each list at most.")]
Page = TypeVar("Page", bound=Struct)

_KINDS: Final = ("phone", "card", "external")


class NumberMalformed(Malformed):
    code = "number-malformed"
    text = "{given!r} is not the number of {what}"


@app.callback()
def show() -> None:
    """Show a member, an organisation, an operation or an outlet as it stands."""


@app.command("member")
def show_member(
    who: Annotated[
        str, typer.Argument(help="Its id, phone:…, card:…, or external:<organisation>:<id>.")
    ],
    limit: Limit = 30,
    as_json: output.Json = False,
) -> None:
    """Show a member's statement: balances, lots by issuer, history with the running balance."""
    with _reading() as opened:
        statement = statements.statement(opened.conn, _member(opened, who), limit)
    _print(statement, pages.member, opened, as_json=as_json)


@app.command("organisation")
def show_organisation(
    which: Annotated[str, typer.Argument(help="Its code or its id.")],
    limit: Limit = standing.OPERATIONS,
    as_json: output.Json = False,
) -> None:
    """Show where an organisation stands: terms, balances, headroom, claims, outlets."""
    with _reading() as opened:
        known = _organisation(opened, which)
        stands = standing.of_organisation(opened.conn, known, opened.at, limit)
    _print(stands, pages.organisation, opened, as_json=as_json)


@app.command("operation")
def show_operation(
    number: Annotated[str, typer.Argument(help="Its id.")], as_json: output.Json = False
) -> None:
    """Explain an operation: transfers with reasons, lots, claims, its place in the journal."""
    with _reading() as opened:
        explanation = explain.explain(opened.conn, _number(number, "an operation"))
    if as_json:
        output.json(explain.as_data(explanation))
    else:
        pages.operation(explanation, opened.settings.time_zone)


@app.command("outlet")
def show_outlet(
    code: Annotated[str, typer.Argument(help="Its code.")],
    limit: Limit = standing.OPERATIONS,
    as_json: output.Json = False,
) -> None:
    """Show an outlet: where it stands, what it sells, its newest operations."""
    with _reading() as opened:
        stands = standing.of_outlet(opened.conn, code, limit)
    _print(stands, pages.outlet, opened, as_json=as_json)


@contextmanager
def _reading() -> Iterator[Session]:
    """Open a session whose queries all see one snapshot."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield opened


def _print(
    page: Page, write: Callable[[Page, str], None], opened: Session, *, as_json: bool
) -> None:
    if as_json:
        output.json(page)
    else:
        write(page, opened.settings.time_zone)


def _number(given: str, what: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= 19):
        raise NumberMalformed(given=given[:40], what=what)
    return int(given)


def _member(opened: Session, who: str) -> int:
    """Find a member by its id or by an identity."""
    kind, _, value = who.partition(":")
    if kind not in _KINDS:
        return _number(who, "a member")
    given: dict[str, Any] = {"kind": kind, "value": value}
    if kind == "external":
        issuer, _, given["value"] = value.partition(":")
        given["issuer_id"] = _organisation(opened, issuer)
    return identities.find(opened.conn, Identity(**given), secret=opened.settings.identity_secret)


def _organisation(opened: Session, which: str) -> int:
    """Find an organisation by its code, else by its id."""
    try:
        return organisations.find(opened.conn, which).id
    except organisations.OrganisationNotFound:
        if not which.isdecimal():
            raise
        return _number(which, "an organisation")
