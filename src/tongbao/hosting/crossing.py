"""From the teller's thread into the event loop: what comes together crosses together.

A loop is woken by a byte in a pipe. One for each outcome of a batch would cost more than to make
what is answered.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Crossing:
    """Waits for futures of other threads; for the thread of one event loop."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._woken = False

    async def of(self, future: "Future[T]") -> T:
        """Give what a future gives, or raise what it raises; who goes away cancels it."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[T] = loop.create_future()

        def arrive(done: "Future[T]") -> None:
            self._arrived.append((mine, done))
            if not self._woken and not loop.is_closed():
                self._woken = True
                loop.call_soon_threadsafe(self._deliver)

        future.add_done_callback(arrive)
        try:
            return await mine
        except asyncio.CancelledError:
            future.cancel()
            raise

    def _deliver(self) -> None:
        self._woken = False  # first: whatever arrives from now on wakes us again
        while self._arrived:
            mine, done = self._arrived.popleft()
            if mine.done():  # whoever waited has gone
                continue
            error = done.exception()
            if error is None:
                mine.set_result(done.result())
            else:
                mine.set_exception(error)
