"""Who calls with a token, whichever kind it is: an API key, or a token that lasts for a while."""

from datetime import datetime

from tongbao.access import keys, tokens
from tongbao.access.keys import Caller
from tongbao.kernel.db import Connection


def check(conn: Connection, token: str, at: datetime) -> Caller:
    """Give who calls with ``token``, and note that the key was used.

    Refuses ``key-unknown`` and ``signature-needed``.
    """
    if token.startswith("tbt_"):
        return tokens.check(conn, token, at)
    caller = keys.check(conn, token, at)
    if caller.key_id is not None:
        keys.note_used(conn, {caller.key_id: at})
    return caller
