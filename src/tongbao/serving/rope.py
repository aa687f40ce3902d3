"""The rope between the parent process and its children.

It is a pipe of which the parent keeps one end and its children the other. The parent lets go of
it when the service is to end; the operating system does when the parent is killed.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Rope


def follow(rope: Rope, stopping: asyncio.Event) -> None:
    """Set ``stopping``, of the loop that calls this, when the parent lets go of the rope.

    When it is dead, this process ends, too. What a terminal sends to the whole group, SIGINT, is
    left to the parent, which tells its children in its own time.
    """
    loop = asyncio.get_running_loop()
    loop.remove_signal_handler(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def let_go() -> None:
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(stopping.set)

    watch(rope, let_go)


def watch(rope: Rope, let_go: Callable[[], object]) -> None:
    """Call ``let_go`` in another thread when the parent lets go of the rope, or dies with it."""
    threading.Thread(target=_hold, args=(rope, let_go), name="rope", daemon=True).start()


def _hold(rope: Rope, let_go: Callable[[], object]) -> None:
    with suppress(EOFError, OSError):
        rope.recv_bytes()
    let_go()
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        os.kill(os.getpid(), signal.SIGTERM)
