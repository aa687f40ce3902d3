"""Members who sign in by phone, as the door does it."""

import secrets as chance
from datetime import datetime

from tests.world import AT
from tongbao.access import member_sign_in
from tongbao.access.codes import CodeRefused, Purpose
from tongbao.access.guesses import TooManyAttempts
from tongbao.access.member_sign_in import MemberEntered, NotAMember, Secrets, ToSend
from tongbao.kernel.db import Connection

SECRETS = Secrets(identity="an identity secret of tests", access="an access secret of tests")
PHONE = "13800138000"
OTHER = "13900139000"


def begin(
    conn: Connection,
    phone: str = PHONE,
    digits: str = "271828",
    at: datetime = AT,
    address: str = "192.0.2.7",
    purpose: Purpose = "sign-in",
) -> ToSend | TooManyAttempts:
    return member_sign_in.begin(
        conn, phone, digits, address=address, at=at, secrets=SECRETS, purpose=purpose
    )


def finish(
    conn: Connection,
    phone: str = PHONE,
    digits: str = "271828",
    at: datetime = AT,
    address: str = "192.0.2.7",
    *,
    enrol: bool = True,
) -> MemberEntered | CodeRefused | NotAMember | TooManyAttempts:
    return member_sign_in.finish(
        conn,
        phone,
        digits,
        enrol=enrol,
        device="a phone",
        device_secret=chance.token_bytes(32),
        secret=chance.token_urlsafe(32),
        address=address,
        at=at,
        secrets=SECRETS,
    )


def sign_in(conn: Connection, phone: str = PHONE, at: datetime = AT) -> MemberEntered:
    begin(conn, phone, at=at)
    entered = finish(conn, phone, at=at)
    assert isinstance(entered, MemberEntered), entered
    return entered
