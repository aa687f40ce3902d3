"""A sign of life of the database, asked for by many and waited for by none for long."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tongbao.hosting.database import begun
from tongbao.kernel import db

_PATIENCE: Final = 2.0
"""Seconds in which the database has to give a sign of life."""


class Probe:
    """Asks the database for a sign of life; for the thread of one event loop.

    One that hangs keeps one thread of its own and one connection, however often is asked: all wait
    for the same sign, and no longer than they should. ``ask`` raises where there is none.
    """

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._asked: asyncio.Future[bool] | None = None

    async def answers(self) -> bool:
        """Say whether the database answers in time."""
        asked = self._asked
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = self._asked = loop.create_future()
            asked.add_done_callback(self._forget)
            threading.Thread(
                target=self._look, args=(loop, asked), name="probe", daemon=True
            ).start()
        await asyncio.wait([asked], timeout=_PATIENCE)
        return asked.done() and asked.result()

    def _forget(self, _: "asyncio.Future[bool]") -> None:
        self._asked = None

    def _look(self, loop: asyncio.AbstractEventLoop, asked: "asyncio.Future[bool]") -> None:
        try:
            self._ask()
            alive = True
        except Exception:  # noqa: BLE001 - whatever it is, there is no sign of life
            alive = False
        with suppress(RuntimeError):  # the service has ended
            loop.call_soon_threadsafe(asked.set_result, alive)


def of_pool(pool: db.Pool) -> Probe:
    """Give what asks on a connection of the service's: whether it can work now."""

    def ask() -> None:
        with begun(pool) as conn:
            conn.execute("SELECT 1")

    return Probe(ask)


def of_server(where: str) -> Probe:
    """Give what asks on a connection made for it: whether the server is there, however busy.

    ``where`` is its URL. The embedded one is not looked after: that would hold up everybody here.
    """
    return Probe(lambda: db.connect_as_owner(where).close())
