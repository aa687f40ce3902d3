"""One-time codes: six digits sent to a phone, good once, for five minutes and five tries."""

import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

from tongbao.access import guesses, sealing
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "member_queries.sql")

Purpose = Literal["sign-in", "prove", "pay"]

DIGITS: Final = 6
TRIES: Final = 5
"""Tries of one code; whoever sends another one starts anew, five times an hour at most."""

SENT: Final = (
    Bound("code-minute", 1, timedelta(minutes=1)),
    Bound("code-hour", 5, timedelta(hours=1)),
    Bound("code-day", 10, timedelta(days=1)),
)
"""Codes sent to one phone: each costs money, and disturbs."""
SENT_ADDRESS: Final = Bound("code-address", 60, timedelta(hours=1))
"""Codes that one address has sent; behind it may be the free network of a mall."""
TRIED_ADDRESS: Final = Bound("code-tried", 100, timedelta(hours=1))


class CodeRefused(Refused):
    code = "code-refused"
    text = "this code is wrong, was used, or has ended; ask for a new one"


def issue(
    conn: Connection,
    purpose: Purpose,
    subject: str,
    digits: str,
    *,
    address: str,
    at: datetime,
    key: str,
) -> TooManyAttempts | None:
    """Note the code that is about to be sent; those sent before are no longer good.

    ``subject`` is a phone's keyed hash, ``digits`` six of chance, ``key`` the setting
    ``access_secret``. Commit whatever comes back.
    """
    assert len(digits) == DIGITS and digits.isdecimal(), "a code has six digits"
    bounds = [(SENT_ADDRESS, address), *((bound, subject) for bound in SENT)]
    for bound, whose in bounds:
        too_many = guesses.count(conn, bound, whose, at)
        if too_many is not None:
            return too_many
    values = {
        "purpose": purpose,
        "subject": subject,
        "digest": _digest(purpose, subject, digits, key),
        "at": at,
        "expires_at": at + limits.ONE_TIME_CODE,
    }
    conn.execute(Q.delete_codes, values)
    conn.execute(Q.insert_code, values)
    return None


def take(
    conn: Connection,
    purpose: Purpose,
    subject: str,
    digits: str,
    *,
    address: str,
    at: datetime,
    key: str,
) -> CodeRefused | TooManyAttempts | None:
    """Use a code up; of two who give the same at once, one is right. None: it was right.

    Commit whatever comes back.
    """
    too_many = guesses.count(conn, TRIED_ADDRESS, address, at)
    if too_many is not None:
        return too_many
    values = {"purpose": purpose, "subject": subject}
    row = conn.execute(Q.lock_code, values).fetchone()
    typed = "".join(digits[: limits.CODE].split())
    given = _digest(purpose, subject, typed, key)
    number, kept, expires_at, tried = row or (0, bytes(len(given)), at, 0)
    good = hmac.compare_digest(kept, given) and expires_at > at and tried < TRIES
    if good:
        conn.execute(Q.delete_codes, values)
        return None
    conn.execute(Q.count_try, {"id": number})
    return CodeRefused()


def forget(conn: Connection, at: datetime) -> int:
    """Forget the codes that have ended; give how many."""
    return conn.execute(Q.forget_codes, {"at": at}).rowcount


def _digest(purpose: str, subject: str, digits: str, key: str) -> bytes:
    return sealing.digest(digits, f"code {purpose} {subject}", key)
