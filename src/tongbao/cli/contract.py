"""``tongbao contract``: sign the terms of organisations, and see what they have agreed to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer

from tongbao.alliance import contracts
from tongbao.alliance.types import Contract, Terms
from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages, session
from tongbao.kernel.errors import Malformed

app = typer.Typer(no_args_is_help=True, add_completion=False)

Which = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
]

_FIELDS: Final = {field.name: field.type for field in msgspec.structs.fields(Terms)}
_NONE: Final = "none"


class TermUnreadable(Malformed):
    code = "term-unreadable"
    text = "{given!r} is no term: {reason}"


@app.callback()
def contract() -> None:
    """Sign the terms of organisations, and see what they have agreed to."""


@app.command()
def sign(
    organisation: Which,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="NAME=VALUE", help="A term; again for another."),
    ] = None,
    valid_from: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="From this day (and time) of the alliance's zone on; unset: from now on.",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="What is not given is as when unset, not as before.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Sign the next version of a contract: as the one before, but for the terms given."""
    with session.open_session() as opened, opened.conn.transaction():
        who = organisations.find(opened.conn, organisation)
        begins = opened.at
        if valid_from is not None:
            zone = ZoneInfo(opened.settings.time_zone)
            begins = valid_from.replace(tzinfo=zone).astimezone(UTC)
        signed = contracts.amend(
            opened.conn, who, terms(term or []), begins, opened.at, fresh=fresh
        )
    if as_json:
        output.json(signed)
    else:
        _print(f"Signed with {organisation}", [signed], opened.settings.time_zone)


@app.command()
def history(organisation: Which, as_json: output.Json = False) -> None:
    """Show all versions of an organisation's contract, oldest first."""
    with session.open_session() as opened:
        who = organisations.find(opened.conn, organisation)
        found = contracts.history(opened.conn, who)
    if as_json:
        output.json({"versions": found})
    else:
        _print(f"Contract of {organisation}", found, opened.settings.time_zone)


def terms(given: Sequence[str]) -> dict[str, Any]:
    """Read terms such as ``earn_rate=20000``; refuses ``term-unreadable``."""
    return dict(_term(text) for text in given)


def _term(text: str) -> tuple[str, Any]:
    name, _, raw = text.partition("=")
    if name not in _FIELDS:
        reason = f"there are {', '.join(_FIELDS)}"
        raise TermUnreadable(given=text[:100], reason=reason)
    value: Any = [part for part in raw.split(",") if part] if name == "alert_at" else raw
    try:
        wanted = None if raw == _NONE else value
        return name, msgspec.convert(wanted, _FIELDS[name], strict=False)
    except msgspec.ValidationError as error:
        raise TermUnreadable(given=text[:100], reason=str(error)) from None


def _print(title: str, versions: list[Contract], zone: str) -> None:
    output.table(
        title,
        ["term", *(f">from {pages.moment(one.valid_from, zone)}" for one in versions)],
        [
            (name, *(_cell(getattr(one.terms, name)) for one in versions))
            for name in (_FIELDS if versions else ())
        ],
    )


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or _NONE
    return _NONE if value is None else str(value)
