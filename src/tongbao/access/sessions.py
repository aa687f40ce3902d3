"""Sessions of staff: opened at sign-in, checked at each request, listed, revoked.

A session ends when nothing is asked for half an hour, when it is twelve hours old, and when it is
revoked. Its token is another one after each step that lets its holder do more.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.access import bearer
from tongbao.access.audit import Actor
from tongbao.access.roles import ROLES, Role, Scope
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound, Refused

Q = sql.load(__package__, "session_queries.sql")

Means = Literal["password", "sso"]

_TOUCHED: Final = timedelta(minutes=1)
"""How exactly it is known when a session was last seen: not every request writes."""


class SessionUnknown(Refused):
    code = "session-unknown"
    text = "sign in first"


class SessionNotFound(NotFound):
    code = "session-not-found"
    text = "there is no session {session}"


class CodeNeeded(Refused):
    code = "code-needed"
    text = "the code of the second factor is needed first"


class StepUpNeeded(Refused):
    code = "step-up-needed"
    text = "this needs a code of the second factor that was given within {minutes} minutes"


class TotpMissing(Refused):
    code = "totp-missing"
    text = "this needs a second factor; set one up first"


class SignedIn(Struct, frozen=True, kw_only=True):
    """Who is signed in, as each request finds it; ``operator``: for the operator.

    ``entered`` is false while the second factor has not been given: nothing but giving it, and
    signing out, is allowed then. ``totp``: a second factor is set up.
    """

    id: int
    staff_id: int
    organisation_id: int
    operator: bool
    login: str
    name: str
    role: Role
    outlet_id: int | None
    member_id: int | None
    entered: bool
    totp: bool
    created_at: datetime
    expires_at: datetime
    stepped_up_at: datetime | None

    @property
    def scopes(self) -> frozenset[Scope]:
        return frozenset(ROLES[self.role])

    def actor(self, address: str = "") -> Actor:
        """Give the one who acts, for the log."""
        return Actor(
            by=self.login,
            organisation_id=self.organisation_id,
            staff_id=self.staff_id,
            address=address,
        )


class Session(Struct, frozen=True, kw_only=True):
    """A session as its owner sees it in a list."""

    id: int
    staff_id: int
    means: Means
    device: str
    address: str
    entered: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    stepped_up_at: datetime | None


def open_session(
    conn: Connection,
    staff_id: int,
    secret: str,
    *,
    means: Means,
    entered: bool,
    device: str,
    address: str,
    at: datetime,
) -> str:
    """Open a session and give its token; ``secret`` is 43 characters of chance.

    ``device`` is what the browser says of itself; it and ``address`` are shown in the list.
    """
    values = {
        "staff": staff_id,
        "digest": bearer.digest(secret),
        "means": means,
        "device": texts.shown(device, limits.NAME),
        "address": texts.shown(address),
        "entered": entered,
        "at": at,
        "expires_at": at + limits.SESSION,
    }
    (number,) = conn.execute(Q.insert_session, values).fetchone() or (0,)
    return bearer.write("tbs", number, secret)


def check(conn: Connection, token: str, at: datetime) -> SignedIn:
    """Give who is signed in with ``token``; refuses ``session-unknown``, never saying why.

    Notes, once a minute, that the session was seen.
    """
    parts = bearer.read("tbs", token)
    row = parts and conn.execute(Q.session_to_check, {"id": parts[0]}).fetchone()
    if parts is None or row is None:
        raise SessionUnknown
    (
        number, staff_id, digest, entered, created_at, seen_at, expires_at, stepped_up_at,
        revoked_at, organisation_id, login, name, role, outlet_id, member_id, totp, operator,
        barred,
    ) = row  # fmt: skip
    good = bearer.fits(digest, parts[1])
    over = revoked_at is not None or expires_at <= at or seen_at <= at - limits.SESSION_IDLE
    if not good or over or barred:
        raise SessionUnknown
    if at - seen_at > _TOUCHED:
        conn.execute(Q.touch_session, {"id": number, "at": at})
    return SignedIn(
        id=number,
        staff_id=staff_id,
        organisation_id=organisation_id,
        operator=operator,
        login=login,
        name=name,
        role=role,
        outlet_id=outlet_id,
        member_id=member_id,
        entered=entered,
        totp=totp,
        created_at=created_at,
        expires_at=expires_at,
        stepped_up_at=stepped_up_at,
    )


def check_entered(who: SignedIn) -> None:
    """Refuse ``code-needed`` unless the second factor was given where one is set up."""
    if not who.entered:
        raise CodeNeeded


def check_step_up(who: SignedIn, at: datetime) -> None:
    """Refuse unless a code was given lately: what approvals ask for.

    ``totp-missing`` when no second factor is set up, else ``step-up-needed``.
    """
    check_entered(who)
    if not who.totp:
        raise TotpMissing
    if who.stepped_up_at is None or who.stepped_up_at <= at - limits.STEP_UP:
        raise StepUpNeeded(minutes=limits.STEP_UP // timedelta(minutes=1))


def step_up(conn: Connection, session_id: int, secret: str, at: datetime) -> str:
    """Note that a code was given; the session has another token from now on, which is given."""
    values = {"id": session_id, "digest": bearer.digest(secret), "at": at}
    if conn.execute(Q.step_up, values).rowcount != 1:
        raise SessionUnknown
    return bearer.write("tbs", session_id, secret)


def list_of(conn: Connection, staff_id: int, at: datetime) -> list[Session]:
    """Give the sessions of somebody that are good at ``at``, last seen first."""
    values = {
        "staff": staff_id, "at": at, "idle_since": at - limits.SESSION_IDLE, "limit": limits.PAGE,
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(Q.list_sessions, values).fetchall()


def revoke(conn: Connection, session_id: int, staff_id: int, *, by: str, at: datetime) -> None:
    """End one session of somebody, as signing out does; refuses ``session-not-found``."""
    values = {"id": session_id, "staff": staff_id, "by": by, "at": at}
    if conn.execute(Q.revoke_session, values).rowcount != 1:
        raise SessionNotFound(session=session_id)


def revoke_all(
    conn: Connection, staff_id: int, *, by: str, at: datetime, but: int | None = None
) -> int:
    """End all sessions of somebody and all tokens; give how many sessions.

    ``but``: one session that goes on.
    """
    values = {"staff": staff_id, "by": by, "at": at, "kept": but or 0}
    conn.execute(Q.revoke_tokens, values)
    return conn.execute(Q.revoke_sessions, values).rowcount
