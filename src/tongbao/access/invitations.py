"""Invitations: links that let somebody on the staff set a password, once."""

from datetime import datetime
from typing import Literal

from tongbao.access import bearer, passwords, sessions, staff
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "staff_queries.sql")

Purpose = Literal["invite", "reset"]


class InvitationUnknown(Refused):
    code = "invitation-unknown"
    text = "this link is not valid any more; ask for a new one"


def invite(
    conn: Connection,
    staff_id: int,
    secret: str,
    *,
    by: str,
    at: datetime,
    purpose: Purpose = "invite",
) -> str:
    """Make the link with which a password is set, and give its token; earlier ones end.

    ``secret`` is 43 characters of chance. The password that is there stays good until the link
    is used. Refuses ``staff-not-found`` and ``text-malformed``.
    """
    staff.get(conn, staff_id)
    conn.execute(Q.end_invitations, {"staff": staff_id, "at": at})
    lasts = limits.INVITATION if purpose == "invite" else limits.RESET
    values = {
        "staff": staff_id,
        "digest": bearer.digest(secret),
        "by": texts.line("by", by),
        "at": at,
        "expires_at": at + lasts,
    }
    (number,) = conn.execute(Q.insert_invitation, values).fetchone() or (0,)
    return bearer.write("tbi", number, secret)


def look(conn: Connection, token: str, at: datetime) -> staff.Staff:
    """Give whom a link is for, as a page greets them; refuses ``invitation-unknown``."""
    return staff.get(conn, _take(conn, token, at)[0])


def redeem(conn: Connection, token: str, password: str, salt: bytes, at: datetime) -> staff.Staff:
    """Set the password with a link, which is used up; all sessions end.

    ``salt`` is 16 bytes of chance. Refuses ``invitation-unknown`` and ``password-weak``; then the
    link stays good.
    """
    staff_id, login = _take(conn, token, at)
    passwords.check_strength(password, login)
    values = {"id": staff_id, "password": passwords.hash_of(password, salt)}
    conn.execute(Q.set_password, values)
    conn.execute(Q.end_invitations, {"staff": staff_id, "at": at})
    sessions.revoke_all(conn, staff_id, by=login, at=at)
    return staff.get(conn, staff_id)


def _take(conn: Connection, token: str, at: datetime) -> tuple[int, str]:
    parts = bearer.read("tbi", token)
    row = parts and conn.execute(Q.take_invitation, {"id": parts[0]}).fetchone()
    if parts is None or row is None:
        raise InvitationUnknown
    staff_id, digest, expires_at, used_at, login, disabled = row
    good = bearer.fits(digest, parts[1])
    if not good or used_at is not None or expires_at <= at or disabled:
        raise InvitationUnknown
    return staff_id, login
