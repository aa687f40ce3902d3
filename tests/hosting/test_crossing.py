"""Outcomes cross from another thread into the event loop, each to whoever waits for it."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from tongbao.hosting.crossing import Crossing
from tongbao.teller.teller import TellerClosed

COUNT = 200


@pytest.mark.timeout(60)
def test_each_gets_its_own_answer_or_refusal() -> None:
    futures: list[Future[Any]] = [Future() for _ in range(COUNT)]

    def answer() -> None:
        for n, future in enumerate(futures):
            if n % 3 == 0:
                future.set_exception(TellerClosed())
            else:
                future.set_result(n)

    async def story() -> list[Any]:
        crossing = Crossing()
        waiting = asyncio.gather(*map(crossing.of, futures), return_exceptions=True)
        await asyncio.sleep(0)
        answering = threading.Thread(target=answer)
        answering.start()
        found = await waiting
        answering.join()
        return found

    found = asyncio.run(story())
    assert [type(one) for one in found[::3]] == [TellerClosed] * len(found[::3])
    assert [one for one in found if isinstance(one, int)] == [n for n in range(COUNT) if n % 3]


@pytest.mark.timeout(60)
def test_what_was_answered_before_is_given_at_once() -> None:
    async def story() -> Any:
        done: Future[Any] = Future()
        done.set_result(7)
        return await Crossing().of(done)

    assert asyncio.run(story()) == 7


@pytest.mark.timeout(60)
def test_who_goes_away_cancels_what_has_not_begun_and_others_stay() -> None:
    gone: Future[Any] = Future()
    stays: Future[Any] = Future()

    async def story() -> Any:
        crossing = Crossing()
        first, second = (asyncio.create_task(crossing.of(one)) for one in (gone, stays))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        stays.set_result(1)
        return await second

    assert asyncio.run(story()) == 1
    assert gone.cancelled()
