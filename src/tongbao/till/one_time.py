"""One-time codes at the till: sent to the member's phone, good once, as the stronger proof."""

from datetime import datetime

from tongbao.access import codes
from tongbao.access.codes import CodeRefused
from tongbao.access.guesses import TooManyAttempts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)


def check(
    conn: Connection, member_id: int, digits: str, at: datetime, *, key: str
) -> CodeRefused | TooManyAttempts | None:
    """Use up the code that was sent to a phone of a member; None: it was right.

    ``key`` is the setting ``access_secret``. Commit whatever comes back. A member without a phone
    is answered like a wrong code.
    """
    for (phone,) in conn.execute(Q.phones_of, {"member": member_id}).fetchall():
        told = codes.take(conn, "pay", phone, digits, address=f"member {member_id}", at=at, key=key)
        if not isinstance(told, CodeRefused):
            return told
    return CodeRefused()
