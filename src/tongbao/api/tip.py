"""The tip of the stream of events: who waits for more is woken, and one question serves all."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tongbao.events import outbox
from tongbao.hosting.database import begun
from tongbao.kernel import db
from tongbao.kernel.errors import Refusal

_EVERY: Final = 0.2
"""Seconds between two looks, while somebody waits."""

_LATER: Final = 2.0
"""Seconds after which a database that is away is looked at again."""


class Tip:
    """Looks at the end of the stream while somebody waits for it to move; of one event loop."""

    def __init__(self, pool: db.Pool) -> None:
        self._pool = pool
        self._place: tuple[int, int] | None = None
        self._changed = asyncio.Event()
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    def changed(self) -> asyncio.Event:
        """Give what is set when the stream goes on from here; take it before you read."""
        return self._changed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the stream until the block ends."""
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._waiting -= 1

    async def _look(self) -> None:
        while self._waiting:
            pause, place = _EVERY, self._place
            try:
                place = await asyncio.to_thread(self._read)
            except Refusal:
                pause = _LATER
            if place != self._place:
                self._place = place
                self._changed.set()
                self._changed = asyncio.Event()
            await asyncio.sleep(pause)

    def _read(self) -> tuple[int, int]:
        with begun(self._pool) as conn:
            return outbox.tip(conn)
