"""Who signs in to the demo: somebody in each role, all with one password that everybody knows."""

import base64
from datetime import datetime
from random import Random
from typing import Final

from msgspec import Struct

from tongbao.access import bearer, invitations, passwords, staff
from tongbao.access.roles import Role
from tongbao.kernel.db import Connection
from tongbao.sandbox.alliance import Alliance

PASSWORD: Final = "open-the-demo"  # noqa: S105 - it opens nothing but a sandbox
_BY: Final = "demo"
_MERCHANT: Final = "jinheng"
_TILL: Final = "jinheng-ja"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody of the demo: the name to sign in with, the person's name, the role, for whom."""

    login: str
    name: str
    role: Role
    organisation: str | None = None
    outlet: str | None = None


PEOPLE: Final = (
    Person(login="admin", name="林晓明 (Lin Xiaoming)", role="admin"),
    Person(login="settle", name="陈静 (Chen Jing)", role="settlement"),
    Person(login="settle2", name="何伟 (He Wei)", role="settlement"),
    Person(login="market", name="王芳 (Wang Fang)", role="marketer"),
    Person(login="audit", name="赵磊 (Zhao Lei)", role="auditor"),
    Person(login="manager", name="刘洋 (Liu Yang)", role="manager", organisation=_MERCHANT),
    Person(login="finance", name="孙丽 (Sun Li)", role="finance", organisation=_MERCHANT),
    Person(
        login="cashier",
        name="周杰 (Zhou Jie)",
        role="cashier",
        organisation=_MERCHANT,
        outlet=_TILL,
    ),
)


def add(conn: Connection, made: Alliance, random: Random, at: datetime) -> None:
    """Add everybody, who may sign in with ``PASSWORD`` from now on."""
    for person in PEOPLE:
        whose = made.operator if person.organisation is None else made.organisations[_MERCHANT]
        place = None if person.outlet is None else made.outlets[person.outlet][1]
        added = staff.add(
            conn,
            whose,
            person.login,
            person.name,
            person.role,
            by=_BY,
            at=at,
            outlet_id=place,
        )
        secret = base64.urlsafe_b64encode(random.randbytes(bearer.BYTES)).decode().rstrip("=")
        token = invitations.invite(conn, added.id, secret, by=_BY, at=at)
        invitations.redeem(conn, token, PASSWORD, random.randbytes(passwords.SALT), at)
