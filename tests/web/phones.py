"""Members for the tests of pages: signed in without waiting for a code, or through the pages."""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from tests.web.browser import Window
from tests.world import World, one
from tongbao.access import bearer, devices, member_sessions, member_sign_in
from tongbao.access.member_sign_in import MemberEntered, Secrets, ToSend
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.points.operations import Award

DEFAULTS = Settings()
SECRETS = Secrets(identity=DEFAULTS.identity_secret, access=DEFAULTS.access_secret)
_CODE = re.compile(r"code for (\S+) \(\S+\): (\d{6})")


def enter(conn: Connection, phone: str) -> MemberEntered:
    """Sign a member in, who becomes one if need be."""
    at = clock.now()
    with conn.transaction():
        sent = member_sign_in.begin(
            conn, phone, "271828", address="192.0.2.1", at=at, secrets=SECRETS
        )
        assert isinstance(sent, ToSend), sent
        entered = member_sign_in.finish(
            conn,
            phone,
            "271828",
            enrol=True,
            device="iPhone · Safari",
            device_secret=secrets.token_bytes(32),
            secret=secrets.token_urlsafe(bearer.BYTES),
            address="192.0.2.1",
            at=at,
            secrets=SECRETS,
        )
    assert isinstance(entered, MemberEntered), entered
    return entered


def member_session(conn: Connection, member: int) -> str:
    """Open a session of somebody who is a member already; give its token."""
    at = clock.now()
    with conn.transaction():
        device = devices.add(
            conn, member, "iPhone · Safari", secrets.token_bytes(32), at, key=SECRETS.access
        )
        token = secrets.token_urlsafe(bearer.BYTES)
        return member_sessions.open_session(conn, member, device, token, address="192.0.2.1", at=at)


def member_of(conn: Connection, phone: str) -> int:
    """Give the member of a phone."""
    identity = Identity(kind="phone", value=phone)
    return identities.find(conn, identity, secret=DEFAULTS.identity_secret)


def give(conn: Connection, world: World, member: int, **points: int) -> None:
    """Give a member points (whole ones) of organisations by name."""
    at = clock.now()
    for name, whole in points.items():
        outcome = one(
            conn,
            Award(
                key=f"give-{name}-{member}-{secrets.token_hex(4)}",
                scope=world.organisations[name],
                member=member,
                outlet=world.outlets[name],
                points=whole * 100,
            ),
            at,
        )
        assert outcome.refusal is None, outcome.refusal


@contextmanager
def codes() -> Iterator[dict[str, str]]:
    """Read the codes that go to phones off the log: the last one by phone (E.164)."""
    found: dict[str, str] = {}

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = _CODE.search(record.getMessage())
            if said:
                found[said[1]] = said[2]

    log, reader = logging.getLogger("tongbao.codes"), Reader()
    log.addHandler(reader)
    try:
        yield found
    finally:
        log.removeHandler(reader)


def sign_in(window: Window, phone: str) -> None:
    """Sign in through the pages, with the code that was sent."""
    page = window.page
    with codes() as sent:
        window.go("/m/sign-in")
        page.fill("[name=phone]", phone)
        page.click("main button[type=submit]")
        page.wait_for_url("**/m/code**")
        page.fill("[name=code]", sent[f"+86{phone}"])
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/m$"))
