"""Many connections at once: no deadlock reaches a caller, no law breaks, nothing happens twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from tests.conftest import named
from tests.laws.crowd import (
    CONNECTIONS,
    Told,
    deadlocks,
    meanwhile,
    outcomes_of,
    post_at_once,
    shuffle,
)
from tests.points.desk import Desk, code, good
from tests.world import broken_laws
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome

EARN = ("a", "b", "c", "months", "prepaid", "split", "keeps", "fee", "tight", "step", "total")
SPEND = ("nothing", "below", "c", "prepaid", "tight", "fee")
PEOPLE = 40

Outcomes = dict[tuple[int, str], Outcome]


@pytest.fixture(scope="module")
def desk(module_db: Connection) -> Iterator[Desk]:
    yield Desk(module_db, people=400)
    assert broken_laws(module_db) == {}


@pytest.fixture(scope="module")
def url(server_url: str, module_db: Connection) -> str:
    return named(server_url, module_db.info.dbname)


def at_once(url: str, operations: Sequence[Operation]) -> Told:
    """Post each operation on a connection of its own, all at the same time."""
    return post_at_once(url, [[[operation]] for operation in operations])


def posted(told: Told) -> list[Outcome]:
    return [outcome for outcome in outcomes_of(told).values() if outcome.status == "posted"]


def codes(told: Told) -> Counter[str | None]:
    return Counter(code(outcome) for outcome in outcomes_of(told).values())


def sales(desk: Desk, random: Random, count: int) -> list[Operation]:
    """Draw awards, purchases, holds and gifts among a few members, so that they meet."""
    people = desk.world.members[-PEOPLE:]  # whom no other test asks for
    drawn: list[Operation] = []
    for _ in range(count):
        earn, spend = random.choice(EARN), random.choice(SPEND)
        member, other = random.sample(people, 2)
        points, amount = random.randrange(1, 3_000), random.randrange(3_000, 20_000)
        buy = desk.at(ops.Purchase, spend, member=member, amount=amount, points=points, up_to=True)
        award = desk.at(ops.Award, earn, member=member, amount=amount, points=points)
        hold = desk.at(ops.Hold, spend, member=member, points=points, up_to=True)
        gift = desk.by(ops.Gift, member=member, to=other, points=points // 4 + 1)
        drawn += random.choices((award, buy, hold, gift), (10, 5, 3, 3))
    return drawn


def reversals(desk: Desk, random: Random, of: Sequence[Operation], count: int) -> list[Operation]:
    chosen = random.sample(of, count)
    return [ops.Reversal(key=desk.key(), scope=one.scope, original_key=one.key) for one in chosen]


def followers(desk: Desk, random: Random, outcomes: Outcomes) -> list[Operation]:
    """Draw what follows: several captures of each hold and refunds of each sale, and merges."""
    drawn: list[Operation] = []
    for (scope, _), outcome in outcomes.items():
        if outcome.status != "posted":
            continue
        if outcome.kind == "hold":
            held = -(-outcome.spent // 2) or 1
            drawn += [
                ops.Capture(
                    key=desk.key(), scope=scope, hold=outcome.operation, points=held, final=final
                )
                for final in (False, False, True)
            ]
            drawn.append(ops.Void(key=desk.key(), scope=scope, hold=outcome.operation))
        if outcome.kind in {"purchase", "award"} and random.random() < 0.6:
            amounts = [None, random.randrange(1, 6_000), random.randrange(1, 6_000)]
            drawn += [
                ops.Refund(key=desk.key(), scope=scope, original=outcome.operation, amount=amount)
                for amount in amounts
            ]
    people = desk.world.members[-PEOPLE:]
    pairs = [(people[n], people[n + 1]) for n in range(0, 12, 2)]
    for one, other in pairs:  # both ways: one of the two is refused
        drawn.append(desk.by(ops.Merge, member=one, into=other))
        drawn.append(desk.by(ops.Merge, member=other, into=one))
    return drawn


def test_captures_never_take_more_than_was_held(desk: Desk, url: str) -> None:
    hold = desk.hold("nothing", desk.rich(1_000), 1_000)
    captures = [
        desk.by(ops.Capture, "nothing", hold=hold.operation, points=300, final=False)
        for _ in range(CONNECTIONS)
    ]
    told = at_once(url, captures)
    assert codes(told) == {None: 3, "hold-exceeded": CONNECTIONS - 3}
    assert sum(outcome.spent for outcome in posted(told)) == 900


def test_refunds_never_give_back_more_than_was_sold(desk: Desk, url: str) -> None:
    member = desk.rich(5_000)
    sale = desk.buy("nothing", member, 10_000, 5_000)
    refunds = [
        desk.by(ops.Refund, "nothing", original=sale.operation, amount=3_000)
        for _ in range(CONNECTIONS)
    ]
    told = at_once(url, refunds)
    assert codes(told) == {None: 3, "refund-exceeds-sale": CONNECTIONS - 3}
    assert desk.balances(member).available == 4_500


def test_awards_never_use_headroom_twice(desk: Desk, url: str) -> None:
    members = [desk.member() for _ in range(CONNECTIONS)]
    awards = [desk.at(ops.Award, "tight", member=member, points=900) for member in members]
    told = at_once(url, awards)
    assert codes(told) == {None: 11, "headroom-exceeded": CONNECTIONS - 11}  # of 10,000
    assert -desk.account("tight", "issued") == 9_900


def test_a_wallet_is_never_spent_twice(desk: Desk, url: str) -> None:
    member = desk.rich(1_000)
    spend = [
        desk.at(ops.Purchase, "nothing", member=member, amount=500, points=300),
        desk.at(ops.Hold, "nothing", member=member, points=300),
        desk.by(ops.Gift, member=member, to=desk.member(), points=300),
    ]
    many = [type(one)(**{**fields(one), "key": desk.key()}) for one in spend for _ in range(5)]
    told = at_once(url, many)
    assert len(posted(told)) == 3
    assert codes(told)["insufficient-points"] == 12
    assert desk.balances(member).available == 100


def fields(operation: Operation) -> dict[str, object]:
    return {name: getattr(operation, name) for name in operation.__struct_fields__}


def test_gifts_in_both_directions_lose_nothing(desk: Desk, url: str) -> None:
    one, other = desk.rich(1_000), desk.rich(1_000, "b")
    pairs = [(one, other), (other, one)] * (CONNECTIONS // 2)
    gifts = [desk.by(ops.Gift, member=a, to=b, points=70) for a, b in pairs]
    assert len(posted(at_once(url, gifts))) == CONNECTIONS
    assert [desk.balances(member).available for member in (one, other)] == [1_000, 1_000]


def test_of_one_key_with_several_bodies_one_is_posted_and_the_others_are_refused(
    desk: Desk, url: str
) -> None:
    key, members = desk.key(), [desk.member() for _ in range(CONNECTIONS)]
    bodies = [desk.at(ops.Award, "a", member=member, points=50, key=key) for member in members]
    answers = [outcome for _, outcome in at_once(url, bodies)]
    assert all(isinstance(outcome, Outcome) for outcome in answers)
    found = Counter(code(outcome) for outcome in answers if isinstance(outcome, Outcome))
    assert found == {None: 1, "key-reused": CONNECTIONS - 1}
    assert sum(desk.balances(member).available for member in members) == 50


@pytest.mark.parametrize("points", [0, 500], ids=["award", "purchase"])
def test_a_reversal_that_races_its_original_undoes_it_or_keeps_it_out(
    desk: Desk, url: str, points: int
) -> None:
    for _ in range(6):
        members = [desk.rich(1_000) for _ in range(CONNECTIONS // 2)]
        originals: list[Operation] = [
            desk.at(ops.Purchase, "a", member=member, amount=20_000, points=points)
            for member in members
        ]
        undo: list[Operation] = [
            ops.Reversal(key=desk.key(), scope=one.scope, original_key=one.key) for one in originals
        ]
        outcomes = outcomes_of(at_once(url, [*originals, *undo]))
        for original, reversal in zip(originals, undo, strict=True):
            known = outcomes[original.scope, original.key]
            assert code(known) in {None, "reversed"}
            good(outcomes[reversal.scope, reversal.key])
        assert {desk.balances(member).available for member in members} == {1_000}


def test_what_races_a_merge_ends_with_one_of_the_two(desk: Desk, url: str) -> None:
    for _ in range(4):
        member, into = desk.rich(1_000), desk.rich(1_000, "b")
        sale = desk.buy("nothing", member, 500, 500)
        race = [
            desk.by(ops.Merge, member=member, into=into),
            desk.by(ops.Refund, "nothing", original=sale.operation),
            desk.at(ops.Purchase, "nothing", member=member, amount=100, points=100),
            desk.at(ops.Purchase, "nothing", member=into, amount=100, points=100),
            desk.by(ops.Gift, member=into, to=member, points=50),
            desk.at(ops.Award, "c", member=member, points=40),
        ]
        outcomes = outcomes_of(at_once(url, race))
        lost = sum(o.spent for o in outcomes.values() if o.kind == "purchase")
        won = sum(o.earned for o in outcomes.values() if o.kind == "award")
        assert desk.balances(member).available == 0
        assert desk.balances(into).available == 2_000 - lost + won


def test_a_crowd_posts_everything_at_once_in_opposite_orders(desk: Desk, url: str) -> None:
    random = Random(7)
    before = deadlocks(url)
    with meanwhile(url) as closed:
        early = sales(desk, random, 500)
        early += reversals(desk, random, early, 60)
        told = post_at_once(url, shuffle(random, early))
        first = outcomes_of(told)
        late = followers(desk, random, first) + sales(desk, random, 200)
        late += reversals(desk, random, early, 60) + reversals(desk, random, late, 60)
        requests = shuffle(random, [*late, *early[::5]])
        told += post_at_once(url, requests)
    outcomes = outcomes_of(told)
    kinds = Counter(o.kind for o in outcomes.values() if o.status == "posted")
    print(f"{len(told)} requests, {len(outcomes)} keys, {len(closed)} windows", dict(kinds))
    assert len(told) > 2_000
    assert len(closed) > 3
    assert kinds.keys() >= {
        "award", "purchase", "hold", "capture", "void", "gift", "refund", "reversal", "merge",
    }  # fmt: skip
    assert deadlocks(url) == before == 0
    assert broken_laws(desk.conn) == {}
