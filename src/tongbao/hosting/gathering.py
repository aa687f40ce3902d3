"""Questions that come together are asked together: one statement for many requests.

While one is being asked, others wait to be the next; a lone one waits for nobody. It is to reading
what the teller is to posting.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from tongbao.hosting import database
from tongbao.kernel import db, limits

Key = TypeVar("Key")
Found = TypeVar("Found")


class Gathering(Generic[Key, Found]):
    """Asks with all keys that wait; for the thread of one event loop.

    ``ask`` gives what it finds by key, by one statement on a connection of the pool, in a thread.
    Who asks sees whatever was committed before.
    """

    def __init__(
        self, pool: db.Pool, ask: Callable[[db.Connection, Sequence[Key]], Mapping[Key, Found]]
    ) -> None:
        self._pool = pool
        self._ask = ask
        self._waiting: deque[tuple[Sequence[Key], asyncio.Future[Mapping[Key, Found]]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def find(self, keys: Sequence[Key]) -> Mapping[Key, Found]:
        """Give what is found for ``keys``, among others; refuses what ``begun`` refuses."""
        assert len(keys) <= limits.BULK, "a request names fewer"
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[Mapping[Key, Found]] = loop.create_future()
        self._waiting.append((keys, mine))
        if self._asking is None:
            self._asking = loop.create_task(self._ask_all())
        return await mine

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                await self._ask_some()
        finally:
            self._asking = None

    async def _ask_some(self) -> None:
        keys: dict[Key, None] = {}
        taken: list[asyncio.Future[Mapping[Key, Found]]] = []
        while self._waiting and len(keys) + len(self._waiting[0][0]) <= limits.BULK:
            asked, waiting = self._waiting.popleft()
            keys.update(dict.fromkeys(asked))
            taken.append(waiting)
        try:
            found = await asyncio.to_thread(self._find, list(keys))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is everybody's answer
            for waiting in taken:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for waiting in taken:
            if not waiting.done():  # whoever waited may have gone
                waiting.set_result(found)

    def _find(self, keys: Sequence[Key]) -> Mapping[Key, Found]:
        return database.ask(self._pool, lambda conn: self._ask(conn, keys))
