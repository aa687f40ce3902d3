"""Keys that were checked lately, so that not every call asks the database."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar, cast

from msgspec import Struct

from tongbao.access import callers, keys, sealing, signing
from tongbao.access.keys import Caller, KeyUnknown
from tongbao.hosting.database import begun
from tongbao.kernel import clock, db

Answer = TypeVar("Answer")

_GOOD_FOR: Final = 5.0
"""Seconds for which a key that was checked is taken to be good: revoking takes as long."""

_KEPT: Final = 10_000


class Signer(Struct, frozen=True, kw_only=True):
    """Who calls when a request is signed by a key, and the secret that it is signed with."""

    caller: Caller
    secret: bytes


class KeyRing:
    """Keys that were checked lately, by token and by id; for the thread of the event loop.

    What is asked for by many at once is looked up once. What is refused is not kept.
    """

    def __init__(self, pool: db.Pool, access_secret: str) -> None:
        self._pool = pool
        self._secret = access_secret
        self._known: dict[str | int, tuple[float, object]] = {}
        self._asked: dict[str | int, asyncio.Future[object]] = {}

    def known(self, token: str) -> Caller | None:
        """Give who calls with ``token`` if it was checked lately, in microseconds."""
        known = self._known.get(token)
        if known is not None and known[0] > time.monotonic():
            return cast(Caller, known[1])
        return None

    async def caller(self, token: str) -> Caller:
        """Ask who calls with ``token``; refuses ``key-unknown`` and ``signature-needed``."""
        return await self._look_up(token, lambda conn: callers.check(conn, token, clock.now()))

    async def signer(self, key_id: int) -> Signer:
        """Give who signs with a key; refuses ``key-unknown`` and ``secret-unreadable``."""
        known = self._known.get(key_id)
        if known is not None and known[0] > time.monotonic():
            return cast(Signer, known[1])
        return await self._look_up(key_id, lambda conn: self._signer(conn, key_id))

    async def _look_up(self, name: str | int, ask: Callable[[db.Connection], Answer]) -> Answer:
        under_way = self._asked.get(name)
        if under_way is None:
            until = time.monotonic() + _GOOD_FOR  # from before it is asked
            under_way = asyncio.ensure_future(asyncio.to_thread(self._in_database, ask))
            self._asked[name] = under_way
            under_way.add_done_callback(lambda done: self._keep(name, until, done))
        return cast(Answer, await asyncio.shield(under_way))

    def _keep(self, name: str | int, until: float, done: "asyncio.Future[object]") -> None:
        del self._asked[name]
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[name] = until, done.result()

    def _in_database(self, ask: Callable[[db.Connection], object]) -> object:
        with begun(self._pool) as conn:
            return ask(conn)

    def _signer(self, conn: db.Connection, key_id: int) -> Signer:
        at = clock.now()
        found = keys.signer(conn, key_id, at)
        if found is None:
            raise KeyUnknown
        caller, sealed = found
        keys.note_used(conn, {key_id: at})
        secret = sealing.unseal(sealed, signing.use(key_id), self._secret)
        return Signer(caller=caller, secret=secret)
