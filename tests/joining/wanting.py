"""What applicants of the tests write: a café in Shanghai, with every number as it should be."""

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec

from tongbao.access.guesses import TooManyAttempts
from tongbao.alliance.types import Terms
from tongbao.bank.types import Details
from tongbao.joining import applications
from tongbao.joining.types import Acceptance, Application, Wanted
from tongbao.kernel.db import Connection

AT = datetime(2026, 5, 6, 4, 0, tzinfo=UTC)
CAFE = Wanted(
    name="上海拾光咖啡有限公司",
    credit_code="91310105MA1FW8X278",
    format="cafe",
    region="310105",
    outlet="拾光咖啡（愚园路店）",
    contact="沈一鸣",
    phone="13800138000",
    account=Details(
        number="6222021001116245702", name="上海拾光咖啡有限公司", cnaps="102290000012"
    ),
)
HOW = Acceptance(code="shiguang", login="shiguang", terms=Terms())


def wanted(**changed: Any) -> Wanted:
    """Give what the café applies with, but for what is changed."""
    return msgspec.structs.replace(CAFE, **changed)


def apply(conn: Connection, what: Wanted = CAFE, *, secret: str | None = None) -> str:
    """Apply, and give the token of the link."""
    with conn.transaction():
        token = applications.submit(
            conn, what, secret or secrets.token_urlsafe(32), address="203.0.113.7", at=AT
        )
    assert not isinstance(token, TooManyAttempts)
    return token


def applied(conn: Connection, what: Wanted = CAFE) -> Application:
    """Apply, and give the application."""
    return applications.look(conn, apply(conn, what))
