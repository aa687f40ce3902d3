"""Quotes as the plans see them: good once, also within one batch, and never a hold."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, World, broken_laws, build, do
from tongbao.alliance.types import Terms
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.ledger import lock
from tongbao.points import operations as ops
from tongbao.points import quotes, refusals
from tongbao.points.check import Rules


@pytest.fixture
def world(db: Connection) -> World:
    """Give a member 100 points of A."""
    made = build(db, {"A": Terms(), "C": Terms(acceptance_fee=20_000)})
    do(db, [ops.Award(key="a", scope=made.organisations["A"], member=made.members[0],
                      outlet=made.outlets["A"], points=10_000)])  # fmt: skip
    return made


def quote(db: Connection, world: World, **more: Any) -> quotes.Quoted:
    asked: dict[str, Any] = {
        "scope": world.organisations["C"],
        "member": world.members[0],
        "outlet": world.outlets["C"],
        "amount": 20_000,
        "points": 6_000,
        "at": AT,
    }
    with db.transaction():
        return quotes.make(db, **(asked | more), rules=Rules())


def purchase(world: World, key: str, made: quotes.Quoted, **more: Any) -> ops.Purchase:
    asked: dict[str, Any] = {
        "member": made.member,
        "outlet": made.outlet,
        "amount": made.amount,
        "points": made.points,
        "quote": made.id,
    }
    return ops.Purchase(key=key, scope=world.organisations["C"], **(asked | more))


def test_a_quote_is_used_once_within_a_batch(db: Connection, world: World) -> None:
    made = quote(db, world, points=3_000)
    first, second, again = do(
        db, [purchase(world, "1", made), purchase(world, "2", made), purchase(world, "1", made)]
    )
    assert (first.spent, first.earned, first.cash) == (made.points, made.earned, made.cash)
    assert second.refusal is not None
    assert second.refusal.code == "quote-used"
    assert second.refusal.facts["operation"] == first.operation
    assert again.operation == first.operation
    assert broken_laws(db) == {}


def test_a_refused_purchase_does_not_use_its_quote(db: Connection, world: World) -> None:
    one, other = quote(db, world), quote(db, world)
    outcomes = do(db, [purchase(world, "1", one), purchase(world, "2", other)])
    assert [outcome.status for outcome in outcomes] == ["posted", "refused"]
    do(db, [ops.Award(key="b", scope=world.organisations["A"], member=world.members[0],
                      outlet=world.outlets["A"], points=10_000)])  # fmt: skip
    assert do(db, [purchase(world, "3", other)])[0].status == "posted"
    assert broken_laws(db) == {}


def test_a_quote_says_what_a_purchase_would_be_refused_for(db: Connection, world: World) -> None:
    with pytest.raises(refusals.InsufficientPoints):
        quote(db, world, points=10_001)
    with pytest.raises(refusals.PointsExceedAmount):
        quote(db, world, amount=100, points=101)
    with pytest.raises(refusals.OutletNotFound):
        quote(db, world, scope=world.organisations["A"])
    with pytest.raises(refusals.MemberNotFound):
        quote(db, world, member=1)


@pytest.mark.parametrize("points", [0, 100])
def test_a_quote_says_all_that_could_be_spent_however_little_is(
    db: Connection, world: World, points: int
) -> None:
    made = quote(db, world, points=points)
    assert (made.points, made.cash) == (points, 20_000 - points)
    assert (made.usable, [part.points for part in made.here]) == (10_000, [10_000])


def test_a_quote_ends(db: Connection, world: World) -> None:
    made = quote(db, world)
    late = do(db, [purchase(world, "1", made)], made.expires_at)[0]
    assert late.refusal is not None
    assert late.refusal.code == "quote-expired"
    last = made.expires_at - timedelta(microseconds=1)
    assert do(db, [purchase(world, "2", made)], last)[0].status == "posted"
    unused = quote(db, world, points=100)
    quote(db, world, points=100, at=AT + limits.QUOTE + timedelta(days=1, seconds=1))
    kept = [i for (i,) in db.execute("SELECT id FROM points.quote ORDER BY id")]
    assert (made.id in kept, unused.id in kept) == (True, False)


def test_a_quote_waits_for_nobody_and_moves_nothing(
    db: Connection, database_url: str, world: World
) -> None:
    every = "SELECT * FROM ledger.account ORDER BY owner_id, kind"
    before = db.execute(every).fetchall()
    with database.connect(database_url) as other, other.transaction():
        lock.members(other, [world.members[0]])
        db.execute("SET statement_timeout = 5000")
        assert quote(db, world, points=None, amount=500).usable == 500
    assert db.execute(every).fetchall() == before
