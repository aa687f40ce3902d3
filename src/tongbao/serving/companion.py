"""A process beside those that answer requests, started again when it dies."""

import multiprocessing
import threading
import time
from collections.abc import Callable
from typing import Any, Final

_AGAIN: Final = 3.0
"""Seconds after which a process that died is started again."""

_END: Final = 60.0
"""Seconds in which it has to end once it was told to; then it is killed."""


class Companion:
    """A process that runs ``target`` with ``arguments`` until it is told to stop by SIGTERM."""

    def __init__(
        self,
        name: str,
        target: Callable[..., object],
        arguments: tuple[Any, ...],
        warn: Callable[[str], None],
    ) -> None:
        self._name = name
        self._target = target
        self._arguments = arguments
        self._warn = warn
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._until = 0.0
        self._process: multiprocessing.process.BaseProcess | None = None
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)

    def start(self) -> None:
        """Start it, and whenever it dies start it again."""
        self._keeper.start()

    def tell(self) -> None:
        """Tell it to end, without waiting for that; once is enough."""
        with self._guard:
            if self._stopping.is_set():
                return
            self._stopping.set()
            self._until = time.monotonic() + _END
            if self._process is not None:
                self._process.terminate()

    def stop(self) -> None:
        """Tell it to end, wait for that, and kill it if it does not; harmless if it never ran."""
        self.tell()
        process = self._process
        if process is None:
            return
        process.join(max(0.0, self._until - time.monotonic()))
        if process.is_alive():
            process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        while True:
            with self._guard:
                if self._stopping.is_set():
                    return
                process = multiprocessing.get_context("spawn").Process(
                    name=self._name, target=self._target, args=self._arguments
                )
                process.start()
                self._process = process
            process.join()
            if self._stopping.is_set():
                return
            self._warn(f"the {self._name} ended with {process.exitcode} and is started again")
            self._stopping.wait(_AGAIN)
