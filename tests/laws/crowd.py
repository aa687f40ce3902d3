"""A crowd: many connections that post at once, in opposite orders, and say what they were told."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import psycopg
from msgspec.structs import replace

from tests.points.desk import code
from tests.world import AT
from tongbao.clearing import windows
from tongbao.kernel import db as database
from tongbao.ledger.seal import seal
from tongbao.ledger.verify import verify
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import post_batch

CONNECTIONS = 16

Batch = list[Operation]
Told = list[tuple[Operation, Outcome | Exception]]


def post_at_once(url: str, shares: Sequence[Sequence[Batch]]) -> Told:
    """Post each share on a connection of its own, all beginning together; give every answer."""
    start = threading.Barrier(len(shares))

    def work(share: Sequence[Batch]) -> Told:
        told: Told = []
        with database.connect(url) as conn:
            start.wait()
            for batch in share:
                told += zip(batch, post_batch(conn, batch, AT, Rules()), strict=True)
        return told

    with ThreadPoolExecutor(len(shares)) as pool:
        return [one for told in pool.map(work, shares) for one in told]


def shuffle(random: Random, operations: Sequence[Operation]) -> list[list[Batch]]:
    """Deal operations out: most of them two or three times, to connections in opposite orders.

    Every second connection has what the one before has, the other way round.
    """
    hands: list[list[Operation]] = [[] for _ in range(CONNECTIONS // 2)]
    for operation in operations:
        for hand in random.sample(hands, random.choice((1, 1, 2))):
            hand.append(operation)
    shares = []
    for hand in hands:
        random.shuffle(hand)
        shares += [_cut(random, hand), _cut(random, hand[::-1])]
    return shares


def _cut(random: Random, operations: Sequence[Operation]) -> list[Batch]:
    batches, rest = [], [*operations]
    while rest:
        size = random.choice((1, 3, 10, 40))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


def outcomes_of(told: Told) -> dict[tuple[int, str], Outcome]:
    """Give the one outcome of each key; fail when two callers were told different things."""
    found: dict[tuple[int, str], Outcome] = {}
    first: set[tuple[int, str]] = set()
    for operation, outcome in told:
        key = (operation.scope, operation.key)
        assert isinstance(outcome, Outcome), f"{operation} was answered {outcome!r}"
        if not outcome.replayed:
            assert key not in first, f"{key} happened twice"
            first.add(key)
        plain = replace(outcome, replayed=False)
        assert found.setdefault(key, plain) == plain, f"{key} has two outcomes"
    late = {key for key, outcome in found.items() if code(outcome) == "reversed"}
    assert found.keys() == first | late, "an outcome that nobody was the first to hear"
    return found


@contextmanager
def meanwhile(url: str) -> Iterator[list[int]]:
    """Close windows, seal and verify all the time; give the windows that were closed."""
    done = threading.Event()
    closed: list[int] = []

    def close(conn: database.Connection) -> None:
        closed.append(windows.close(conn, AT).id)

    def check(conn: database.Connection) -> None:
        report = verify(conn, incremental=True, at=AT)
        assert report.holds, [result for result in report.results if not result.holds]

    def repeat(every: float, act: Callable[[database.Connection], object]) -> None:
        with database.connect(url) as conn:
            while not done.wait(every):
                with conn.transaction():
                    act(conn)

    with ThreadPoolExecutor(3) as pool:
        running = [
            pool.submit(repeat, 0.1, close),
            pool.submit(repeat, 0.15, lambda conn: seal(conn, AT)),
            pool.submit(repeat, 1.0, check),
        ]
        try:
            yield closed
        finally:
            done.set()
        for one in running:
            one.result()


def deadlocks(url: str) -> int:
    """Tell how many deadlocks PostgreSQL has found in the database; the crowd must have left."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SELECT pg_stat_force_next_flush()")
        row = conn.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])
