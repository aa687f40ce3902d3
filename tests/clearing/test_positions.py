"""What a window's sums say: positions, pairs, regions; fees and reserves included."""

from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from tests.clearing.desk import EXAMPLE, balances, claim, close, window_of
from tests.world import World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import homes, positions
from tongbao.clearing.net import multilateral, regional
from tongbao.clearing.report import Payments, report
from tongbao.clearing.windows import WindowNotFound
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import ChoiceMalformed
from tongbao.points.operations import Award, Purchase, Refund

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


def paged(ask: Callable[[Any, int], list[Any]], start: Any, place: Any, size: int) -> list[Any]:
    """Give what a list has, a page at a time."""
    found: list[Any] = []
    while page := ask(place(found[-1]) if found else start, size):
        found += page
    return found


def test_a_page_of_positions_and_pairs_is_what_the_whole_list_has_there(db: Connection) -> None:
    names = "ABCDEF"
    world = build(db, dict.fromkeys(names, PLAIN))
    ways = [a + b for a, b in permutations(names, 2) if a + b not in ("AB", "FE", "CD", "DC")]
    former = window_of(db, world, {"AB": 5, "CD": 7}, "former-")
    window = window_of(db, world, {way: 100 + n for n, way in enumerate(ways)})
    with db.transaction():
        pairs, nets = list(positions.pairs(db, window)), positions.nets(db, window)
        assert len(list(positions.pairs(db, former))) == 2
    assert (len(pairs), len(nets)) == (14, 6)
    for size in (1, 2, 3, 14, 100):
        for name in (None, *names):
            own = None if name is None else world.organisations[name]
            assert paged(
                partial(positions.pairs_after, db, window, organisation=own),
                (0, 0), lambda one: tuple(sorted((one.debtor, one.creditor))), size,
            ) == [p for p in pairs if own in (None, p.debtor, p.creditor)]  # fmt: skip
            assert paged(
                partial(positions.nets_after, db, window, organisation=own),
                0, lambda one: one.organisation_id, size,
            ) == [n for n in nets if own in (None, n.organisation_id)]  # fmt: skip
    with pytest.raises(WindowNotFound):
        positions.nets_after(db, 99, 0, 1)
    with pytest.raises(WindowNotFound):
        positions.pairs_after(db, 99, (0, 0), 1)


def test_a_page_of_pairs_reads_no_more_than_itself(db: Connection) -> None:
    build(db, dict.fromkeys("AB", PLAIN))
    db.execute(
        "INSERT INTO ledger.claim SELECT i, r, w, 5, 0, 1, 0 FROM generate_series(0, 2) AS w,"
        " generate_series(1, 200) AS i, generate_series(1, 200) AS r WHERE i <> r"
    )
    db.execute("ANALYZE ledger.claim")
    given = {"window": 1, "one": 77, "other": 130, "limit": 50}
    for mode in ("force_custom_plan", "force_generic_plan"):
        db.execute(f"SET plan_cache_mode = {mode}")
        query = b"EXPLAIN (ANALYZE, FORMAT JSON) " + positions.Q.pairs_after
        row = db.execute(query, given, prepare=True).fetchone()
        assert row is not None
        (scan,) = scans(row[0][0]["Plan"])
        assert scan["Index Name"] == "claim_two"
        assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= 100
    db.execute("RESET plan_cache_mode")
    (first, *_, last) = positions.pairs_after(db, 1, (77, 130), 50)
    assert (first.debtor, first.creditor, last.creditor) == (77, 131, 180)


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the parts of a plan that read a table."""
    own = [plan] if "Relation Name" in plan else []
    return own + [one for below in plan.get("Plans", ()) for one in scans(below)]


def test_claims_on_oneself_and_those_that_came_to_nothing_are_on_no_page(
    db: Connection, world: World
) -> None:
    a, b, *_ = world.organisations.values()
    do(db, claim(world, {"AB": 900, "AA": 300}))
    sale = db.execute(
        "SELECT id FROM ledger.operation WHERE kind = 'purchase' AND organisation_id = %s", [b]
    ).fetchone()
    assert sale is not None
    one(db, Refund(key="back", scope=b, original=sale[0], amount=900))
    window = close(db)
    (pair,) = positions.pairs_after(db, window, (0, 0), 10)
    with db.transaction():
        assert [pair] == list(positions.pairs(db, window))
    assert (pair.debtor, pair.owed, pair.owed_back, pair.claims) == (a, 900, 900, 2)


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
