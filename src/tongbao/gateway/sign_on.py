"""Sign-ons of terminals: a key is checked, and wrong ones are counted as those of people are.

They are counted in the database, for all processes together. What one till tries again and again
with one key is put off by itself, before it counts against the address, behind which there may be
a whole shop.
"""

from datetime import datetime, timedelta
from typing import Final

from tongbao.access import bearer, guesses
from tongbao.access import keys as api_keys
from tongbao.access.guesses import Bound
from tongbao.access.keys import Caller
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal, Refused

_QUARTER: Final = timedelta(minutes=15)
HERE: Final = Bound("terminal-here", 10, _QUARTER)
"""Wrong sign-ons with one key from one address."""
ADDRESS: Final = Bound("terminal-address", 200, _QUARTER)
"""Wrong sign-ons from one address."""


class SignOnRefused(Refused):
    code = "sign-on-refused"
    text = "the key does not allow {scope}"


def sign_on(conn: Connection, token: str, address: str, at: datetime) -> Caller | Refusal:
    """Give who signs on, or why nobody does; commit whatever comes back.

    Refusals are those of ``check``, and ``too-many-attempts`` before anything is looked at.
    """
    key = bearer.read("tbk", token)
    here = f"{address} {key[0] if key else '-'}"
    for bound, subject in ((HERE, here), (ADDRESS, address)):
        too_many = guesses.refused(conn, bound, subject, at)
        if too_many is not None:
            return too_many
    try:
        caller = check(conn, token, at)
    except Refusal as refusal:
        guesses.count(conn, HERE, here, at)
        guesses.count(conn, ADDRESS, address, at)
        return refusal
    assert caller.key_id is not None, "only keys sign on"
    guesses.forgive(conn, HERE, here)
    api_keys.note_used(conn, {caller.key_id: at})
    return caller


def check(conn: Connection, token: str, at: datetime) -> Caller:
    """Give who calls, now: a key that was revoked since the sign-on lets nobody on.

    Refuses ``key-unknown``, ``signature-needed`` and ``sign-on-refused``.
    """
    caller = api_keys.check(conn, token, at)
    if "points:write" not in caller.scopes:
        raise SignOnRefused(scope="points:write")
    return caller
