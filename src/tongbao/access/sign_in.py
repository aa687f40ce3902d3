"""Sign-in of staff by name and password: the same work and the same answer for unknown names.

In three steps, so that nothing is locked while the slow hash runs: ``begin`` counts the try,
``passwords.fits`` takes its time, ``finish`` opens the session. The door commits after each.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.access import audit, guesses, passwords, sessions, staff
from tongbao.access.audit import Actor
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.kernel import sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "staff_queries.sql")

_QUARTER: Final = timedelta(minutes=15)
HERE: Final = Bound("sign-in-here", 10, _QUARTER)
"""Tries of one name from one address."""
NAME: Final = Bound("sign-in-name", 50, timedelta(hours=1))
"""Tries of one name from anywhere: larger, so that nobody is easily locked out by others."""
ADDRESS: Final = Bound("sign-in-address", 200, _QUARTER)
"""Tries from one address, behind which there may be a whole office."""


class SignInRefused(Refused):
    code = "sign-in-refused"
    text = "this name and password do not let anybody in"


class PasswordWrong(Refused):
    code = "password-wrong"
    text = "this is not the password that you have now"


class Candidate(Struct, frozen=True, kw_only=True):
    """Who wants to sign in: perhaps somebody, perhaps nobody; never shown to anyone."""

    login: str
    staff_id: int | None
    password: str | None
    barred: bool


class Entered(Struct, frozen=True, kw_only=True):
    """Who has signed in, and the token of the session, for the cookie."""

    who: sessions.SignedIn
    token: str


def begin(
    conn: Connection, login: str, *, address: str, at: datetime
) -> Candidate | TooManyAttempts:
    """Count a try to sign in, and look up who it may be; commit whatever comes back."""
    try:
        folded = staff.fold(login)
    except staff.LoginMalformed:
        folded = texts.shown(login)  # nobody is called so; it is refused like any wrong name
    for bound, subject in _subjects(folded, address):
        too_many = guesses.count(conn, bound, subject, at)
        if too_many is not None:
            return too_many
    found = conn.execute(Q.password_of, {"login": folded}).fetchone()
    staff_id, password, barred = found or (None, None, True)
    return Candidate(login=folded, staff_id=staff_id, password=password, barred=barred)


def finish(
    conn: Connection,
    candidate: Candidate,
    password: str,
    *,
    good: bool,
    secret: str,
    salt: bytes,
    device: str,
    address: str,
    at: datetime,
) -> Entered | SignInRefused:
    """Open the session if the password was ``good``; log either. Commit whatever comes back.

    ``secret`` (43 characters) and ``salt`` (16 bytes) are chance, used or not.
    """
    if not good or candidate.staff_id is None or candidate.barred:
        _log_refusal(conn, candidate, address, at)
        return SignInRefused()
    assert candidate.password is not None, "without one nothing is good"
    if passwords.is_outdated(candidate.password):
        hashed = passwords.hash_of(password, salt)
        conn.execute(Q.set_password, {"id": candidate.staff_id, "password": hashed})
    subject = _subjects(candidate.login, address)[0][1]
    guesses.forgive(conn, HERE, subject)
    return enter(conn, candidate.staff_id, secret, "password", device, address, at)


def change(
    conn: Connection,
    candidate: Candidate,
    who: sessions.SignedIn,
    *,
    good: bool,
    hashed: str,
    address: str,
    at: datetime,
) -> PasswordWrong | None:
    """Set a new password (``hashed``) if the old one was ``good``; log either, and commit.

    All sessions and tokens end but the one that asks.
    """
    if not good or candidate.staff_id != who.staff_id or candidate.barred:
        audit.note(conn, "password-change-refused", who.actor(address), at)
        return PasswordWrong()
    conn.execute(Q.set_password, {"id": who.staff_id, "password": hashed})
    guesses.forgive(conn, HERE, _subjects(candidate.login, address)[0][1])
    sessions.revoke_all(conn, who.staff_id, by=who.login, at=at, but=who.id)
    audit.note(conn, "password-changed", who.actor(address), at)
    return None


def enter(
    conn: Connection,
    staff_id: int,
    secret: str,
    means: sessions.Means,
    device: str,
    address: str,
    at: datetime,
) -> Entered:
    """Open the session of somebody whom a password or single sign-on has let in, and log it."""
    found = staff.get(conn, staff_id)
    token = sessions.open_session(
        conn,
        staff_id,
        secret,
        means=means,
        entered=means == "sso" or not found.totp,
        device=device,
        address=address,
        at=at,
    )
    conn.execute(Q.note_sign_in, {"id": staff_id, "at": at})
    who = sessions.check(conn, token, at)
    audit.note(conn, "sign-in", who.actor(address), at, said={"means": means})
    return Entered(who=who, token=token)


def _subjects(login: str, address: str) -> list[tuple[Bound, str]]:
    """Give what a try counts against; the name as a hash, for it may be a password mistyped."""
    name = hashlib.sha256(login.encode()).hexdigest()
    return [(HERE, f"{name} {address}"), (NAME, name), (ADDRESS, address)]


def _log_refusal(conn: Connection, candidate: Candidate, address: str, at: datetime) -> None:
    if candidate.staff_id is None:
        audit.note(conn, "sign-in-refused", audit.nobody(address), at)
        return
    found = staff.get(conn, candidate.staff_id)
    actor = Actor(
        by=found.login,
        organisation_id=found.organisation_id,
        staff_id=found.id,
        address=address,
    )
    audit.note(conn, "sign-in-refused", actor, at)
