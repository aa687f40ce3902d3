"""What is left of a sale by line, after refunds, reversals, and where nothing was sold."""

import pytest

from tests.world import AT, World, build, one
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.left import LineLeft, lines_left

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=100_000)})


def sale(world: World, key: str = "s", **more: object) -> ops.Award:
    given = {
        "key": key, "scope": world.organisations["A"], "member": world.members[0],
        "outlet": world.outlets["A"], "amount": 10_000,
    }  # fmt: skip
    return ops.Award(**(given | more))  # type: ignore[arg-type]


def refund(world: World, original: int, key: str, **more: object) -> ops.Refund:
    scope = world.organisations["A"]
    return ops.Refund(key=key, scope=scope, original=original, **more)  # type: ignore[arg-type]


def test_each_line_less_what_came_back_of_it(db: Connection, world: World) -> None:
    lines = (ops.Line(id="1", amount=6_000), ops.Line(id="2", amount=4_000))
    number = one(db, sale(world, lines=lines), AT).operation
    one(db, refund(world, number, "r1", lines=(ops.RefundLine(id="1", amount=2_500),)), AT)
    assert lines_left(db, number) == [
        LineLeft(id="1", amount=6_000, left=3_500),
        LineLeft(id="2", amount=4_000, left=4_000),
    ]
    one(db, refund(world, number, "r2"), AT)
    assert sum(line.left for line in lines_left(db, number)) == 0


def test_what_was_refunded_after_a_merger_counts(db: Connection, world: World) -> None:
    number = one(db, sale(world), AT).operation
    merge = ops.Merge(key="m", scope=world.operator, member=world.members[0], into=world.members[1])
    assert one(db, merge, AT).refusal is None
    one(db, refund(world, number, "r", amount=1_000), AT)
    assert lines_left(db, number) == [LineLeft(id="*", amount=10_000, left=9_000)]


def test_nothing_is_left_of_what_was_reversed_or_was_no_sale(db: Connection, world: World) -> None:
    number = one(db, sale(world), AT).operation
    back = one(db, refund(world, number, "r", amount=1_000), AT).operation
    assert lines_left(db, back) == []
    reversal = ops.Reversal(key="v", scope=world.organisations["A"], original_key="s")
    one(db, reversal, AT)
    assert lines_left(db, number) == []
    assert lines_left(db, 7) == []


def test_an_advice_that_could_not_be_posted_has_nothing_to_take_back(
    db: Connection, world: World
) -> None:
    told = ops.Advice(
        key="t", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=700, cash=300,
    )  # fmt: skip
    outcome = one(db, told, AT)
    assert outcome.status == "exception"
    assert lines_left(db, outcome.operation) == []
