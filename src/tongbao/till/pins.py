"""PINs: six digits that only the member knows, kept as a slow hash, five tries a day."""

import re
from datetime import datetime, timedelta
from typing import Final

from tongbao.access import guesses, passwords
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refused
from tongbao.members import lock

Q = sql.load(__package__)

TRIES: Final = Bound("pin", 5, timedelta(days=1))
_PIN: Final = re.compile(r"[0-9]{6}")
_RUNS: Final = "01234567890 09876543210"


class PinMalformed(Malformed):
    code = "pin-malformed"
    text = "a PIN has six digits, not all the same and not in a row"


class PinRefused(Refused):
    code = "pin-refused"
    text = "this PIN is wrong, or the member has none"


def set_pin(conn: Connection, member_id: int, pin: str, salt: bytes, at: datetime) -> None:
    """Give a member a PIN, in place of the one before; its tries begin anew.

    Whoever calls has seen another proof of the member. ``salt`` is 16 bytes of chance. Refuses
    ``pin-malformed`` and what ``lock.living`` refuses.
    """
    if _PIN.fullmatch(pin) is None or len(set(pin)) == 1 or pin in _RUNS:
        raise PinMalformed
    lock.living(conn, member_id)
    values = {"member": member_id, "hash": passwords.hash_of(pin, salt), "at": at}
    conn.execute(Q.set_pin, values)
    guesses.forgive(conn, TRIES, str(member_id))


def check(
    conn: Connection, member_id: int, pin: str, at: datetime
) -> PinRefused | TooManyAttempts | None:
    """Say whether a PIN is the member's; None: it is. Commit whatever comes back.

    A try is counted before it is looked at, so that a thousand at once are five. Takes as long
    for a member without a PIN.
    """
    subject = str(member_id)
    too_many = guesses.count(conn, TRIES, subject, at)
    if too_many is not None:
        return too_many
    row = conn.execute(Q.get_pin, {"member": member_id}).fetchone()
    if not passwords.fits(None if row is None else row[0], pin):
        return PinRefused()
    guesses.forgive(conn, TRIES, subject)
    return None


def has_pin(conn: Connection, member_id: int) -> bool:
    """Say whether a member has a PIN."""
    return conn.execute(Q.get_pin, {"member": member_id}).fetchone() is not None
