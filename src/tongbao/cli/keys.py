"""``tongbao keys``: keys with which programs call the HTTP API."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from tongbao.access import audit, signing
from tongbao.access import keys as access
from tongbao.access.audit import Actor
from tongbao.access.keys import ApiKey
from tongbao.access.roles import Role
from tongbao.cli import decisions, output, pages, session
from tongbao.cli import organisation as organisations
from tongbao.cli.session import Session
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="KEY", help="The key's number.")]
Expires = Annotated[
    datetime | None,
    typer.Option(
        "--expires",
        formats=["%Y-%m-%d"],
        help="It is good until this day of the alliance's zone begins; unset: for ever.",
    ),
]


@app.callback()
def keys() -> None:
    """Make, replace and end the keys with which programs call the HTTP API."""


@app.command()
def create(
    organisation: Annotated[
        str, typer.Argument(metavar="ORGANISATION", help="Whose key: its code or its id.")
    ],
    role: Annotated[Role, typer.Option(help="What it is for; it allows no more than that.")],
    by: decisions.By,
    name: Annotated[str, typer.Option(help="What it is used by, such as till-7.")] = "key",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Only this of what the role allows; again for another."),
    ] = None,
    expires: Expires = None,
    as_json: output.Json = False,
) -> None:
    """Make a key; its token is shown this once. The operator's first one is made here."""
    with session.open_session() as opened, opened.conn.transaction():
        made, token = access.create(
            opened.conn,
            organisations.find(opened.conn, organisation),
            role,
            name,
            secrets.token_urlsafe(32),
            by=by,
            at=opened.at,
            scopes=scope or None,
            expires_at=_begins(opened, expires),
        )
    _tell(made, token, as_json=as_json)


@app.command()
def rotate(
    key: Number,
    by: decisions.By,
    overlap: Annotated[
        int,
        typer.Option(
            "--overlap",
            min=0,
            max=limits.OVERLAP.days * 24,
            help="So many hours the old one stays good.",
        ),
    ] = 24,
    as_json: output.Json = False,
) -> None:
    """Make the key that takes another's place; the old one stays good for a while."""
    with session.open_session() as opened, opened.conn.transaction():
        made, token = access.rotate(
            opened.conn,
            key,
            secrets.token_urlsafe(32),
            overlap=timedelta(hours=overlap),
            by=by,
            at=opened.at,
        )
    _tell(made, token, as_json=as_json)


@app.command()
def revoke(key: Number, by: decisions.By, as_json: output.Json = False) -> None:
    """End a key at once; servers take some seconds to notice."""
    with session.open_session() as opened, opened.conn.transaction():
        ended = access.revoke(opened.conn, key, by=by, at=opened.at)
    if as_json:
        output.json(ended)
    else:
        output.line(f"key {ended.id} is revoked")


@app.command()
def limit(
    key: Number,
    by: decisions.By,
    a_minute: Annotated[
        int | None,
        typer.Option(
            "--a-minute", min=1, max=limits.ASKED, help="Requests; unset: as is set for all keys."
        ),
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Say how often a key may ask, in each process; servers take some seconds to notice."""
    with session.open_session() as opened, opened.conn.transaction():
        limited = access.limit(opened.conn, key, a_minute)
        actor = Actor(by=by, address="command line")
        audit.note(opened.conn, "key-limited", actor, opened.at, subject=f"key {key}")
    if as_json:
        output.json(limited)
    elif a_minute is None:
        output.line(f"key {key} may ask as often as is set for all")
    else:
        output.line(f"key {key} may ask {a_minute:,} times a minute")


@app.command()
def sign(
    key: Number,
    by: decisions.By,
    optional: Annotated[
        bool, typer.Option("--optional", help="The token stays good, too, for a changeover.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End signing; the token is good.")] = False,
    as_json: output.Json = False,
) -> None:
    """Give a key a secret with which its requests are signed, shown this once."""
    with session.open_session() as opened, opened.conn.transaction():
        conn, secret = opened.conn, None
        if stop:
            signing.disarm(conn, key)
        else:
            chance = secrets.token_bytes(signing.SECRET)
            kept_by = opened.settings.access_secret
            secret = signing.arm(conn, key, chance, required=not optional, key=kept_by)
        kind = "key-signing-ended" if stop else "key-signing-begun"
        actor = Actor(by=by, address="command line")
        audit.note(conn, kind, actor, opened.at, subject=f"key {key}")
    if as_json:
        output.json({"key": key, "secret": secret})
    elif secret is None:
        output.line(f"key {key} does not sign any more; its token lets in whoever has it")
    else:
        token = "is good, too" if optional else "lets nobody in any more"
        output.line(f"key {key} signs with this secret, shown this once; its token {token}:")
        output.line(f"  {secret}")


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Keys shown.")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger numbers.")] = 0,
    as_json: output.Json = False,
) -> None:
    """List keys, ended ones too; their secrets are known to nobody but their holders."""
    with session.open_session() as opened:
        whose = None if organisation is None else organisations.find(opened.conn, organisation)
        found = access.list_of(opened.conn, whose, after, limit)
        if as_json:
            output.json({"keys": found})
            return
        zone = opened.settings.time_zone
        output.table(
            "Keys",
            [">key", "organisation", "role", "name", "made", "last used", "until"],
            [
                (
                    k.id, organisations.code_of(opened.conn, k.organisation_id), k.role, k.name,
                    f"{pages.moment(k.created_at, zone)} by {k.created_by}",
                    _when(k.last_used_at, zone), _end(k, zone),
                )
                for k in found
            ],
        )  # fmt: skip


def _begins(opened: Session, day: datetime | None) -> datetime | None:
    if day is None:
        return None
    return day.replace(tzinfo=ZoneInfo(opened.settings.time_zone)).astimezone(UTC)


def _tell(made: ApiKey, token: str, *, as_json: bool) -> None:
    if as_json:
        output.json({"key": made, "token": token})
        return
    output.line(f"key {made.id} of role {made.role} allows {', '.join(made.scopes)}")
    output.line("its token, shown this once:")
    output.line(token)


def _when(at: datetime | None, zone: str) -> str:
    return "-" if at is None else pages.moment(at, zone)


def _end(key: ApiKey, zone: str) -> str:
    if key.revoked_at is not None:
        return f"revoked {_when(key.revoked_at, zone)} by {key.revoked_by}"
    return _when(key.expires_at, zone)
