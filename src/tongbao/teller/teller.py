"""The teller: many threads hand operations in, one thread posts them in batches.

What arrives while a batch is being posted becomes the next one. With a linger of zero (the
default) nobody waits for company: a lone operation is posted at once.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Final, Self

import psycopg

from tongbao.kernel import clock, db, limits
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings
from tongbao.ledger.seal import seal
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import is_lost, post_batch

_LATER: Final = 0.2
_SEAL_EVERY: Final = 1.0
_SEALED_AT_ONCE: Final = 10_000


class TellerBusy(Refused):
    code = "teller-busy"
    text = "{waiting} operations are waiting already; try again in a moment"


class TellerClosed(Refused):
    code = "teller-closed"
    text = "the teller takes nothing any more"


class OutcomeUnknown(Refused):
    code = "outcome-unknown"
    text = "the database went away while this was posted; ask again with the same key"


class Teller:
    """Collect operations from any number of threads; use it by ``with``.

    ``connect`` opens a connection, again after one broke. ``now`` gives the server time of a
    batch. ``limit`` is the largest batch, ``linger`` how many seconds an operation waits for
    company, ``waiting`` how many may wait before more are refused.
    """

    def __init__(
        self,
        connect: Callable[[], db.Connection],
        *,
        limit: int = 1_000,
        linger: float = 0.0,
        waiting: int = limits.QUEUE,
        rules: Rules = Rules(),  # noqa: B008 - frozen
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._connect = connect
        self._limit = limit
        self._linger = linger
        self._most = waiting
        self._rules = rules
        self._now = now
        self._queue: deque[tuple[Operation, Future[Outcome]]] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._unsealed = False
        self._sealed_at = 0.0
        self._thread = threading.Thread(target=self._work, name="teller", daemon=True)

    @classmethod
    def of(cls, settings: Settings) -> "Teller":
        """Make a teller for the database and with the limits of ``settings``."""
        return cls(
            lambda: db.connect(settings),
            limit=settings.batch_limit,
            linger=settings.linger_ms / 1_000,
            rules=Rules(zone=settings.time_zone),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take nothing more, post what is waiting, and end."""
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
        self._thread.join()

    def submit(self, operation: Operation) -> "Future[Outcome]":
        """Hand an operation in; the future has its outcome once it is committed.

        Refuses ``teller-busy`` and ``teller-closed``. The future raises ``outcome-unknown`` when
        the database went away, and whatever else kept this one operation out.
        """
        future: Future[Outcome] = Future()
        with self._arrived:
            if self._closed:
                raise TellerClosed
            if len(self._queue) >= self._most:
                raise TellerBusy(waiting=len(self._queue))
            self._queue.append((operation, future))
            self._arrived.notify()
        return future

    def post(self, operation: Operation) -> Outcome:
        """Hand an operation in and wait for its outcome."""
        return self.submit(operation).result()

    def _work(self) -> None:
        conn: db.Connection | None = None
        while not (self._closed and not self._queue):
            batch = self._take()
            if batch:
                conn = self._serve(conn, batch)
            conn = self._seal(conn)
        if conn is not None:
            self._sealed_at = 0.0
            self._seal(conn)
            conn.close()

    def _take(self) -> list[tuple[Operation, "Future[Outcome]"]]:
        """Wait for operations and take as many as a batch holds.

        Nothing when the teller is closed, or when nothing came while batches wait for their seal.
        """
        with self._arrived:
            while not self._queue:
                if self._closed or (self._unsealed and not self._arrived.wait(_SEAL_EVERY)):
                    return []
                if not self._unsealed:
                    self._arrived.wait()
            if self._linger:
                self._wait_for_company()
            return [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]

    def _wait_for_company(self) -> None:
        until = time.monotonic() + self._linger
        while len(self._queue) < self._limit and not self._closed:
            left = until - time.monotonic()
            if left <= 0:
                return
            self._arrived.wait(left)

    def _serve(
        self, conn: db.Connection | None, batch: Sequence[tuple[Operation, "Future[Outcome]"]]
    ) -> db.Connection | None:
        """Post a batch and answer it; give the connection, if it is still good."""
        operations = [operation for operation, _ in batch]
        results: Sequence[Outcome | Exception]
        try:
            if conn is None:
                conn = self._connect()
            results = post_batch(conn, operations, self._now(), self._rules)
        except Exception as error:  # noqa: BLE001 - a teller that dies answers nobody
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            _answer(future, result)
        self._unsealed = True
        return _if_good(conn)

    def _seal(self, conn: db.Connection | None) -> db.Connection | None:
        """Seal what was committed, now and then and after the answers: nobody waits for it."""
        if conn is None or not self._unsealed or time.monotonic() < self._sealed_at + _SEAL_EVERY:
            return conn
        try:
            with conn.transaction():
                seal(conn, self._now(), _SEALED_AT_ONCE)
        except psycopg.Error:
            return _if_good(conn)  # it stays unsealed, and is sealed with the next
        self._unsealed = False
        self._sealed_at = time.monotonic()
        return conn


def _if_good(conn: db.Connection | None) -> db.Connection | None:
    """Give a connection that still works; after one that broke, wait a moment for the next."""
    if conn is None or conn.broken or conn.closed:
        time.sleep(_LATER)
        return None
    return conn


def _answer(future: "Future[Outcome]", result: Outcome | Exception) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Outcome):
        future.set_result(result)
    elif is_lost(result):
        unknown = OutcomeUnknown()
        unknown.__cause__ = result
        future.set_exception(unknown)
    else:
        future.set_exception(result)
