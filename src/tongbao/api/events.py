"""The stream of events, for those who rather ask than be called."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.api import listing
from tongbao.api.caller import needs
from tongbao.api.tip import Tip
from tongbao.events import audience, outbox
from tongbao.events.audience import Envelope
from tongbao.events.types import TYPES
from tongbao.hosting import parts
from tongbao.kernel import limits, texts
from tongbao.kernel.db import Connection

SCANNED: Final = 2_000
"""Events that one request looks at; of those that do not concern its caller nothing is told."""

LONGEST: Final = 25
"""Seconds that a request may wait; proxies end what takes a minute."""

_NAME: Final = "events"
_TYPES: Final = 2_000

Place = tuple[int, int]
Types = Annotated[
    str | None,
    QueryParameter(description="Only these types, with commas between.", max_length=_TYPES),
]
Since = Annotated[
    datetime | None,
    QueryParameter(description="Where to begin without a cursor; else at the first event."),
]
Wait = Annotated[
    int,
    QueryParameter(ge=0, le=LONGEST, description="Seconds to wait for an event if there is none."),
]


class Feed(Struct, frozen=True):
    """A part of the stream; ``next`` is the cursor to go on with, now or later.

    ``more``: there is more to read already. A part may be empty and yet lead on: what it passed
    does not concern the caller.
    """

    data: list[Envelope]
    next: str
    more: bool


@get("/v1/events", opt=needs("events:read", unhurried=True))
async def list_events(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cursor: listing.Cursor = None,
    since: Since = None,
    types: Types = None,
    limit: listing.Limit = listing.ROWS,
    wait: Wait = 0,
) -> Feed:
    """Read the events after a place in the stream.

    In the order of the stream; none is skipped, however many are written at the same time. Keep
    ``next`` when what was read is done with, and go on from it. An organisation sees what concerns
    it, and of that what it may; the operator sees all.
    """
    wanted = frozenset(types.split(",")) if types else frozenset()
    for one in wanted:
        texts.choice("types", one, TYPES)
    place: Place | None = listing.after(_NAME, cursor, tuple[int, int])
    organisation = None if caller.operator else caller.organisation_id
    tip: Tip = request.app.state.tip
    until = asyncio.get_running_loop().time() + wait
    while True:
        changed = tip.changed()

        def ask(conn: Connection, begin: Place | None = place) -> tuple[Place, list[outbox.Read]]:
            found = begin or _begin(conn, since)
            return found, outbox.after(conn, *found, SCANNED)

        begin, read = await parts.read(request, ask)
        feed = _feed(begin, read, organisation, wanted, limit)
        left = until - asyncio.get_running_loop().time()
        if feed.data or feed.more or left <= 0 or parts.of(request).stopping.is_set():
            return feed
        place = (read[-1].xid, read[-1].id) if read else begin
        await _wait(tip, changed, parts.of(request).stopping, left)


def _begin(conn: Connection, since: datetime | None) -> Place:
    return (0, 0) if since is None else outbox.place_at(conn, since)


def _feed(
    place: Place,
    read: Sequence[outbox.Read],
    organisation: int | None,
    wanted: frozenset[str],
    limit: int,
) -> Feed:
    told: list[Envelope] = []
    passed = 0
    for event in read:
        if len(told) == limit:
            break
        passed += 1
        if wanted and event.type not in wanted:
            continue
        data = audience.seen_by(event, organisation)
        if data is not None:
            told.append(audience.tell(event, data))
    if passed:
        place = read[passed - 1].xid, read[passed - 1].id
    more = passed < len(read) or len(read) == SCANNED
    return Feed(told, listing.cursor_of(_NAME, place), more)


async def _wait(tip: Tip, changed: asyncio.Event, stopping: asyncio.Event, seconds: float) -> None:
    """Wait until the stream goes on, the service ends, or the time is over."""
    with tip.watching():
        waits = [asyncio.create_task(one.wait()) for one in (changed, stopping)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one


ROUTES: Final[list[BaseRouteHandler]] = [list_events]

assert limits.PAGE <= SCANNED, "a page is found in what is looked at"
