"""What nobody looks at any more: tries, codes, tokens, nonces, sign-ins that did not come back."""

from datetime import datetime

from tongbao.access import codes, guesses, signing, sso, tokens
from tongbao.kernel.db import Connection


def forget(conn: Connection, at: datetime) -> int:
    """Forget what has ended by ``at``; give how many rows. The log is kept."""
    return (
        guesses.forget(conn, at)
        + codes.forget(conn, at)
        + tokens.forget(conn, at)
        + signing.forget_nonces(conn, at)
        + sso.forget(conn, at)
    )
