"""``tongbao staff``: who signs in, for whom and in which role."""

import secrets
from typing import Annotated, Any

import typer

from tongbao.access import audit, bearer, invitations, sso, totp
from tongbao.access import staff as people
from tongbao.access.audit import Actor
from tongbao.access.roles import Role
from tongbao.alliance import organisations as alliance
from tongbao.alliance import outlets
from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages, session
from tongbao.hosting.provider import Provider
from tongbao.kernel import limits

app = typer.Typer(no_args_is_help=True, add_completion=False)

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="The name to sign in with.")]
By = Annotated[str, typer.Option(help="Who does it, for the log.")]


@app.callback()
def staff() -> None:
    """Say who signs in, for whom and in which role."""


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    by: By,
    organisation: Annotated[
        str | None, typer.Option(help="Code or id of the organisation; none: the operator.")
    ] = None,
    outlet: Annotated[
        str | None, typer.Option(help="Code of the outlet in which a cashier works.")
    ] = None,
    as_json: output.Json = False,
) -> None:
    """Add somebody, and give the link that lets the person set a password."""
    with session.open_session() as opened, opened.conn.transaction():
        conn, at = opened.conn, opened.at
        whose = organisations.find(conn, organisation) if organisation else None
        place = None if outlet is None else outlets.find(conn, outlet).id
        made = people.add(
            conn, whose or alliance.operator(conn).id, login, name, role, by=by, at=at,
            outlet_id=place,
        )  # fmt: skip
        token = invitations.invite(conn, made.id, _secret(), by=by, at=at)
        _note(opened, "staff-added", by, made)
    _print_link(made, token, as_json=as_json)


@app.command("list")
def show_all(
    organisation: organisations.Option = None,
    after: Annotated[int, typer.Option(min=0, help="Only those with larger ids.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="People shown.")] = 100,
    as_json: output.Json = False,
) -> None:
    """List the staff in the order of their ids."""
    with session.open_session() as opened:
        conn, zone = opened.conn, opened.settings.time_zone
        whose = organisations.find(conn, organisation) if organisation else None
        found = people.listed(conn, whose, after, limit)
        if as_json:
            output.json({"staff": [_told(one) for one in found]})
            return
        output.table(
            "Staff",
            [">id", "login", "name", "organisation", "role", "status", "codes", "last sign-in"],
            [
                (
                    one.id, one.login, one.name,
                    organisations.code_of(conn, one.organisation_id), one.role, one.status,
                    "yes" if one.totp else "no",
                    pages.moment(one.signed_in_at, zone),
                )
                for one in found
            ],
        )  # fmt: skip


@app.command()
def reset(
    login: Login,
    by: By,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="Take the lost second factor away, too.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """Give a link that lets somebody set a new password; the old one is good until then."""
    with session.open_session() as opened, opened.conn.transaction():
        whom = people.find(opened.conn, login)
        if second_factor:
            totp.remove(opened.conn, whom.id, by=by, at=opened.at)
            _note(opened, "second-factor-removed", by, whom)
        token = invitations.invite(
            opened.conn, whom.id, _secret(), by=by, at=opened.at, purpose="reset"
        )
        _note(opened, "password-reset-begun", by, whom)
    _print_link(whom, token, as_json=as_json)


@app.command()
def disable(login: Login, by: By, as_json: output.Json = False) -> None:
    """Let somebody in no more; all sessions end now."""
    _switch(login, by, disabled=True, as_json=as_json)


@app.command()
def enable(login: Login, by: By, as_json: output.Json = False) -> None:
    """Let somebody in again."""
    _switch(login, by, disabled=False, as_json=as_json)


@app.command()
def link(
    login: Login,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address known there.")],
    by: By,
    as_json: output.Json = False,
) -> None:
    """Let somebody sign in at the provider of single sign-on."""
    with session.open_session() as opened, opened.conn.transaction():
        whom = people.find(opened.conn, login)
        issuer = Provider.of(opened.settings).issuer
        made = sso.link(opened.conn, whom.id, issuer, email, by=by, at=opened.at)
        _note(opened, "sso-linked", by, whom)
    if as_json:
        output.json(made)
    else:
        output.line(f"{whom.login} signs in at {made.issuer} as {made.email}")


@app.command()
def unlink(login: Login, by: By, as_json: output.Json = False) -> None:
    """Let somebody sign in at the provider of single sign-on no more."""
    with session.open_session() as opened, opened.conn.transaction():
        whom = people.find(opened.conn, login)
        issuer = Provider.of(opened.settings).issuer
        sso.unlink(opened.conn, whom.id, issuer)
        _note(opened, "sso-unlinked", by, whom)
    if as_json:
        output.json(_told(whom))
    else:
        output.line(f"{whom.login} does not sign in at {issuer} any more")


def _switch(login: str, by: str, *, disabled: bool, as_json: bool) -> None:
    with session.open_session() as opened, opened.conn.transaction():
        whom = people.find(opened.conn, login)
        changed = people.change(opened.conn, whom.id, by=by, at=opened.at, disabled=disabled)
        _note(opened, "staff-disabled" if disabled else "staff-enabled", by, whom)
    if as_json:
        output.json(_told(changed))
    else:
        output.line(f"{changed.login} is {changed.status}")


def _secret() -> str:
    return secrets.token_urlsafe(bearer.BYTES)


def _note(opened: session.Session, kind: str, by: str, whom: people.Staff) -> None:
    actor = Actor(by=by, address="command line")
    audit.note(opened.conn, kind, actor, opened.at, subject=f"staff {whom.login}")


def _told(whom: people.Staff) -> dict[str, Any]:
    fields = {name: getattr(whom, name) for name in people.Staff.__struct_fields__}
    return fields | {"status": whom.status}


def _print_link(whom: people.Staff, token: str, *, as_json: bool) -> None:
    if as_json:
        output.json({"staff": _told(whom), "invitation": token})
        return
    output.line(f"{whom.login} ({whom.name}) sets a password with this, shown this once:")
    output.line(f"  {token}")
