"""Measure posting: the same traffic in batches, through the teller, and one by one.

The baseline posts the same operations each in a transaction of its own with row locks, from
eight processes with a connection each. What is measured includes idempotency, lots, claims,
events, durable commits and the sealing of the hash chain.
"""

import multiprocessing
import resource
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow

from tongbao.kernel import db
from tongbao.kernel.settings import Settings
from tongbao.ledger.seal import seal
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.points.post import post
from tongbao.sandbox import traffic
from tongbao.sandbox.traffic import Traffic, World
from tongbao.teller.teller import Teller

AT: Final = datetime(2026, 1, 1, 4, tzinfo=UTC)
BASELINE_CONNECTIONS: Final = 8
HOT: Final = 0.3
_SEAL_AFTER: Final = 10


class Run(Struct, frozen=True, kw_only=True):
    """What one run measured. Latencies are of an operation's whole batch, or of a teller's call."""

    name: str
    operations: int
    operations_per_second: float
    p50_ms: float
    p99_ms: float
    statements_per_operation: float
    wal_bytes_per_operation: float
    client_cpu_us_per_operation: float
    peak_memory_mb: float
    refused: int


class Meter(Struct):
    """What a run has counted so far; ``latencies`` are seconds."""

    latencies: list[float]
    operations: int = 0
    refused: int = 0
    statements: int = 0
    seconds: float = 0.0


class CountingCursor(psycopg.Cursor[TupleRow]):
    """A cursor that counts what it is asked to execute."""

    statements = 0

    def execute(self, *args: Any, **kwargs: Any) -> "CountingCursor":
        """Execute, and count it."""
        CountingCursor.statements += 1
        return super().execute(*args, **kwargs)


def connect(settings: Settings) -> db.Connection:
    """Open a connection that counts its statements."""
    conn = db.connect(settings)
    conn.cursor_factory = CountingCursor
    return conn


def in_batches(settings: Settings, stream: Traffic, name: str, size: int, total: int) -> Run:
    """Post ``total`` operations in batches of ``size`` on one connection."""
    with connect(settings) as conn:
        _post_batches(conn, stream, size, max(1, total // size // 20), Meter([]))

        def load(meter: Meter) -> None:
            _post_batches(conn, stream, size, total // size, meter)

        return _measure(conn, name, load)


def _post_batches(
    conn: db.Connection, stream: Traffic, size: int, batches: int, meter: Meter
) -> None:
    for n in range(batches):
        operations = traffic.draw(stream, size)
        began = time.perf_counter()
        with conn.transaction():
            outcomes = post(conn, operations, AT)
        took = time.perf_counter() - began
        if n % _SEAL_AFTER == _SEAL_AFTER - 1:
            with conn.transaction():
                seal(conn, AT)
        meter.seconds += time.perf_counter() - began
        meter.latencies += [took] * size
        _count(meter, stream, operations, outcomes)


def _count(
    meter: Meter, stream: Traffic, operations: Sequence[Operation], outcomes: Sequence[Outcome]
) -> None:
    meter.operations += len(operations)
    meter.refused += sum(outcome.status == "refused" for outcome in outcomes)
    traffic.accept(stream, operations, outcomes)


def through_teller(settings: Settings, stream: Traffic, name: str, callers: int, total: int) -> Run:
    """Let ``callers`` threads hand operations to one teller, each waiting for its answer."""
    guard = threading.Lock()
    drawn: deque[Operation] = deque()
    done: list[tuple[Operation, Outcome, float]] = []

    def take() -> Operation:
        with guard:
            if not drawn:
                drawn.extend(traffic.draw(stream, callers))
            return drawn.popleft()

    def give(meter: Meter, operation: Operation, outcome: Outcome, took: float) -> None:
        with guard:
            done.append((operation, outcome, took))
            if len(done) >= callers:
                meter.latencies += [one[2] for one in done]
                _count(meter, stream, [one[0] for one in done], [one[1] for one in done])
                done.clear()

    def load(meter: Meter) -> None:
        def call(share: int) -> None:
            for _ in range(share):
                operation = take()
                began = time.perf_counter()
                outcome = teller.post(operation)
                give(meter, operation, outcome, time.perf_counter() - began)

        began = time.perf_counter()
        threads = [threading.Thread(target=call, args=(total // callers,)) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        meter.seconds = time.perf_counter() - began

    with (
        connect(settings) as conn,
        Teller(lambda: connect(settings), limit=settings.batch_limit, now=lambda: AT) as teller,
    ):
        return _measure(conn, name, load)


def baseline(
    settings: Settings, world: World, name: str, hot_share: float, total: int, seed: int
) -> Run:
    """Post operations one by one, each in a transaction of its own, from eight processes."""
    context = multiprocessing.get_context("spawn")
    share = total // BASELINE_CONNECTIONS
    jobs = [
        (settings, world, f"{name}-{n}-", hot_share, share, seed + n)
        for n in range(BASELINE_CONNECTIONS)
    ]
    with connect(settings) as conn, context.Pool(BASELINE_CONNECTIONS) as pool:
        pool.map(_ready, range(BASELINE_CONNECTIONS))

        def load(meter: Meter) -> None:
            began = time.perf_counter()
            results = pool.starmap(_one_by_one, jobs, chunksize=1)
            meter.seconds = time.perf_counter() - began
            for latencies, refused, statements in results:
                meter.latencies += latencies
                meter.operations += len(latencies)
                meter.refused += refused
                meter.statements += statements

        return _measure(conn, name, load)


def _ready(_: int) -> None:
    """Let a process start and import before the clock runs."""
    time.sleep(0.2)


def _one_by_one(
    settings: Settings, world: World, prefix: str, hot_share: float, total: int, seed: int
) -> tuple[list[float], int, int]:
    stream = traffic.start(world, traffic.seeded(seed), skew=0, hot_share=hot_share, prefix=prefix)
    meter = Meter([])
    with connect(settings) as conn:
        for _ in range(total):
            operations = traffic.draw(stream, 1)
            began = time.perf_counter()
            with conn.transaction():
                outcomes = post(conn, operations, AT)
            meter.latencies.append(time.perf_counter() - began)
            _count(meter, stream, operations, outcomes)
    return meter.latencies, meter.refused, CountingCursor.statements


def _measure(conn: db.Connection, name: str, load: Callable[[Meter], None]) -> Run:
    meter = Meter([])
    CountingCursor.statements = 0
    wal, cpu = _wal(conn), time.process_time()
    load(meter)
    cpu, wal = time.process_time() - cpu, _wal(conn) - wal
    meter.statements += CountingCursor.statements
    latencies, count = sorted(meter.latencies), meter.operations
    return Run(
        name=name,
        operations=count,
        operations_per_second=round(count / meter.seconds, 1),
        p50_ms=round(latencies[count // 2] * 1_000, 3),
        p99_ms=round(latencies[count * 99 // 100] * 1_000, 3),
        statements_per_operation=round(meter.statements / count, 3),
        wal_bytes_per_operation=round(wal / count, 1),
        client_cpu_us_per_operation=round(cpu / count * 1_000_000, 1),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, 1),
        refused=meter.refused,
    )


def _wal(conn: db.Connection) -> int:
    row = conn.execute("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetchone()
    assert row is not None
    return int(row[0])
