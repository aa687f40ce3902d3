"""Leaving: a process that was told to end does, whatever still hangs in it.

A thread that waits for a database which says nothing cannot be ended, and keeps its process alive.
When everybody is answered nothing depends on it any more: what it asked for is done or not, as it
is for whoever was told to ask again.
"""

import asyncio
import logging
import os
import threading
import time
from typing import Any, Final

from tongbao.hosting.probe import Probe

PATIENCE: Final = 5.0
"""Seconds that are left to threads when all else has ended."""

_log: Final = logging.getLogger("tongbao.leaving")


def soon(code: int = 0, seconds: float = PATIENCE) -> None:
    """End this process with ``code`` after some seconds, unless it has ended by itself."""
    threading.Thread(target=_leave, args=(code, seconds), name="leaving", daemon=True).start()


async def while_alive(probe: Probe, work: "asyncio.Future[Any]") -> bool:
    """Wait for ``work`` as long as the database gives a sign of life; tell whether it has ended."""
    while not work.done():
        await asyncio.wait({work}, timeout=PATIENCE)
        if not work.done() and not await probe.answers():
            return False
    return True


def _leave(code: int, seconds: float) -> None:
    time.sleep(seconds)
    _log.warning("something still waits for the database; it is not waited for")
    logging.shutdown()
    os._exit(code)
