"""An alliance with staff, and what the doors do for them."""

import secrets
from datetime import datetime, timedelta

import pyotp
import pytest
from msgspec import Struct

from tests.world import AT, World, build
from tongbao.access import invitations, passwords, sign_in, staff, totp
from tongbao.access.guesses import TooManyAttempts
from tongbao.access.roles import Role
from tongbao.access.sessions import SignedIn
from tongbao.access.sign_in import Entered, SignInRefused
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection

KEY = "an access secret for tests"
PASSWORD = "correct horse battery staple"


def chance() -> str:
    return secrets.token_urlsafe(32)


class Office(Struct):
    """The alliance and its database; ``hire`` adds people, ``enter`` signs them in."""

    db: Connection
    world: World

    def hire(
        self, login: str, role: Role = "admin", where: str | None = None, password: str = PASSWORD
    ) -> staff.Staff:
        """Add somebody who has set a password."""
        whose = self.world.operator if where is None else self.world.organisations[where]
        made = staff.add(self.db, whose, login, login.title(), role, by="Lin", at=AT)
        token = invitations.invite(self.db, made.id, chance(), by="Lin", at=AT)
        return invitations.redeem(self.db, token, password, b"0123456789abcdef", AT)

    def enter(
        self, login: str, password: str = PASSWORD, at: datetime = AT, address: str = "192.0.2.7"
    ) -> Entered | SignInRefused | TooManyAttempts:
        """Do what the door does."""
        candidate = sign_in.begin(self.db, login, address=address, at=at)
        if isinstance(candidate, TooManyAttempts):
            return candidate
        return sign_in.finish(
            self.db,
            candidate,
            password,
            good=passwords.fits(candidate.password, password),
            secret=chance(),
            salt=b"0123456789abcdef",
            device="Firefox on a desk",
            address=address,
            at=at,
        )

    def sign_in(self, login: str, at: datetime = AT) -> Entered:
        entered = self.enter(login, at=at)
        assert isinstance(entered, Entered), entered
        return entered

    def with_phone(self, login: str, role: Role = "admin") -> tuple[SignedIn, pyotp.TOTP]:
        """Hire somebody who has set up a second factor at ``AT`` and is signed in."""
        self.hire(login, role)
        who = self.sign_in(login).who
        made = totp.begin(self.db, who.staff_id, secrets.token_bytes(20), key=KEY)
        phone = pyotp.TOTP(made.secret)
        codes = [secrets.token_bytes(10) for _ in range(totp.RECOVERY)]
        done = totp.confirm(self.db, who, phone.at(AT), codes, chance(), AT, key=KEY)
        assert isinstance(done, tuple), done
        return self.sign_in(login, AT + timedelta(minutes=1)).who, phone


@pytest.fixture
def office(db: Connection) -> Office:
    """Give an alliance of A and B."""
    return Office(db, build(db, {"A": Terms(), "B": Terms()}, people=2))
