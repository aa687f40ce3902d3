"""Nonces of signed requests: each is good once, in all processes together.

They are written down in batches: while one commits, the next gathers, so that a busy till pays
for a share of a commit. The commit does not wait for the disk: what a crash loses of the last
moment is bounded by the time that a signature is good for, and money calls have their own keys.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.access import signing
from tongbao.access.signing import NonceUsed, Signature
from tongbao.hosting.database import begun
from tongbao.kernel import db, limits

_BATCH: Final = 1_000


class _Waiting(Struct):
    """A nonce that is to be written down, and who waits for it."""

    key: tuple[int, str]
    expires_at: datetime
    new: "asyncio.Future[bool]"


class Nonces:
    """Nonces that were seen; for the thread of the event loop."""

    def __init__(self, pool: db.Pool) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def use(self, signature: Signature, at: datetime) -> None:
        """Note that a nonce was used; refuses ``nonce-used`` when it was before."""
        # After this, its signature is too old whatever our clock and theirs say.
        expires_at = at + 2 * limits.SIGNATURE_SKEW + timedelta(seconds=1)
        one = _Waiting(
            (signature.key_id, signature.nonce),
            expires_at,
            asyncio.get_running_loop().create_future(),
        )
        self._waiting.append(one)
        if self._writer is None:
            self._writer = asyncio.ensure_future(self._write())
        if not await one.new:
            raise NonceUsed

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                new = await asyncio.to_thread(self._in_database, batch)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                for one in batch:
                    if not one.new.done():
                        one.new.set_exception(error)
                continue
            for one in batch:  # the first of two with the same nonce is the new one
                if not one.new.done():
                    one.new.set_result(one.key in new)
                new.discard(one.key)
        self._writer = None

    def _in_database(self, batch: list[_Waiting]) -> set[tuple[int, str]]:
        with begun(self._pool) as conn:
            return signing.use_nonces(conn, {one.key: one.expires_at for one in batch})
