"""Sign-in of members by phone and one-time code; who is not a member yet may become one.

Whether a phone is a member's is told to nobody but who holds it: a code is sent to any phone.
The door commits after ``begin``, sends, and commits after ``finish``.
"""

from datetime import datetime

from msgspec import Struct

from tongbao.access import audit, codes, devices, member_sessions
from tongbao.access.codes import CodeRefused, Purpose
from tongbao.access.guesses import TooManyAttempts
from tongbao.access.member_sessions import MemberIn
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.members import identities, keys, members
from tongbao.members.types import Identity

Q = sql.load(__package__, "member_queries.sql")


class NotAMember(Refused):
    code = "not-a-member"
    text = "nobody is a member with this phone"


class ToSend(Struct, frozen=True, kw_only=True):
    """The code that the door sends now: to which phone (E.164) and what for."""

    phone: str
    digits: str
    purpose: Purpose


class MemberEntered(Struct, frozen=True, kw_only=True):
    """A member who has signed in: the token for the cookie, and the secret for the device.

    ``secret`` makes the payment codes of this device (``who.device_id``) and is given this once.
    ``enrolled``: the membership began with this sign-in.
    """

    who: MemberIn
    token: str
    secret: bytes
    enrolled: bool


class Secrets(Struct, frozen=True, kw_only=True):
    """The two keys that signing in works with: the settings of these names."""

    identity: str
    access: str


def begin(
    conn: Connection,
    phone: str,
    digits: str,
    *,
    address: str,
    at: datetime,
    secrets: Secrets,
    purpose: Purpose = "sign-in",
) -> ToSend | TooManyAttempts:
    """Note a code for a phone and say what to send; commit whatever comes back.

    Refuses ``identity-malformed``, of which nothing is counted.
    """
    identity = Identity(kind="phone", value=phone)
    subject = keys.normalise(identity, secrets.identity).value
    too_many = codes.issue(
        conn, purpose, subject, digits, address=address, at=at, key=secrets.access
    )
    return too_many or ToSend(phone=keys.e164(phone), digits=digits, purpose=purpose)


def finish(
    conn: Connection,
    phone: str,
    digits: str,
    *,
    enrol: bool,
    device: str,
    device_secret: bytes,
    secret: str,
    address: str,
    at: datetime,
    secrets: Secrets,
) -> MemberEntered | CodeRefused | NotAMember | TooManyAttempts:
    """Sign a member in with the code that was sent; commit whatever comes back.

    ``enrol``: whoever is not a member becomes one, else is answered ``not-a-member`` (and needs
    another code). ``device_secret`` (32 bytes) and ``secret`` (43 characters) are chance. Refuses
    ``identity-malformed``.
    """
    identity = Identity(kind="phone", value=phone)
    key = keys.normalise(identity, secrets.identity)
    no = codes.take(conn, "sign-in", key.value, digits, address=address, at=at, key=secrets.access)
    if no is not None:
        audit.note(conn, "member-sign-in-refused", audit.nobody(address), at)
        return no
    member_id = identities.find_many(conn, [key]).get(key)
    enrolled = member_id is None
    if member_id is None:
        if not enrol:
            return NotAMember()
        member_id = members.enrol(conn, [identity], at, secret=secrets.identity).id
    device_id = devices.add(conn, member_id, device, device_secret, at, key=secrets.access)
    token = member_sessions.open_session(conn, member_id, device_id, secret, address=address, at=at)
    who = member_sessions.check(conn, token, at)
    audit.note(conn, "member-sign-in", who.actor(address), at, said={"enrolled": enrolled})
    return MemberEntered(who=who, token=token, secret=device_secret, enrolled=enrolled)


def prove(
    conn: Connection,
    who: MemberIn,
    phone: str,
    digits: str,
    *,
    secret: str,
    address: str,
    at: datetime,
    secrets: Secrets,
) -> str | CodeRefused | TooManyAttempts:
    """Take a code that was sent for ``prove`` to a phone of who is signed in; give a new token.

    A phone that is somebody else's is answered like a wrong code. Commit whatever comes back.
    """
    key = keys.normalise(Identity(kind="phone", value=phone), secrets.identity)
    no = codes.take(conn, "prove", key.value, digits, address=address, at=at, key=secrets.access)
    if no is None and identities.find_many(conn, [key]).get(key) != who.member_id:
        no = CodeRefused()
    return no or member_sessions.prove(conn, who, secret, at)
