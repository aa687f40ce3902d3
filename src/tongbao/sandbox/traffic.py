"""Traffic: an endless stream of operations like those of tills, from a seeded generator.

60 % awards, 30 % purchases with points, 5 % holds and captures, 5 % refunds. Members and outlets
are skewed by Zipf's law. Nothing is read or posted here: whoever posts what was drawn hands the
outcomes back by ``accept``, so that captures and refunds can name what they follow.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from msgspec import Struct, field

from tongbao.points.operations import Award, Capture, Hold, Operation, Purchase, Refund
from tongbao.points.outcome import Outcome

AWARD, PURCHASE, HOLD, REFUND = range(4)
MIX: Final = (60, 30, 5, 5)
"""Weights of awards, purchases, holds with their captures, and refunds."""

SKEW: Final = 0.8
"""Zipf's exponent unless told otherwise; 0 is uniform."""

HOURS: Final = (
    1,
    0,
    0,
    0,
    0,
    0,
    1,
    4,
    8,
    12,
    22,
    58,
    96,
    48,
    26,
    24,
    28,
    44,
    82,
    98,
    74,
    38,
    12,
    4,
)
"""How busy each hour of the day is: a lunch and an evening peak."""

_KINDS: Final = (AWARD, PURCHASE, HOLD, REFUND)
_AMOUNTS: Final = tuple(round(1_800 * 1.09**step) for step in range(60))
"""Bills from 18 yuan to some 2,900 (fen), most of them small: each step is as likely."""

_LEAST: Final = 500
"""No bill is smaller (fen)."""

_SHARES: Final = (10, 20, 30, 50, 100)
"""Per cent of a bill that a member asks to pay with points."""

_KEPT: Final = 20_000
"""Sales that may still be refunded; older ones are forgotten."""

Outlet = tuple[int, int]
"""An organisation and one outlet of it."""


class World(Struct, frozen=True, kw_only=True):
    """Who takes part, by ids. Outlets and members are in the order of how busy they are.

    ``holding`` are the outlets that take holds (hotels, restaurants); empty: all of them.
    ``bills``: how large bills are, in per cent of the average, by outlet id; empty: all the same.
    """

    operator: int
    outlets: Sequence[Outlet]
    members: Sequence[int]
    holding: Sequence[Outlet] = ()
    bills: Mapping[int, int] = {}


class Held(Struct, frozen=True):
    """A hold that was placed and waits for its capture."""

    organisation: int
    operation: int
    points: int


class Sold(Struct, frozen=True):
    """A sale that was posted and may come back."""

    organisation: int
    operation: int
    amount: int


class Traffic(Struct, kw_only=True):
    """The state of one stream: the generator, the skew, and what may be followed."""

    world: World
    random: Random
    prefix: str
    outlet_weights: list[float] | None
    member_weights: list[float] | None
    drawn: int = 0
    holds: deque[Held] = field(default_factory=deque)
    sales: deque[Sold] = field(default_factory=lambda: deque(maxlen=_KEPT))


def seeded(seed: int) -> Random:
    """Give the generator of everything that is left to chance; a seed has one."""
    return Random(seed)


def start(
    world: World,
    random: Random,
    *,
    skew: float = SKEW,
    member_skew: float | None = None,
    hot_share: float = 0.0,
    prefix: str = "t",
) -> Traffic:
    """Start a stream. ``hot_share`` of all sales (0 to 1) are the first organisation's.

    ``member_skew`` none: members are skewed as outlets are.
    Keys are ``prefix`` and a number, so two streams into one ledger need two prefixes.
    """
    return Traffic(
        world=world,
        random=random,
        prefix=prefix,
        outlet_weights=_weigh_outlets(world, skew, hot_share),
        member_weights=_zipf(len(world.members), skew if member_skew is None else member_skew),
    )


def draw(
    traffic: Traffic, count: int, times: Sequence[datetime | None] | None = None
) -> list[Operation]:
    """Give the next ``count`` operations; ``times``: the business time of each, none: not said.

    A hold becomes a capture when one waits, a refund an award when nothing can come back.
    """
    random, world = traffic.random, traffic.world
    kinds = random.choices(_KINDS, MIX, k=count)
    members = random.choices(world.members, cum_weights=traffic.member_weights, k=count)
    outlets = random.choices(world.outlets, cum_weights=traffic.outlet_weights, k=count)
    amounts = random.choices(_AMOUNTS, k=count)
    if world.bills:
        shares_of = [world.bills[outlet] for _, outlet in outlets]
        amounts = [max(_LEAST, a * s // 100) for a, s in zip(amounts, shares_of, strict=True)]
    shares = random.choices(_SHARES, k=count)
    first = traffic.drawn
    traffic.drawn += count
    operations: list[Operation] = []
    for n, kind in enumerate(kinds):
        organisation, outlet = outlets[n]
        key = f"{traffic.prefix}{first + n}"
        when = None if times is None else times[n]
        if kind == PURCHASE:
            operation: Operation = Purchase(
                key=key,
                scope=organisation,
                effective_at=when,
                member=members[n],
                outlet=outlet,
                amount=amounts[n],
                points=amounts[n] * shares[n] // 100,
                up_to=True,
            )
        elif kind == HOLD:
            operation = _hold(traffic, key, when, members[n], outlets[n], amounts[n])
        elif kind == REFUND and traffic.sales:
            operation = _refund(traffic, key, when, whole=shares[n] > 20)
        else:
            operation = Award(
                key=key,
                scope=organisation,
                effective_at=when,
                member=members[n],
                outlet=outlet,
                amount=amounts[n],
            )
        operations.append(operation)
    return operations


def accept(traffic: Traffic, operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> None:
    """Tell the stream what became of operations, in their order; others' are passed over."""
    prefix = traffic.prefix
    for operation, outcome in zip(operations, outcomes, strict=True):
        if outcome.status != "posted" or not operation.key.startswith(prefix):
            continue
        match operation:
            case Hold():
                points = sum(part.points for part in outcome.lots)
                held = Held(operation.scope, outcome.operation, points)
                if points:
                    traffic.holds.append(held)
            case Award() | Purchase() if operation.amount:
                sold = Sold(operation.scope, outcome.operation, operation.amount)
                traffic.sales.append(sold)


def opening(world: World, points: int, prefix: str = "opening-") -> Iterator[Operation]:
    """Give every member a first lot of ``points``, each at another outlet in turn."""
    for n, member in enumerate(world.members):
        organisation, outlet = world.outlets[n % len(world.outlets)]
        yield Award(
            key=f"{prefix}{n}", scope=organisation, member=member, outlet=outlet, points=points
        )


def times_of_day(random: Random, midnight: datetime, count: int) -> list[datetime]:
    """Give ``count`` moments, in order, of the day from ``midnight`` on, most at its peaks."""
    hours = random.choices(range(24), HOURS, k=count)
    return sorted(
        midnight + timedelta(hours=hour, microseconds=int(random.random() * 3_600_000_000))
        for hour in hours
    )


def _hold(
    traffic: Traffic, key: str, when: datetime | None, member: int, place: Outlet, amount: int
) -> Operation:
    """Capture the hold that waits longest; where none waits, place one."""
    if traffic.holds:
        held = traffic.holds.popleft()
        return Capture(
            key=key,
            scope=held.organisation,
            effective_at=when,
            hold=held.operation,
            points=held.points - held.points * traffic.random.randrange(0, 40) // 100,
            cash=amount,
        )
    if traffic.world.holding:
        place = traffic.random.choice(traffic.world.holding)
    return Hold(
        key=key,
        scope=place[0],
        effective_at=when,
        member=member,
        outlet=place[1],
        points=amount,
        up_to=True,
    )


def _refund(traffic: Traffic, key: str, when: datetime | None, *, whole: bool) -> Refund:
    """Bring a recent sale back, whole or a third of it."""
    sales = traffic.sales
    sales.rotate(traffic.random.randrange(min(len(sales), 50)))
    sold = sales.pop()
    amount = None if whole else max(1, sold.amount // 3)
    return Refund(
        key=key, scope=sold.organisation, effective_at=when, original=sold.operation, amount=amount
    )


def _zipf(count: int, skew: float) -> list[float] | None:
    """Give cumulative weights of ranks, or none when all weigh the same."""
    return list(accumulate(rank**-skew for rank in range(1, count + 1))) if skew else None


def _weigh_outlets(world: World, skew: float, hot_share: float) -> list[float] | None:
    """Give cumulative weights of outlets in which the first organisation's have their share."""
    assert 0 <= hot_share < 1, "some sales are somebody else's"
    weights = [rank**-skew for rank in range(1, len(world.outlets) + 1)]
    if hot_share:
        hot = [place[0] == world.outlets[0][0] for place in world.outlets]
        inside = sum(weight for weight, is_hot in zip(weights, hot, strict=True) if is_hot)
        scale = hot_share / (1 - hot_share) * (sum(weights) - inside) / inside
        weights = [w * scale if is_hot else w for w, is_hot in zip(weights, hot, strict=True)]
    return list(accumulate(weights)) if skew or hot_share else None
