"""Call webhooks: what is due for one endpoint, in order, by one worker at a time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.events import audience
from tongbao.kernel import db, metrics
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.webhooks import deliveries, endpoints, signing
from tongbao.webhooks.addresses import networks
from tongbao.webhooks.calling import Caller
from tongbao.webhooks.calling import calling as called
from tongbao.webhooks.types import Due, Endpoint

PAGE: Final = 50
"""Deliveries that are read at once."""

TURN: Final = 60.0
"""Seconds after which others have their turn."""


class Turn(Struct, frozen=True, kw_only=True):
    """An endpoint as it was found, with what to sign by."""

    endpoint: Endpoint
    operator: bool
    secrets: list[bytes]


class Calls:
    """Calls webhooks until ``stopping`` is set; at most as many at once as the settings say.

    The connection that holds an endpoint's lock has no transaction open while a call is made.
    """

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime],
        stopping: asyncio.Event,
        caller: Caller,
    ) -> None:
        self._settings = settings
        self._now = now
        self._stopping = stopping
        self._caller = caller
        self._free = settings.webhook_calls
        self._patience = timedelta(days=settings.webhook_days)
        self._chance = random.Random()  # noqa: S311 - spreads retries, keeps no secret

    async def call(self, endpoint: int) -> None:
        """Send what is due for an endpoint; nothing if all places are taken, or somebody does.

        Whatever is left is queued again by the job ``webhooks``.
        """
        if not self._free:
            return
        self._free -= 1
        try:
            await self._with_connection(lambda conn: self._take_turn(conn, endpoint))
        finally:
            self._free += 1

    async def _with_connection(self, do: Callable[[Connection], Awaitable[None]]) -> None:
        conn = await asyncio.to_thread(db.connect, self._settings)
        try:
            await do(conn)
        finally:
            await asyncio.to_thread(conn.close)

    async def _take_turn(self, conn: Connection, endpoint: int) -> None:
        if not await asyncio.to_thread(deliveries.lock, conn, endpoint):
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + TURN
        while loop.time() < until:
            turn, due = await asyncio.to_thread(self._look, conn, endpoint)
            for one in due:
                if turn is None or self._stopping.is_set() or not await self._send(conn, turn, one):
                    return
            if len(due) < PAGE:
                return

    def _look(self, conn: Connection, endpoint_id: int) -> tuple[Turn | None, list[Due]]:
        at = self._now()
        with conn.transaction():
            endpoint = endpoints.get(conn, endpoint_id)
            if endpoint.state != "active":
                return None, []
            operator = organisations.get(conn, endpoint.organisation_id).role == "operator"
            secrets = endpoints.secrets(conn, endpoint_id, at, self._settings.access_secret)
            due = deliveries.due(conn, endpoint_id, at, PAGE)
        return Turn(endpoint=endpoint, operator=operator, secrets=secrets), due

    async def _send(self, conn: Connection, turn: Turn, due: Due) -> bool:
        """Make one call and write down how it went; tell whether to go on."""
        body = deliveries.body(turn.endpoint, due.event, operator=turn.operator)
        event = audience.id_of(due.event.xid, due.event.id)
        headers = signing.headers(turn.secrets, event, self._now(), body)
        answer = await self._caller.call(turn.endpoint.url, headers, body)
        outcome = "good" if answer.good else str(answer.status or "none")
        metrics.CALL_SECONDS.labels(outcome).observe(answer.milliseconds / 1_000)

        def note() -> bool:
            with conn.transaction():
                return deliveries.note(
                    conn, turn.endpoint, due, answer, self._now(), self._chance.random(),
                    self._patience,
                )  # fmt: skip

        return await asyncio.to_thread(note)


@asynccontextmanager
async def calling(
    settings: Settings, now: Callable[[], datetime], stopping: asyncio.Event
) -> AsyncIterator[Calls]:
    """Give what calls webhooks, and close its connections at the end."""
    async with called(networks(settings.webhook_networks)) as caller:
        yield Calls(settings, now, stopping, caller)
