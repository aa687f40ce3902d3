"""Somebody who has just given a code: what deciding about money asks for."""

import secrets

import pyotp

from tests.web.serving import Served, open_session
from tongbao.access import sessions, totp
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.web import who


def fresh(db: Connection, staff: int) -> str:
    """Give the token of a session in which a code was just given; codes are set up if need be."""
    key = DEVELOPMENT_SECRET
    token = open_session(db, staff)
    at = clock.now()
    with db.transaction():
        me = sessions.check(db, token, at)
        if me.totp:
            return sessions.step_up(db, me.id, secrets.token_urlsafe(32), at)
        made = totp.begin(db, staff, secrets.token_bytes(totp.SECRET), key=key)
        code = pyotp.TOTP(made.secret).at(at)
        recovery = [secrets.token_bytes(10) for _ in range(totp.RECOVERY)]
        given = totp.confirm(db, me, code, recovery, secrets.token_urlsafe(32), at, key=key)
        assert isinstance(given, tuple)
        return given[0].token


def step_up(served: Served, role: str) -> None:
    """Be somebody in a role who has just given a code."""
    token = fresh(served.db, served.people[role])
    served.client.cookies.clear()
    served.client.cookies.set(who.COOKIE, token)
