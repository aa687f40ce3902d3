"""What a window's sums say: positions, pairs, regions; fees and reserves included."""

from itertools import permutations

import pytest

from tests.clearing.desk import EXAMPLE, balances, close, window_of
from tests.world import World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import homes, positions
from tongbao.clearing.net import multilateral, regional
from tongbao.clearing.report import Payments, report
from tongbao.clearing.windows import WindowNotFound
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import ChoiceMalformed
from tongbao.points.operations import Award, Purchase

PLAIN = Terms(earn_rate=0)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, dict.fromkeys("ABCD", PLAIN))


def test_the_example_is_reported_in_three_ways_and_pair_by_pair(
    db: Connection, world: World
) -> None:
    window = window_of(db, world, EXAMPLE)
    with db.transaction():
        found = report(db, window, limit=2)
        both = list(positions.pairs(db, window))
    assert (found.gross, found.bilateral) == (Payments(8, 150_000), Payments(5, 86_000))
    assert (found.collections, found.payouts) == (Payments(3, 67_000), Payments(1, 67_000))
    assert (found.kept, found.organisations, found.pairs_in_all) == (0, 4, 5)
    name = {who: name for name, who in world.organisations.items()}
    assert [(name[p.debtor] + name[p.creditor], p.owed, p.owed_back) for p in found.pairs] == [
        ("AC", 60_000, 20_000),
        ("BC", 30_000, 0),
    ]
    assert [(name[n.organisation_id], n.clearing) for n in found.nets] == [
        ("C", 67_000),
        ("B", -35_000),
    ]
    assert found.settlements == []
    assert {name[p.debtor] + name[p.creditor]: (p.net, p.claims) for p in both} == {
        "AC": (40_000, 2), "BC": (30_000, 1), "DA": (8_000, 1), "BA": (5_000, 2), "CD": (3_000, 2),
    }  # fmt: skip


def test_of_many_pairs_the_largest_are_reported(db: Connection) -> None:
    names = "ABCDEFG"
    world = build(db, dict.fromkeys(names, PLAIN))
    claims = {a + b: 100 + n for n, (a, b) in enumerate(permutations(names, 2))}
    window = window_of(db, world, claims)
    with db.transaction():
        ordered = sorted(positions.pairs(db, window), key=lambda p: (-p.net, p.debtor, p.creditor))
        for limit in (1, 2, 5, 21, 100):
            found = report(db, window, limit)
            assert found.pairs == ordered[:limit]
            assert (found.pairs_in_all, found.gross.count) == (21, 42)
            assert found.gross.amount == sum(claims.values())
            assert found.bilateral.amount == sum(pair.net for pair in ordered)


def test_what_is_owed_nets_to_positions_with_what_the_operator_keeps(db: Connection) -> None:
    world = build(
        db,
        {
            "A": Terms(earn_rate=0, prepaid_share=1_000_000, issue_fee=10_000),
            "B_bj": Terms(earn_rate=0, acceptance_fee=20_000),
            "C": PLAIN,
        },
    )
    a, b, _ = world.organisations.values()
    member = world.members[0]
    do(
        db,
        [
            Award(key="1", scope=a, member=member, outlet=world.outlets["A"], points=10_000),
            Purchase(
                key="2", scope=b, member=member, outlet=world.outlets["B_bj"], amount=4_000,
                points=4_000,
            ),
        ],
    )  # fmt: skip
    window = close(db)
    with db.transaction():
        owed = list(positions.owed(db, window))
    nets = {one.organisation_id: one for one in positions.nets(db, window)}
    flat = multilateral(owed)
    assert {a: -10_100, b: 3_920} == {who: nets[who].clearing for who in (a, b)}
    assert flat == positions.flat(db, window) == {a: -10_100, b: 3_920, world.operator: 6_180}
    assert flat[world.operator] == sum(one.kept for one in nets.values())
    where = homes.of_window(db, window)
    assert where == {a: "310000", b: "110000", world.operator: homes.NOWHERE}
    found = regional(owed, where)
    assert found.total == flat
    assert found.between == {homes.NOWHERE: 6_180, "110000": 3_920, "310000": -10_100}
    assert broken_laws(db) == {}


def test_an_organisation_is_at_home_where_its_first_outlet_stands(
    db: Connection, world: World
) -> None:
    from tongbao.alliance import outlets, sites
    from tongbao.alliance.types import NewOutlet

    a = world.organisations["A"]
    with db.transaction():
        beijing = sites.find(db, "BJ-1")
        outlets.add(
            db,
            NewOutlet(code="A2", name="A2", organisation_id=a, site_id=beijing.id, format="cinema"),
        )
    assert homes.of(db, [a]) == {a: "310000"}
    assert homes.of(db, [a], "prefecture") == {a: "310100"}
    assert homes.of(db, []) == {}
    with pytest.raises(ChoiceMalformed):
        homes.of(db, [a], "village")  # type: ignore[arg-type]


def test_an_open_window_is_seen_as_it_stands(db: Connection, world: World) -> None:
    window = window_of(db, world, {"AB": 500})
    member = world.members[0]
    award = Award(
        key="x", scope=world.organisations["A"], member=member, outlet=world.outlets["A"], points=9
    )
    one(db, award)
    with db.transaction():
        assert list(positions.claims(db, window + 1)) == []
        assert report(db, window + 1).organisations == 0
    assert balances(db, world, "clearing") == {"A": -500, "B": 500}


@pytest.mark.parametrize(
    "call",
    [
        positions.nets,
        positions.claims,
        positions.pairs,
        positions.owed,
        positions.flat,
        report,
        homes.of_window,
    ],
)
def test_a_window_that_is_not_there_has_no_positions(
    db: Connection, world: World, call: object
) -> None:
    with pytest.raises(WindowNotFound):
        call(db, 77)  # type: ignore[operator]
