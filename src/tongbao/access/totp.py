"""The second factor of staff: codes of a phone (TOTP, RFC 6238), and recovery codes."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import pyotp
from msgspec import Struct

from tongbao.access import audit, guesses, sealing, sessions, staff
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "staff_queries.sql")

TRIES: Final = Bound("second-factor", 5, timedelta(minutes=15))
"""Wrong codes of one person: by chance one in 60,000 such quarters of an hour finds one."""

SECRET: Final = 20
"""Bytes of a secret, as RFC 4226 wants."""
RECOVERY: Final = 10
"""Recovery codes; each is made of 10 bytes of chance."""

_ISSUER: Final = "Tongbao"
_STEP: Final = 30
_SKEW: Final = 1
"""Steps by which a phone's clock may be wrong."""


class TotpRefused(Refused):
    code = "totp-refused"
    text = "this code is wrong, or was used before"


class TotpThere(Refused):
    code = "totp-there"
    text = "a second factor is set up already; remove it first"


class Enrolment(Struct, frozen=True, kw_only=True):
    """What a phone needs to make codes: a secret to type, or an address to show as a QR code."""

    secret: str
    uri: str


class SteppedUp(Struct, frozen=True, kw_only=True):
    """A session after its code was given, with its new token; recovery codes that are left."""

    token: str
    recovery_left: int


def begin(conn: Connection, staff_id: int, chance: bytes, *, key: str) -> Enrolment:
    """Give a new secret for somebody's phone; it counts once ``confirm`` has seen a code of it.

    ``chance`` is 20 bytes, ``key`` the setting ``access_secret``. Refuses ``staff-not-found`` and
    ``totp-there``.
    """
    assert len(chance) == SECRET, "a secret has 160 bits"
    conn.execute(Q.lock_staff, {"id": staff_id})
    whom = staff.get(conn, staff_id)
    if whom.totp:
        raise TotpThere
    sealed = sealing.seal(chance, _use(staff_id), key)
    conn.execute(Q.set_totp, {"id": staff_id, "totp": sealed, "since": None, "step": 0})
    made = _totp(chance)
    return Enrolment(
        secret=made.secret, uri=made.provisioning_uri(name=whom.login, issuer_name=_ISSUER)
    )


def confirm(
    conn: Connection,
    who: sessions.SignedIn,
    code: str,
    recovery: Sequence[bytes],
    secret: str,
    at: datetime,
    *,
    key: str,
) -> tuple[SteppedUp, list[str]] | TotpRefused | TooManyAttempts:
    """Set the second factor up with its first code; give the recovery codes, shown this once.

    ``recovery`` is ten times 10 bytes of chance, ``secret`` 43 characters for the session's new
    token. Commit whatever comes back. Refuses ``totp-there``.
    """
    too_many, sealed, since, _ = _take(conn, who.staff_id, at)
    if since is not None:
        raise TotpThere
    if too_many is not None:
        return too_many
    step = None if sealed is None else _step_of(sealed, who.staff_id, code, 0, at, key)
    if sealed is None or step is None:
        return _refused(conn, who, at)
    values = {"id": who.staff_id, "totp": sealed, "since": at, "step": step}
    conn.execute(Q.set_totp, values)
    codes = [_written(chance) for chance in recovery]
    digests = [_recovery_digest(one, who.staff_id, key).hex() for one in codes]
    conn.execute(Q.delete_recovery, {"staff": who.staff_id})
    conn.execute(Q.insert_recovery, {"staff": who.staff_id, "digests": arrays.words(digests)})
    audit.note(conn, "second-factor-set-up", who.actor(), at)
    return _stepped_up(conn, who, secret, at), codes


def verify(
    conn: Connection, who: sessions.SignedIn, code: str, secret: str, at: datetime, *, key: str
) -> SteppedUp | TotpRefused | TooManyAttempts:
    """Take a code, or a recovery code, and let the session approve for a while.

    Each is good once. ``secret`` is 43 characters for the session's new token. Commit whatever
    comes back. Refuses ``totp-missing``.
    """
    too_many, sealed, since, last = _take(conn, who.staff_id, at)
    if sealed is None or since is None:
        raise sessions.TotpMissing
    if too_many is not None:
        return too_many
    step = _step_of(sealed, who.staff_id, code, last, at, key)
    if step is not None:
        values = {"id": who.staff_id, "totp": sealed, "since": since, "step": step}
        conn.execute(Q.set_totp, values)
        return _stepped_up(conn, who, secret, at)
    digest = _recovery_digest(code, who.staff_id, key)
    spent = conn.execute(Q.use_recovery, {"staff": who.staff_id, "digest": digest, "at": at})
    if spent.rowcount != 1:
        return _refused(conn, who, at)
    audit.note(conn, "recovery-code-used", who.actor(), at)
    return _stepped_up(conn, who, secret, at)


def remove(conn: Connection, staff_id: int, *, by: str, at: datetime) -> None:
    """Take somebody's second factor away, who has lost it; all sessions end."""
    conn.execute(Q.set_totp, {"id": staff_id, "totp": None, "since": None, "step": 0})
    conn.execute(Q.delete_recovery, {"staff": staff_id})
    sessions.revoke_all(conn, staff_id, by=by, at=at)


def _take(
    conn: Connection, staff_id: int, at: datetime
) -> tuple[TooManyAttempts | None, bytes | None, datetime | None, int]:
    """Count a try and read what is set up, one after the other: a code is not good twice."""
    conn.execute(Q.lock_staff, {"id": staff_id})
    too_many = guesses.count(conn, TRIES, str(staff_id), at)
    row = conn.execute(Q.get_totp, {"id": staff_id}).fetchone()
    assert row is not None, "a session belongs to somebody"
    return too_many, *row


def _stepped_up(conn: Connection, who: sessions.SignedIn, secret: str, at: datetime) -> SteppedUp:
    guesses.forgive(conn, TRIES, str(who.staff_id))
    token = sessions.step_up(conn, who.id, secret, at)
    (left,) = conn.execute(Q.count_recovery, {"staff": who.staff_id}).fetchone() or (0,)
    return SteppedUp(token=token, recovery_left=left)


def _refused(conn: Connection, who: sessions.SignedIn, at: datetime) -> TotpRefused:
    audit.note(conn, "second-factor-refused", who.actor(), at)
    return TotpRefused()


def _step_of(
    sealed: bytes, staff_id: int, code: str, last: int, at: datetime, key: str
) -> int | None:
    """Give the step of time whose code this is, after the ``last`` one used; None: no step's."""
    typed = "".join(code.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdecimal()):
        return None
    made = _totp(sealing.unseal(sealed, _use(staff_id), key))
    now = int(at.timestamp()) // _STEP
    steps = range(now - _SKEW, now + _SKEW + 1)
    fitting = [s for s in steps if hmac.compare_digest(made.generate_otp(s), typed)]
    return next((s for s in fitting if s > last), None)


def _totp(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode(), interval=_STEP)


def _use(staff_id: int) -> str:
    return f"totp {staff_id}"


def _written(chance: bytes) -> str:
    assert len(chance) == 10, "a recovery code has 80 bits"
    text = base64.b32encode(chance).decode().lower()
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4))


def _recovery_digest(code: str, staff_id: int, key: str) -> bytes:
    plain = "".join(c for c in code.lower()[:100] if c.isalnum())
    return sealing.digest(plain, f"recovery {staff_id}", key)
