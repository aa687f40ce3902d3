"""A till: a small alliance, and phones that show payment codes."""

from datetime import datetime

import pytest
from msgspec import Struct

from tests.world import AT, SECRET, World, build, one
from tongbao.access import devices
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award
from tongbao.till import payment_code
from tongbao.till.identify import Secrets

ACCESS = "a key of sign-in for tests"
SECRETS = Secrets(identity=SECRET, access=ACCESS)


class Phone(Struct, frozen=True):
    """A member's device and its secret."""

    member: int
    device: int
    secret: bytes

    def shows(self, at: datetime = AT) -> str:
        return payment_code.make(self.secret, self.device, payment_code.step_at(at))


class Till(Struct):
    """A connection and the alliance behind it."""

    conn: Connection
    world: World
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"k{self.keys}"

    def phone(self, member: int) -> Phone:
        """Give a member a device, as signing in does."""
        secret = member.to_bytes(devices.SECRET, "big")
        device = devices.add(self.conn, member, "phone", secret, AT, key=ACCESS)
        return Phone(member, device, secret)

    def award(self, name: str, member: int, points: int, **fields: object) -> int:
        given: dict[str, object] = {
            "key": self.key(),
            "scope": self.world.organisations[name],
            "outlet": self.world.outlets[name],
            "member": member,
            "points": points,
        }
        told = one(self.conn, Award(**given | fields))  # type: ignore[arg-type]  # by name
        assert told.refusal is None, told.refusal
        return told.operation


@pytest.fixture
def till(db: Connection) -> Till:
    """Give an alliance of A and B with ten members."""
    return Till(db, build(db, {"A": Terms(), "B": Terms()}, people=10))
