"""What both consoles do with staff: the columns of their lists, links, locking and letting in."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from litestar import Request

from tongbao.access import audit, bearer, invitations, sessions, staff, totp
from tongbao.access.invitations import Purpose
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.web import labels, who
from tongbao.web.lists import Choice, Column
from tongbao.web.words import mark

YES_NO: Final = {"yes": mark("yes"), "no": mark("no")}
ENDS: Final = (
    Column(name="status", title=mark("State"), kind="state", says=labels.STAFF_STATES),
    Column(name="codes", title=mark("Second factor"), says=YES_NO),
    Column(name="created_at", title=mark("Added"), kind="moment", sort=True),
    Column(name="signed_in_at", title=mark("Last sign-in"), kind="moment"),
)
"""The last columns of a list of staff."""


class OwnAccount(Refused):
    code = "own-account"
    text = "nobody locks their own account or changes its role; ask somebody else who may"


def name_at(path: str) -> Column:
    """Give the first column of a list of staff, each of whom has a page below a path."""
    return Column(
        name="name",
        title=mark("Person"),
        sort=True,
        second="login",
        second_title=mark("Name to sign in with"),
        to=lambda row: f"{path}/{row['id']}",
    )


def choices(roles: Mapping[str, str]) -> tuple[Choice, ...]:
    """Give the filters of a list of staff."""
    return (
        Choice(name="role", title=mark("Role"), values=roles),
        Choice(name="status", title=mark("State"), values=labels.STAFF_STATES),
    )


async def link(
    request: Request[Any, Any, Any], person: int, organisation: int | None = None
) -> str:
    """Make the link that lets somebody set a password; ``organisation``: whose staff alone."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    secret = secrets.token_urlsafe(bearer.BYTES)

    def make(conn: Connection) -> str:
        purpose: Purpose = "invite" if staff.get(conn, person, organisation).invited else "reset"
        audit.note(conn, "staff-link", me.actor(address), at, subject=f"staff {person}")
        return invitations.invite(conn, person, secret, by=me.login, at=at, purpose=purpose)

    token = await parts.write(request, make)
    return f"{request.url.scheme}://{request.headers.get('host', '')}/invitation/{token}"


def change(conn: Connection, person: int, action: str, *, by: str, at: datetime) -> None:
    """Lock somebody or let in again, sign out everywhere, or take a lost second factor away."""
    if action == "remove-codes":
        totp.remove(conn, person, by=by, at=at)
    elif action == "sign-out":
        sessions.revoke_all(conn, person, by=by, at=at)
    else:
        staff.change(conn, person, by=by, at=at, disabled=action == "disable")
