"""The teller: many threads hand operations in, one thread posts them in batches.

What arrives while a batch is being posted becomes the next one. With a linger of zero (the
default) nobody waits for company: a lone operation is posted at once.
"""

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final, Self

from tongbao.kernel import clock, db, limits, metrics, tracing
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings
from tongbao.ledger import seal
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import OutcomeUnknown, is_lost, post_batch
from tongbao.teller.handed import Alone, Handed, Result, Together

_LOST: Final = (OutcomeUnknown, db.DatabaseUnreachable)
_LATER: Final = 0.2
_SEAL_EVERY: Final = 1.0


class TellerBusy(Refused):
    code = "teller-busy"
    text = "{waiting} operations are waiting already; try again in a moment"


class TellerClosed(Refused):
    code = "teller-closed"
    text = "the teller takes nothing any more"


class Teller:
    """Collect operations from any number of threads; use it by ``with``.

    ``connect`` opens a connection, again after one broke. ``now`` gives the server time of a
    batch. ``limit`` is the largest batch, ``linger`` how many seconds an operation waits for
    company, ``waiting`` how many may wait before more are refused. ``patience``: seconds that the
    end of the block waits for what is being posted; none: as long as it takes.
    """

    def __init__(
        self,
        connect: Callable[[], db.Connection],
        *,
        limit: int = 1_000,
        linger: float = 0.0,
        waiting: int = limits.QUEUE,
        patience: float | None = None,
        rules: Rules = Rules(),  # noqa: B008 - frozen
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        assert 0 < limit <= limits.BATCH, "a batch has at least one operation"
        self._connect = connect
        self._limit = limit
        self._linger = linger
        self._most = waiting
        self._patience = patience
        self._rules = rules
        self._now = now
        self._conn: db.Connection | None = None
        self._queue: deque[Handed] = deque()
        self._arrived = threading.Condition()
        self._closed = False
        self._seals_due = 0
        self._sealed_at = 0.0
        self._process = 0
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    @classmethod
    def of(cls, settings: Settings, patience: float | None = None) -> "Teller":
        """Make a teller for the database and with the limits of ``settings``."""
        return cls(
            lambda: db.connect(settings),
            patience=patience,
            limit=settings.batch_limit,
            linger=settings.linger_ms / 1_000,
            rules=Rules(
                zone=settings.time_zone,
                dormant=timedelta(days=settings.dormant_days) if settings.dormant_days else None,
            ),
        )

    @property
    def rules(self) -> Rules:
        """What it allows."""
        return self._rules

    def __enter__(self) -> Self:
        self._process = os.getpid()
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take nothing more, post what is waiting, and end. A fork has nothing to end."""
        if self._process != os.getpid():
            return
        with self._arrived:
            self._closed = True
            self._arrived.notify()
        self._thread.join(self._patience)

    def submit(self, operation: Operation) -> "Future[Outcome]":
        """Hand an operation in; the future has its outcome once it is committed.

        Refuses ``teller-busy`` and ``teller-closed``. The future raises ``outcome-unknown`` when
        the database went away during the commit, ``database-unreachable`` when it did before, so
        that nothing was posted, and whatever else kept this one operation out. A future that was
        cancelled in time is not posted; once it runs it cannot be cancelled.
        """
        waiter = Alone()
        self._hand_in([operation], waiter)
        return waiter.future

    def submit_all(self, operations: Sequence[Operation]) -> "Future[Sequence[Result]]":
        """Hand operations in together, so that they are posted together if they can be.

        Each is for itself, as if it were handed in alone; the future has, in their order, the
        outcome of each, or what its own future would raise. Refuses what ``submit`` refuses, all
        of them when there is no room for all.
        """
        waiter = Together(len(operations))
        self._hand_in(operations, waiter)
        return waiter.future

    def _hand_in(self, operations: Sequence[Operation], waiter: Alone | Together) -> None:
        if self._process != os.getpid():  # a fork has the queue, but not the thread that serves it
            raise TellerClosed
        here, now = tracing.here(), time.monotonic()
        handed = [Handed(op, waiter, place, here, now) for place, op in enumerate(operations)]
        with self._arrived:
            if self._closed:
                raise TellerClosed
            if len(self._queue) + len(handed) > self._most:
                raise TellerBusy(waiting=len(self._queue))
            self._queue.extend(handed)
            self._arrived.notify()

    def post(self, operation: Operation) -> Outcome:
        """Hand an operation in and wait for its outcome."""
        assert threading.current_thread() is not self._thread, "the teller would wait for itself"
        return self.submit(operation).result()

    def _run(self) -> None:
        try:
            while self._serve_next():
                pass
        finally:  # whatever ends this thread, nobody waits for it in vain
            with self._arrived:
                self._closed = True
                left = [handed for handed in self._queue if handed.waiter.begin()]
                self._queue.clear()
            _answer(left, [TellerClosed()] * len(left))
            self._let_go()

    def _serve_next(self) -> bool:
        """Post the next batch or seal the last ones; tell whether there may be more to do."""
        batch = self._take()
        if batch is None:
            while self._conn is not None and self._seals_due:
                self._seal(self._conn)
            return False
        if batch:
            self._serve(batch)
        due = self._seals_due and time.monotonic() >= self._sealed_at + _SEAL_EVERY
        if self._conn is not None and due:
            self._seal(self._conn)
        return True

    def _take(self) -> list[Handed] | None:
        """Wait for operations and take as many as a batch holds; those cancelled are left out.

        Nothing when it is time to seal; None when the teller is closed and all are served.
        """
        with self._arrived:
            while not self._queue:
                if self._closed:
                    return None
                sealing = self._seals_due and self._conn is not None
                if not self._arrived.wait(_SEAL_EVERY if sealing else None):
                    return []
            if self._linger:
                self._wait_for_company()
            batch = [self._queue.popleft() for _ in range(min(self._limit, len(self._queue)))]
        return [handed for handed in batch if handed.waiter.begin()]

    def _wait_for_company(self) -> None:
        until = time.monotonic() + self._linger
        while len(self._queue) < self._limit and not self._closed:
            left = until - time.monotonic()
            if left <= 0:
                return
            self._arrived.wait(left)

    def _serve(self, batch: Sequence[Handed]) -> None:
        """Post a batch and answer it, whatever happens."""
        results: Sequence[Result] = [OutcomeUnknown()] * len(batch)
        try:
            began = time.monotonic()
            metrics.QUEUE_SECONDS.observe(began - batch[0].came)
            metrics.BATCH_OPERATIONS.observe(len(batch))
            with tracing.span("batch", [handed.mark for handed in batch], operations=len(batch)):
                results = self._post([handed.operation for handed in batch])
            metrics.BATCH_SECONDS.observe(time.monotonic() - began)
        finally:
            self._seals_due = 2
            _answer(batch, results)
        if self._conn is None:
            time.sleep(_LATER)  # the callers know already; the database may need a moment

    def _post(self, operations: Sequence[Operation], *, again: bool = True) -> list[Result]:
        """Post on the connection there is and, when it breaks, what is left on a new one.

        It may have broken long ago, while nobody used it. Asking again is safe: the keys know
        what was committed.
        """
        try:
            conn = self._conn = self._conn or self._connect()
            results = post_batch(conn, operations, self._now(), self._rules)
        except Exception as error:  # noqa: BLE001 - a teller that dies answers nobody
            return [error] * len(operations)
        if not any(isinstance(result, _LOST) for result in results):
            return results
        self._let_go()
        if again:
            left = [place for place, result in enumerate(results) if isinstance(result, Exception)]
            others = self._post([operations[place] for place in left], again=False)
            for place, result in zip(left, others, strict=True):
                if isinstance(result, Outcome) or not isinstance(results[place], OutcomeUnknown):
                    results[place] = result
        return results

    def _let_go(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None

    def _seal(self, conn: db.Connection) -> None:
        """Seal what was committed, after the answers: nobody's outcome waits for it.

        Due until nothing is found twice in a row: once may be because another teller seals, who
        does not see our last batch yet.
        """
        self._sealed_at = time.monotonic()
        try:
            with conn.transaction():
                found = seal.seal(conn, self._now())
        except Exception as error:  # noqa: BLE001 - what is not sealed now is sealed with the next
            found = 0
            if is_lost(conn, error):
                self._let_go()
        self._seals_due = 2 if found else self._seals_due - 1


def _answer(batch: Sequence[Handed], results: Sequence[Result]) -> None:
    """Give every caller its outcome, or why there is none."""
    outcomes: Counter[tuple[str, str]] = Counter()
    for handed, result in zip(batch, results, strict=True):
        outcomes[str(handed.operation.__struct_config__.tag), _outcome(result)] += 1
        handed.waiter.give(handed.place, result)
    for (kind, outcome), times in outcomes.items():
        metrics.OPERATIONS.labels(kind, outcome).inc(times)


def _outcome(result: Result) -> str:
    return result.status if isinstance(result, Outcome) else "failed"
