"""What the handlers work with: settings, the pool of connections, the teller."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from litestar.connection import ASGIConnection
from msgspec import Struct, field

from tongbao.hosting.crossing import Crossing
from tongbao.hosting.database import begun, lent, snapshot
from tongbao.kernel import db
from tongbao.kernel.settings import Settings
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.teller.teller import Teller

Answer = TypeVar("Answer")

_END: Final = 10.0
"""Seconds in which the teller has to end when everybody is answered."""


class Parts(Struct, frozen=True, kw_only=True):
    """The parts of one running service; ``stopping`` is set when it is told to end.

    Who makes a caller wait looks at ``stopping``: the service ends when all are answered.
    """

    settings: Settings
    pool: db.Pool
    teller: Teller
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    crossing: Crossing = field(default_factory=Crossing)


@contextmanager
def opened(settings: Settings, shared: Parts | None = None) -> Iterator[Parts]:
    """Open the parts of a service, and close them; those of ``shared`` stay as they are.

    At the end the teller posts what waits, unless the database hangs: whoever asked for that was
    told so before. A database that is away is no reason not to begin.
    """
    if shared is not None:
        yield shared
        return
    with db.pool(settings, sure=False) as pool, Teller.of(settings, _END) as teller:
        yield Parts(settings=settings, pool=pool, teller=teller)


async def post(request: ASGIConnection[Any, Any, Any, Any], operation: Operation) -> Outcome:
    """Hand an operation to the teller and wait for its outcome; refuses what the teller does."""
    shared = of(request)
    return await shared.crossing.of(shared.teller.submit(operation))


def of(request: ASGIConnection[Any, Any, Any, Any]) -> Parts:
    """Give the parts of the service that a request came to."""
    return cast(Parts, request.app.state.parts)


async def read(
    request: ASGIConnection[Any, Any, Any, Any], ask: Callable[[db.Connection], Answer]
) -> Answer:
    """Run ``ask`` on a connection of its own, in a thread, in one snapshot that may only read."""
    return await asyncio.to_thread(_in_snapshot, of(request).pool, ask)


async def write(
    request: ASGIConnection[Any, Any, Any, Any], do: Callable[[db.Connection], Answer]
) -> Answer:
    """Run ``do`` on a connection of its own, in a thread, in one transaction."""
    return await asyncio.to_thread(_and_commit, of(request).pool, do)


async def work(
    request: ASGIConnection[Any, Any, Any, Any], do: Callable[[db.Connection], Answer]
) -> Answer:
    """Run ``do``, which opens transactions itself, on a connection of its own, in a thread."""
    return await asyncio.to_thread(_as_it_likes, of(request).pool, do)


def _in_snapshot(pool: db.Pool, ask: Callable[[db.Connection], Answer]) -> Answer:
    with snapshot(pool) as conn:
        return ask(conn)


def _and_commit(pool: db.Pool, do: Callable[[db.Connection], Answer]) -> Answer:
    with begun(pool) as conn:
        return do(conn)


def _as_it_likes(pool: db.Pool, do: Callable[[db.Connection], Answer]) -> Answer:
    with lent(pool) as conn:
        return do(conn)
