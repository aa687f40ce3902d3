"""An alliance whose A has a webhook, and one turn of the worker's part of it."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from msgspec import Struct

from tests import announced
from tests.webhooks.receiver import NETWORKS, Receiver, receiving
from tests.world import AT, World, build
from tongbao.alliance.types import Terms
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.upkeep.jobs import webhooks
from tongbao.upkeep.types import Bench
from tongbao.webhooks import addresses, endpoints, fanout
from tongbao.webhooks.types import Endpoint
from tongbao.worker.calls import calling

KEY = "a key for tests that is long enough"
ALLOWED = addresses.networks(NETWORKS)


class Desk(Struct):
    """A world, a receiver, and the settings with which it is called."""

    db: Connection
    world: World
    receiver: Receiver
    settings: Settings

    def hook(self, name: str, *types: str, secret: bytes | None = None) -> Endpoint:
        """Make an endpoint of an organisation at the receiver."""
        who = self.world.organisations.get(name, self.world.operator)
        announced.wait(self.db)
        with self.db.transaction():
            made = endpoints.create(
                self.db, who, self.receiver.url, types, "till", secret or secrets.token_bytes(32),
                by="Lin", at=AT, allowed=ALLOWED, key=KEY,
            )  # fmt: skip
            fanout.fan_out(self.db, AT)
        return made

    def clock(self) -> datetime:
        """Give the time that it is."""
        return clock.now()

    def run(self, at: datetime = AT, only: Sequence[int] | None = None) -> None:
        """Do what a worker does at ``at``: queue what is due, and call."""
        announced.wait(self.db)
        webhooks(Bench(settings=self.settings, conn=self.db, now=lambda: at))
        self.db.execute("RESET search_path")
        due = fanout.due(self.db, at) if only is None else only
        asyncio.run(self._call(due, at))

    async def _call(self, due: Sequence[int], at: datetime) -> None:
        async with calling(self.settings, lambda: at, asyncio.Event()) as calls:
            await asyncio.gather(*map(calls.call, due))


@pytest.fixture
def desk(db: Connection, database_url: str) -> Iterator[Desk]:
    world = build(db, {name: Terms() for name in "ABC"})
    settings = Settings(database_url=database_url, webhook_networks=NETWORKS, access_secret=KEY)
    with receiving() as receiver:
        announced.wait(db)
        fanout.fan_out(db, AT)
        yield Desk(db, world, receiver, settings)
