"""Who waits too long is let go of and told so; nobody else is."""

import asyncio
from collections.abc import Awaitable

import pytest

from tongbao.hosting.patience import AnswerOverdue, Patience, Waiting
from tongbao.hosting.probe import Probe

ALIVE = Probe(lambda: None)


async def wait(patience: Patience, coming: Awaitable[object]) -> object:
    with patience.waiting():
        return await coming


def test_who_waits_too_long_is_told_so_and_who_is_answered_is_not() -> None:
    async def story() -> None:
        patience, never = Patience(0, ALIVE), asyncio.get_running_loop().create_future()
        late = [asyncio.create_task(wait(patience, asyncio.shield(never))) for _ in range(3)]
        assert await wait(Patience(60, ALIVE), asyncio.sleep(0, "answered")) == "answered"
        for one in late:
            with pytest.raises(AnswerOverdue, match="within 0 seconds"):
                await one
            assert not one.cancelled()
        again = asyncio.create_task(wait(patience, asyncio.shield(never)))
        with pytest.raises(AnswerOverdue):
            await again

    asyncio.run(story())


def test_while_we_wait_for_the_caller_time_does_not_count() -> None:
    async def story() -> None:
        patience, loop = Patience(0, ALIVE), asyncio.get_running_loop()
        arrived = loop.create_future()

        async def take(mine: Waiting) -> None:
            mine.since = None
            await arrived
            mine.since = loop.time()

        async def serve() -> str:
            with patience.waiting() as mine:
                await take(mine)
                return "served"

        serving = asyncio.create_task(serve())
        with pytest.raises(AnswerOverdue):  # so that time is over for all who count
            await wait(patience, loop.create_future())
        assert not serving.done()
        arrived.set_result(None)
        assert await serving == "served"

    asyncio.run(story())


def test_who_is_ended_by_somebody_else_is_not_told_anything() -> None:
    async def story() -> None:
        patience, loop = Patience(60, ALIVE), asyncio.get_running_loop()
        task = asyncio.create_task(wait(patience, loop.create_future()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(story())


def test_who_is_unhurried_waits_as_long_as_the_database_lives() -> None:
    lives = True

    def ask() -> None:
        if not lives:
            raise ConnectionError

    async def long(patience: Patience, coming: Awaitable[object]) -> object:
        with patience.waiting(unhurried=True):
            return await coming

    async def story() -> None:
        nonlocal lives
        patience, loop = Patience(0, Probe(ask)), asyncio.get_running_loop()
        work = loop.create_future()
        first = asyncio.create_task(long(patience, asyncio.shield(work)))
        with pytest.raises(AnswerOverdue):  # so that it is long over
            await wait(patience, loop.create_future())
        assert await long(patience, asyncio.sleep(1, "slow")) == "slow"
        assert not first.done()
        lives = False
        with pytest.raises(AnswerOverdue):
            await first

    asyncio.run(story())
