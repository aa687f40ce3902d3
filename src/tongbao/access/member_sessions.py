"""Sessions of members: opened by a one-time code, checked at each request, ended with a device."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.access import bearer
from tongbao.access.audit import Actor
from tongbao.access.sessions import SessionUnknown
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "member_queries.sql")

_TOUCHED: Final = timedelta(hours=1)
"""How exactly it is known when a session was last seen: not every request writes."""


class ProofNeeded(Refused):
    code = "proof-needed"
    text = "this needs a code that was given within {minutes} minutes"


class MemberIn(Struct, frozen=True, kw_only=True):
    """A member who is signed in, as each request finds it; ``proved_at``: the last code."""

    id: int
    member_id: int
    device_id: int
    created_at: datetime
    expires_at: datetime
    proved_at: datetime

    def actor(self, address: str = "") -> Actor:
        """Give the one who acts, for the log."""
        return Actor(by=f"member {self.member_id}", member_id=self.member_id, address=address)


def open_session(
    conn: Connection, member_id: int, device_id: int, secret: str, *, address: str, at: datetime
) -> str:
    """Open a session on a device and give its token; ``secret`` is 43 characters of chance."""
    values = {
        "member": member_id,
        "device": device_id,
        "digest": bearer.digest(secret),
        "address": texts.shown(address),
        "at": at,
        "expires_at": at + limits.MEMBER_SESSION,
    }
    (number,) = conn.execute(Q.insert_member_session, values).fetchone() or (0,)
    return bearer.write("tbm", number, secret)


def check(conn: Connection, token: str, at: datetime) -> MemberIn:
    """Give which member is signed in with ``token``; refuses ``session-unknown``.

    Whoever was merged or closed signs in again. Notes, once an hour, that it was seen.
    """
    parts = bearer.read("tbm", token)
    row = parts and conn.execute(Q.member_session_to_check, {"id": parts[0]}).fetchone()
    if parts is None or row is None:
        raise SessionUnknown
    number, member_id, device_id, digest, created_at, seen_at, expires_at, proved_at, barred = row
    good = bearer.fits(digest, parts[1])
    over = expires_at <= at or seen_at <= at - limits.MEMBER_SESSION_IDLE
    if not good or over or barred:
        raise SessionUnknown
    if at - seen_at > _TOUCHED:
        conn.execute(Q.touch_member_session, {"id": number, "at": at})
        conn.execute(Q.touch_device, {"id": device_id, "at": at})
    return MemberIn(
        id=number,
        member_id=member_id,
        device_id=device_id,
        created_at=created_at,
        expires_at=expires_at,
        proved_at=proved_at,
    )


def check_proof(who: MemberIn, at: datetime) -> None:
    """Refuse ``proof-needed`` unless a code was given lately."""
    if who.proved_at <= at - limits.STEP_UP:
        raise ProofNeeded(minutes=limits.STEP_UP // timedelta(minutes=1))


def prove(conn: Connection, who: MemberIn, secret: str, at: datetime) -> str:
    """Note that a code was given; the session has another token from now on, which is given."""
    values = {"id": who.id, "digest": bearer.digest(secret), "at": at}
    if conn.execute(Q.prove_member_session, values).rowcount != 1:
        raise SessionUnknown
    return bearer.write("tbm", who.id, secret)
