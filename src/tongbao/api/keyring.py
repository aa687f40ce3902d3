"""Keys that were checked lately, so that not every call asks the database."""

import asyncio
import threading
import time
from typing import Final

from tongbao.access import keys
from tongbao.access.keys import Caller
from tongbao.kernel import clock, db

_GOOD_FOR: Final = 5.0
"""Seconds for which a key that was checked is taken to be good: revoking takes as long."""

_KEPT: Final = 10_000


class KeyRing:
    """Keys that were checked lately, by token; thread-safe."""

    def __init__(self, pool: db.Pool) -> None:
        self._pool = pool
        self._known: dict[str, tuple[float, Caller]] = {}
        self._guard = threading.Lock()

    async def caller(self, token: str) -> Caller:
        """Give who calls with ``token``; refuses ``key-unknown``."""
        known = self._known.get(token)
        now = time.monotonic()
        if known is None or known[0] < now:
            caller = await asyncio.to_thread(self._check, token)
            with self._guard:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[token] = (now + _GOOD_FOR, caller)
            return caller
        return known[1]

    def _check(self, token: str) -> Caller:
        at = clock.now()
        with self._pool.connection() as conn, conn.transaction():
            caller = keys.check(conn, token, at)
            keys.note_used(conn, {caller.key_id: at})
        return caller
