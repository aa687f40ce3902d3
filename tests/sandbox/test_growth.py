"""Growth is measured side by side: a small ledger, and the same one after it has grown."""

import pytest

from tests.world import broken_laws
from tongbao.kernel import db as database
from tongbao.kernel.settings import Settings
from tongbao.sandbox import alliance, growth, load, traffic
from tongbao.sandbox import database as sandboxes
from tongbao.sandbox.bench import Run
from tongbao.sandbox.growth import Pair


def run(rate: float) -> Run:
    return Run(
        name="", operations=1, operations_per_second=rate, p50_ms=0, p99_ms=0,
        statements_per_operation=0, wal_bytes_per_operation=0, client_cpu_us_per_operation=0,
        peak_memory_mb=0, refused=0,
    )  # fmt: skip


def test_the_ratio_is_the_median_of_the_pairs() -> None:
    rates = [(100.0, 50.0), (100.0, 90.0), (1_000.0, 1_000.0)]
    pairs = [Pair(small=run(small), large=run(large)) for small, large in rates]
    assert growth.ratio(pairs) == 0.9


@pytest.mark.timeout(120)
def test_a_ledger_grows_beside_its_earlier_copy(database_url: str) -> None:
    name = f"{database_url.split('?', maxsplit=1)[0].rsplit('/', 1)[1]}_grown"
    grown = sandboxes.renew(Settings(database_url=database_url), name, load.FIRST)
    with database.connect(grown) as conn, conn.transaction():
        secret = grown.identity_secret
        world = alliance.found_plain(conn, traffic.seeded(1), 20, 200, load.FIRST, secret)
    told = []
    small = growth.grow(grown, world, 3_000, 1_000, 1, lambda: told.append(1))
    try:
        sizes = [growth.size(one).operations for one in (small, grown)]
        pairs = list(growth.compare(small, grown, world, rounds=2, batches=1, seed=1))
        with database.connect(grown) as conn:
            assert broken_laws(conn) == {}
    finally:
        sandboxes.drop(small)
        sandboxes.drop(grown)
    assert len(told) == 3
    # Refusals, such as a purchase at a wallet without points, are answered and not posted.
    assert 0 < sizes[0] <= 1_000 < sizes[1] <= 3_000
    assert [pair.small.name for pair in pairs] == ["small-1", "small-2"]
    assert all(pair.large.operations == 1_000 for pair in pairs)
