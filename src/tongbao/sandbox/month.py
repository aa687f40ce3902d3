"""The month of the demo: thirty days of traffic, the story, and what falls due each morning.

Time is made up: it begins at midnight of the first day and passes an hour with each batch.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from tongbao.alliance import organisations
from tongbao.clearing import windows
from tongbao.kernel.db import Connection
from tongbao.ledger.seal import seal
from tongbao.points import due
from tongbao.points.check import Rules
from tongbao.points.operations import (
    Award,
    Gift,
    Operation,
)
from tongbao.points.post import post
from tongbao.sandbox import story, traffic
from tongbao.sandbox.alliance import EXPIRING, Alliance
from tongbao.sandbox.settling import settle
from tongbao.sandbox.tally import Tally, count

DAYS: Final = 30
FIRST: Final = datetime(2026, 10, 1, 16, tzinfo=UTC)
"""Midnight in Shanghai at which 2 October 2026 begins; the month ends with the 31st."""

LAST: Final = FIRST + timedelta(days=DAYS)
MINUTE: Final = timedelta(minutes=1)

_HOUR: Final = timedelta(hours=1)
_HOLIDAYS: Final = range(6)
"""Days of the month that are National Day holidays."""

_RETURN_WINDOW: Final = timedelta(days=7)
_MORNING: Final = 6
_MEMBER_SKEW: Final = 0.3
"""Even the most faithful member does not shop ten times a day."""

_WELL_OFF: Final = 200
"""Members who come so often that they have points to give away."""

_SUSPENDED: Final = ("randong", 19)
"""An organisation that may not issue any more from a day on."""

Begin = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction of the door's, and gives a connection in it."""


class Month(Struct, kw_only=True):
    """The state of a month under way. ``closed`` is the newest closed window."""

    alliance: Alliance
    random: Random
    stream: traffic.Traffic
    story: story.Story
    tally: Tally = field(default_factory=Tally)
    closed: int | None = None


def live(
    begin: Begin, alliance: Alliance, random: Random, tell: Callable[[], None] = lambda: None
) -> Month:
    """Let a month pass, one batch an hour, each in a transaction of its own; ``tell`` each day."""
    month = Month(
        alliance=alliance,
        random=random,
        stream=traffic.start(alliance.world, random, member_skew=_MEMBER_SKEW, prefix="day-"),
        story=story.Story(alliance=alliance),
    )
    with begin() as conn:
        _post(month, conn, list(_take_over(month)), FIRST, Rules(past=None))
    for day in range(DAYS):
        _pass(begin, month, day)
        tell()
    return month


def _pass(begin: Begin, month: Month, day: int) -> None:
    """Let one day pass, close its clearing window, and seal what was written."""
    midnight = FIRST + timedelta(days=day)
    if day == _SUSPENDED[1]:
        with begin() as conn:
            known = month.alliance.organisations[_SUSPENDED[0]]
            organisations.set_status(conn, known, "suspended")
    sales = _sales_of(len(month.alliance.members), day, midnight)
    times = traffic.times_of_day(month.random, midnight, sales)
    for hour in range(24):
        until = midnight + (hour + 1) * _HOUR
        within = [time for time in times if until - _HOUR <= time < until]
        operations = [*_drawn(month, within), *_extra(month, hour, until - _HOUR)]
        operations += story.scenes_of(month.story, midnight, day, hour)
        with begin() as conn:
            if hour == _MORNING:
                for due_now in due.pages(conn, until):
                    _post(month, conn, due_now, until)
            _post(month, conn, operations, until)
    with begin() as conn:
        _cut_over(month, conn, midnight + 24 * _HOUR)


def _cut_over(month: Month, conn: Connection, at: datetime) -> None:
    """Settle the window of the day before, close this day's, and seal what was written.

    The last window stays unsettled, so that there is something to be seen.
    """
    if month.closed is not None:
        settle(conn, month.closed, (at - _HOUR).date(), at)
    month.closed = windows.close(conn, at).id
    seal(conn, at)


def _post(
    month: Month,
    conn: Connection,
    operations: Sequence[Operation],
    at: datetime,
    rules: Rules = Rules(),  # noqa: B008 - frozen
) -> None:
    if not operations:
        return
    outcomes = post(conn, operations, at, rules)
    traffic.accept(month.stream, operations, outcomes)
    story.remember(month.story, operations, outcomes)
    count(month.tally, outcomes)


def _sales_of(people: int, day: int, midnight: datetime) -> int:
    """Give how many sales a day has: holidays and weekends are busier."""
    weekend = (midnight + 12 * _HOUR).weekday() >= 5
    usual = 950 if day in _HOLIDAYS else 850 if weekend else 600
    return usual * people // 2_000


def _drawn(month: Month, times: Sequence[datetime]) -> list[Operation]:
    """Draw the traffic of an hour; what is bought online is pending until it cannot come back."""
    online = month.alliance.organisations["yunshang"]
    operations: list[Operation] = []
    for operation, when in zip(traffic.draw(month.stream, len(times), times), times, strict=True):
        if isinstance(operation, Award) and operation.scope == online:
            operations.append(replace(operation, release_at=when + _RETURN_WINDOW))
        else:
            operations.append(operation)
    return operations


def _extra(month: Month, hour: int, when: datetime) -> list[Operation]:
    """Give what is no sale: in some hours a member buys points at the bank, or gives some away."""
    random, alliance = month.random, month.alliance
    bank, counter = alliance.outlets["dongjiang-net"]
    day = f"{when:%m%d}-{hour}"
    if hour in (10, 13, 16, 20):
        member = random.choice(alliance.world.members)
        points = random.choice((5_000, 10_000, 20_000))
        return [
            Award(
                key=f"bank-{day}", scope=bank, effective_at=when, member=member, outlet=counter,
                points=points, lot_kind="bought", channel="app",
            )
        ]  # fmt: skip
    if hour in (12, 19, 21):
        giver, receiver = random.sample(alliance.world.members[:_WELL_OFF], 2)
        return [
            Gift(
                key=f"gift-{day}", scope=alliance.operator, effective_at=when, member=giver,
                to=receiver, points=random.choice((200, 500, 1_000)), channel="app",
            )
        ]  # fmt: skip
    return []


def _take_over(month: Month) -> list[Operation]:
    """Bring in what members had earned before in a cinema's own programme, with its dates."""
    organisation, outlet = month.alliance.outlets[f"{EXPIRING}-ja"]
    random = month.random
    earned = random.sample(month.alliance.world.members, min(300, len(month.alliance.members) // 2))
    return [
        Award(
            key=f"taken-over-{n}",
            scope=organisation,
            effective_at=FIRST - timedelta(days=random.randrange(150, 364), hours=3),
            member=member,
            outlet=outlet,
            points=random.randrange(3, 60) * 100,
            reference="former programme",
        )
        for n, member in enumerate(earned)
    ]
