"""Questions that come together are asked together; each gets what it asked, or why not."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pytest
from psycopg.errors import NumericValueOutOfRange

from tongbao.hosting.gathering import Gathering
from tongbao.kernel import db as database
from tongbao.kernel.settings import Settings


class Asked:
    """Doubles numbers in the database, and notes what it was asked with; waits if it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, conn: database.Connection, keys: Sequence[int]) -> Mapping[int, int]:
        self.batches.append(list(keys))
        self.go.wait(20)
        rows = conn.execute("SELECT n, n * 2 FROM unnest(%s::int []) AS n", (list(keys),))
        return dict(rows.fetchall())


@pytest.fixture
def pool(database_url: str) -> Iterator[database.Pool]:
    with database.pool(Settings(database_url=database_url, pool_size=2)) as opened:
        yield opened


async def begun(asked: Asked, batches: int) -> None:
    for _ in range(2_000):
        if len(asked.batches) >= batches:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


@pytest.mark.timeout(60)
def test_what_comes_while_others_are_asked_is_asked_once_and_together(pool: database.Pool) -> None:
    asked = Asked()

    async def story() -> list[Any]:
        gathering = Gathering[int, int](pool, asked)
        asked.go.clear()
        first = asyncio.create_task(gathering.find([1]))
        await begun(asked, 1)
        others = [asyncio.create_task(gathering.find([n, 7])) for n in range(2, 5)]
        await asyncio.sleep(0.05)
        asked.go.set()
        return await asyncio.gather(first, *others)

    found = asyncio.run(story())
    assert asked.batches == [[1], [2, 7, 3, 4]]
    assert [one[n] for n, one in enumerate(found, start=1)] == [2, 4, 6, 8]
    assert found[1][7] == 14


@pytest.mark.timeout(60)
def test_who_goes_away_keeps_nobody_from_an_answer(pool: database.Pool) -> None:
    asked = Asked()

    async def story() -> Mapping[int, int]:
        gathering = Gathering[int, int](pool, asked)
        asked.go.clear()
        gone, stays = (asyncio.create_task(gathering.find([n])) for n in (1, 2))
        await begun(asked, 1)
        gone.cancel()
        await asyncio.sleep(0.01)
        asked.go.set()
        return await stays

    assert asyncio.run(story())[2] == 4


@pytest.mark.timeout(60)
def test_everybody_is_told_what_failed_and_the_next_are_asked(pool: database.Pool) -> None:
    async def story() -> list[Any]:
        gathering = Gathering[int, int](pool, Asked())
        too_large, fine = gathering.find([2**31 - 1]), gathering.find([2])
        failed = await asyncio.gather(too_large, fine, return_exceptions=True)
        return [*failed, await gathering.find([3])]

    one, two, three = asyncio.run(story())
    assert (type(one), type(two)) == (NumericValueOutOfRange, NumericValueOutOfRange)
    assert three == {3: 6}


@pytest.mark.timeout(60)
def test_on_a_connection_that_has_died_it_is_asked_again(
    pool: database.Pool, database_url: str
) -> None:
    async def story() -> list[Any]:
        gathering = Gathering[int, int](pool, Asked())
        before = await gathering.find([1])
        with psycopg.connect(database_url) as other:  # as its owner, who may end others
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return [before, await gathering.find([2])]

    assert asyncio.run(story()) == [{1: 2}, {2: 4}]
