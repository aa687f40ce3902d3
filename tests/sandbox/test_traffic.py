"""Traffic is seeded, cheap, skewed as asked, and follows what it is told."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from time import process_time

import pytest

from tests.world import AT
from tongbao.points.operations import Award, Capture, Hold, Operation, Purchase, Refund
from tongbao.points.outcome import Outcome, Slice
from tongbao.sandbox import traffic

WORLD = traffic.World(
    operator=1,
    outlets=[(organisation, 10_000 + organisation) for organisation in range(100, 200)],
    members=list(range(1_000, 3_000)),
)


def posted(operations: list[Operation], first: int = 1) -> list[Outcome]:
    """Say yes to everything, a hold with 70 points."""
    return [
        Outcome(
            operation=number,
            kind="",
            status="posted",
            position=number,
            written_at=AT,
            effective_at=AT,
            lots=(Slice(1, 2, 7_000),) if isinstance(operation, Hold) else (),
        )
        for number, operation in enumerate(operations, start=first)
    ]


def follow(stream: traffic.Traffic, count: int, batch: int) -> list[Operation]:
    drawn: list[Operation] = []
    while len(drawn) < count:
        operations = traffic.draw(stream, batch)
        traffic.accept(stream, operations, posted(operations, first=len(drawn) + 1))
        drawn += operations
    return drawn


def test_the_same_seed_gives_the_same_operations() -> None:
    one, other = (follow(traffic.start(WORLD, Random(7)), 3_000, 100) for _ in range(2))
    assert one == other
    assert one != follow(traffic.start(WORLD, Random(8)), 3_000, 100)


def test_the_mix_is_that_of_the_bench() -> None:
    drawn = follow(traffic.start(WORLD, Random(1)), 20_000, 100)
    share = {kind: count / len(drawn) for kind, count in Counter(map(type, drawn)).items()}
    assert share[Award] == pytest.approx(0.6, abs=0.02)
    assert share[Purchase] == pytest.approx(0.3, abs=0.02)
    assert share[Hold] + share[Capture] == pytest.approx(0.05, abs=0.01)
    assert share[Capture] == pytest.approx(share[Hold], rel=0.1)
    assert share[Refund] == pytest.approx(0.05, abs=0.01)


def test_each_sale_comes_back_at_most_once_and_each_hold_is_captured_once() -> None:
    drawn = follow(traffic.start(WORLD, Random(2)), 20_000, 100)
    originals = [operation.original for operation in drawn if isinstance(operation, Refund)]
    holds = [operation.hold for operation in drawn if isinstance(operation, Capture)]
    assert len(originals) == len(set(originals))
    assert len(holds) == len(set(holds))
    assert all(isinstance(drawn[original - 1], Award | Purchase) for original in originals)
    assert all(isinstance(drawn[hold - 1], Hold) for hold in holds)


def test_keys_are_used_once() -> None:
    drawn = follow(traffic.start(WORLD, Random(3)), 5_000, 7)
    assert len({operation.key for operation in drawn}) == len(drawn)


@pytest.mark.parametrize(("skew", "least", "most"), [(0.0, 0.005, 0.015), (0.8, 0.08, 0.16)])
def test_skew_says_how_busy_the_first_is(skew: float, least: float, most: float) -> None:
    drawn = traffic.draw(traffic.start(WORLD, Random(4), skew=skew), 20_000)
    first = sum(operation.scope == WORLD.outlets[0][0] for operation in drawn) / len(drawn)
    assert least < first < most


@pytest.mark.parametrize("skew", [0.0, 0.8])
def test_a_hot_organisation_has_its_share_of_all_sales(skew: float) -> None:
    drawn = traffic.draw(traffic.start(WORLD, Random(5), skew=skew, hot_share=0.3), 20_000)
    first = sum(operation.scope == WORLD.outlets[0][0] for operation in drawn) / len(drawn)
    assert first == pytest.approx(0.3, abs=0.015)


def test_a_day_has_a_lunch_and_an_evening_peak() -> None:
    midnight = datetime(2026, 10, 1, 16, tzinfo=UTC)
    times = traffic.times_of_day(Random(6), midnight, 10_000)
    assert times == sorted(times)
    assert midnight <= times[0] and times[-1] < midnight + timedelta(days=1)
    hours = Counter((time - midnight) // timedelta(hours=1) for time in times)
    assert hours[12] > 3 * hours[15]
    assert hours[19] > 3 * hours[15]
    assert hours[3] == 0


def test_drawing_is_cheap_beside_posting() -> None:
    stream = traffic.start(WORLD, Random(9))
    traffic.draw(stream, 1_000)
    began = process_time()
    traffic.draw(stream, 20_000)
    assert (process_time() - began) / 20_000 < 40e-6
