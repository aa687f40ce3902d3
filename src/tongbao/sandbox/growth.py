"""Measure whether posting stays as fast while a ledger grows.

Machines are not steady for as long as a ledger takes to grow. So a copy of the ledger is kept as it
was when it was small, and both are measured in turn, in one run, on one server.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from tongbao.kernel import db
from tongbao.kernel.settings import Settings
from tongbao.ledger.seal import seal
from tongbao.points.post import post
from tongbao.sandbox import bench, database, traffic
from tongbao.sandbox.bench import AT, Run
from tongbao.sandbox.traffic import World

SIZE = 1_000
"""Operations of a batch."""

_SEAL_AFTER = 10
_PAUSE = 0.1


class Pair(Struct, frozen=True, kw_only=True):
    """The same load in the small ledger and in the large one, one after the other."""

    small: Run
    large: Run


class Ledger(Struct, frozen=True, kw_only=True):
    """How large a ledger is."""

    operations: int
    transfers: int
    bytes: int


def grow(
    settings: Settings, world: World, total: int, small_at: int, seed: int, tell: Callable[[], None]
) -> Settings:
    """Post until the ledger has ``total`` operations; give its copy as of ``small_at``.

    Nobody may be connected to it. ``tell`` hears of each batch.
    """
    stream = traffic.start(world, traffic.seeded(seed), skew=0, prefix="grow-")
    _post(settings, stream, small_at // SIZE, tell)
    _wait_until_alone(settings)
    small = database.copy(settings, f"{settings.database}_small")
    _post(settings, stream, (total - small_at) // SIZE, tell)
    return small


def compare(
    small: Settings, large: Settings, world: World, rounds: int, batches: int, seed: int
) -> Iterator[Pair]:
    """Give ``rounds`` pairs of ``batches`` batches each, the two ledgers in turn.

    It begins after a checkpoint, when every page is logged whole that is touched first: the worst
    case for the large one, which has more of them.
    """
    with db.connect_as_owner(db.url(large)) as conn:
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")
    streams = {
        name: traffic.start(world, traffic.seeded(seed), skew=0, prefix=f"compare-{name}-")
        for name in ("small", "large")
    }
    for n in range(rounds):
        order = (("small", small), ("large", large))
        runs = {
            name: bench.in_batches(where, streams[name], f"{name}-{n + 1}", SIZE, batches * SIZE)
            for name, where in (order if n % 2 == 0 else reversed(order))
        }
        yield Pair(small=runs["small"], large=runs["large"])


def ratio(pairs: list[Pair]) -> float:
    """Give the median over pairs of the large ledger's rate to the small one's."""
    rates = [pair.large.operations_per_second / pair.small.operations_per_second for pair in pairs]
    return round(median(rates), 3)


def size(settings: Settings) -> Ledger:
    """Say how large a ledger is."""
    with db.connect(settings) as conn:
        row = conn.execute(
            "SELECT sum(operations)::bigint, sum(transfers)::bigint,"
            " pg_database_size(current_database()) FROM ledger.batch"
        ).fetchone()
    assert row is not None
    return Ledger(operations=row[0], transfers=row[1], bytes=row[2])


def _wait_until_alone(settings: Settings) -> None:
    """Wait until the connections that were closed have ended on the server, too."""
    with db.connect_as_owner(db.url(replace(settings, database=None))) as conn:
        while conn.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s", (settings.database,)
        ).fetchone():
            time.sleep(_PAUSE)


def _post(
    settings: Settings, stream: traffic.Traffic, batches: int, tell: Callable[[], None]
) -> None:
    with db.connect(settings) as conn:
        for n in range(batches):
            operations = traffic.draw(stream, SIZE)
            with conn.transaction():
                outcomes = post(conn, operations, AT)
            traffic.accept(stream, operations, outcomes)
            if n % _SEAL_AFTER == _SEAL_AFTER - 1:
                with conn.transaction():
                    seal(conn, AT)
            tell()
