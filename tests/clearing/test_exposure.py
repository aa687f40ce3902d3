"""Exposure is what posting goes by, and levels become alerts before headroom is gone."""

import threading
from typing import Any

import msgspec
import pytest

from tests.world import AT, World, broken_laws, build, one
from tongbao.alliance import blocks, collateral, contracts, positions
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.types import Terms
from tongbao.clearing import exposure
from tongbao.clearing.calendar import DAY
from tongbao.clearing.exposure import Alerts
from tongbao.desk import exceptions
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Purchase, Refund

BLOCK = Terms(prepaid_share=1_000_000, block=1_000, replenish_below=300)
HALF = Terms(credit_limit=1_000, redemption_share=500_000)


@pytest.fixture
def world(db: Connection) -> World:
    terms = {"A": Terms(credit_limit=1_000), "half": HALF, "block": BLOCK}
    return build(db, {**terms, "free": Terms(earn_rate=0)})


def give(conn: Connection, world: World, name: str, points: int) -> int:
    keys = give.__dict__.setdefault("keys", iter(range(10**6)))
    award = Award(
        key=f"a{next(keys)}",
        scope=world.organisations[name],
        member=world.members[0],
        outlet=world.outlets[name],
        points=points,
    )
    outcome = one(conn, award)
    assert outcome.status == "posted", outcome.refusal
    return outcome.operation


def back(conn: Connection, world: World, name: str, award: int) -> None:
    refund = Refund(key=f"r{award}", scope=world.organisations[name], original=award)
    assert one(conn, refund).status == "posted"


def spend(conn: Connection, world: World, points: int) -> None:
    purchase = Purchase(
        key=f"p{points}",
        scope=world.organisations["free"],
        member=world.members[0],
        outlet=world.outlets["free"],
        amount=points,
        points=points,
    )
    assert one(conn, purchase).status == "posted"


def buy(conn: Connection, world: World, amount: int) -> None:
    with conn.transaction():
        blocks.buy(conn, world.organisations["block"], amount, f"b{amount}", AT, "Lin")


def announced(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    rows = conn.execute(
        "SELECT type, data::text FROM events.event"
        " WHERE type LIKE 'tongbao.headroom.%' OR type LIKE 'tongbao.prepaid.%' ORDER BY xid, id"
    )
    return [(kind.split(".")[1], msgspec.json.decode(data)) for kind, data in rows]


def work(conn: Connection) -> list[tuple[str, int, int]]:
    """Name the open alerts: what, of whom, at which level or for how much."""
    return [
        (i.kind, i.organisation_id or 0, i.facts.get("level") or i.facts["wanted"])
        for kind in exposure.ALERTS
        for i in exceptions.listed(conn, kind, now=AT)
    ]


def sweep(conn: Connection, at: Any = AT) -> Alerts:
    with conn.transaction():
        return exposure.raise_alerts(conn, at)


def test_exposure_is_the_position_that_posting_goes_by(db: Connection, world: World) -> None:
    buy(db, world, 1_000)
    with db.transaction():
        collateral.deposit(db, world.organisations["A"], 500, "c", AT, "Lin")
    give(db, world, "A", 1_200)
    give(db, world, "block", 400)
    spend(db, world, 1_300)
    everybody = list(exposure.every(db, AT))
    assert [one.code for one in everybody] == ["operator", "A", "half", "block", "free"]
    for seen in everybody:
        stands = positions.position(db, seen.organisation_id, AT)
        for field in ("clearing", "reserve", "collateral", "circulation", "headroom", "prepaid"):
            assert getattr(seen, field) == getattr(stands, field), (seen.code, field)
        assert exposure.of(db, seen.organisation_id, AT) == seen
    a = exposure.of(db, world.organisations["A"], AT)
    assert (a.limit, a.used, a.used_share, a.headroom) == (1_500, 1_200, 800_000, 300)
    assert (a.level, a.clearing, a.circulation) == (800_000, -1_200, 0)
    block = exposure.of(db, world.organisations["block"], AT)
    assert (block.prepaid, block.reserve, block.limit, block.wanted) == (600, 300, None, 0)
    assert exposure.of(db, world.organisations["free"], AT).used_share is None
    assert broken_laws(db) == {}


def test_nobody_there_is_refused(db: Connection, world: World) -> None:
    for who in (world.members[0], 0, -1, 2**70):
        with pytest.raises(OrganisationNotFound):
            exposure.of(db, who, AT)


def test_pages_go_on_where_the_last_ended(db: Connection, world: World) -> None:
    first = exposure.listed(db, AT, limit=2)
    rest = exposure.listed(db, AT, after=first[-1].organisation_id, limit=10)
    assert [*first, *rest] == list(exposure.every(db, AT))
    assert exposure.listed(db, AT, after=2**62) == []


def test_the_commit_that_reaches_a_level_announces_it_once(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    give(db, world, "A", 799)
    assert announced(db) == []
    first = give(db, world, "A", 1)
    (said,) = announced(db)
    assert said == (
        "headroom",
        {
            "organisation": a,
            "level": 800_000,
            "used": 800,
            "limit": 1_000,
            "headroom": 200,
            "collateral": 0,
            "clearing": 0,
            "circulation": 800,
            "reserve": 0,
        },
    )
    give(db, world, "A", 149)
    assert len(announced(db)) == 1
    give(db, world, "A", 1)
    assert [data["level"] for _, data in announced(db)] == [800_000, 950_000]
    back(db, world, "A", first)
    give(db, world, "A", 1)
    assert [data["level"] for _, data in announced(db)] == [800_000, 950_000, 950_000]
    assert broken_laws(db) == {}


def test_a_jump_over_several_levels_is_announced_once_at_the_highest(
    db: Connection, world: World
) -> None:
    give(db, world, "A", 1_000)
    assert [(data["level"], data["headroom"]) for _, data in announced(db)] == [(950_000, 0)]


def test_points_that_count_in_part_reach_a_level_when_others_take_them(
    db: Connection, world: World
) -> None:
    give(db, world, "half", 1_000)
    assert announced(db) == []
    spend(db, world, 600)
    ((kind, data),) = announced(db)
    assert (kind, data["organisation"]) == ("headroom", world.organisations["half"])
    assert (data["used"], data["clearing"], data["circulation"]) == (800, -600, 400)


def test_levels_become_items_and_end_when_they_are_not_reached(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    buy(db, world, 1_000)
    assert sweep(db) == Alerts(raised=0, ended=0)
    first = give(db, world, "A", 100)
    give(db, world, "A", 860)
    assert sweep(db) == Alerts(raised=2, ended=0)
    assert work(db) == [("headroom", a, 800_000), ("headroom", a, 950_000)]
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=0)
    back(db, world, "A", first)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=1)
    assert work(db) == [("headroom", a, 800_000)]
    with db.transaction():
        collateral.deposit(db, a, 1_000, "c", AT, "Lin")
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=1)
    assert work(db) == []
    with db.transaction():
        collateral.withdraw(db, a, 1_000, "w", AT, "Lin")
    assert sweep(db, AT + 2 * DAY) == Alerts(raised=1, ended=0)
    assert work(db) == [("headroom", a, 800_000)]
    ended = exceptions.listed(db, "headroom", now=AT, state="closed")
    assert [(item.closed_by, item.closed_how) for item in ended] == [("tongbao", "below-level")] * 2


def test_those_at_a_level_or_short_of_a_block_are_listed(db: Connection, world: World) -> None:
    a, block = world.organisations["A"], world.organisations["block"]
    give(db, world, "A", 100)
    assert ids(exposure.alerted(db, AT, 0, 10)) == [block]  # nothing was ever bought
    give(db, world, "A", 800)
    assert ids(exposure.alerted(db, AT, 0, 10)) == sorted([a, block])
    first = exposure.alerted(db, AT, 0, 1)
    rest = exposure.alerted(db, AT, first[0].organisation_id, 1)
    assert ids(first + rest) == sorted([a, block])
    assert exposure.alerted(db, AT, rest[0].organisation_id, 1) == []


def ids(found: list[exposure.Exposure]) -> list[int]:
    return [one.organisation_id for one in found]


def test_an_item_that_somebody_has_closed_is_not_raised_again_while_it_lasts(
    db: Connection, world: World
) -> None:
    kept = give(db, world, "A", 900)
    sweep(db)
    (item,) = exceptions.listed(db, "headroom", now=AT)
    with db.transaction():
        exceptions.close_item(db, item.id, by="Lin", how="seen", reason="a deposit comes", at=AT)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=0)
    back(db, world, "A", kept)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=1)
    assert exceptions.get(db, item.id, now=AT).closed_by == "Lin"
    give(db, world, "A", 900)
    assert sweep(db, AT + 2 * DAY) == Alerts(raised=1, ended=0)


def test_new_terms_raise_and_end_alerts_too(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    buy(db, world, 1_000)
    give(db, world, "A", 500)
    assert sweep(db).raised == 0
    with db.transaction():
        contracts.sign(db, a, Terms(credit_limit=550, alert_at=(900_000,)), AT, AT)
    assert sweep(db) == Alerts(raised=1, ended=0)
    assert work(db) == [("headroom", a, 900_000)]
    with db.transaction():
        contracts.sign(db, a, Terms(), AT + DAY, AT)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=1)


def test_a_block_is_asked_for_once_until_it_is_bought(db: Connection, world: World) -> None:
    block = world.organisations["block"]
    assert sweep(db) == Alerts(raised=1, ended=0)  # nothing was ever bought
    assert work(db) == [("replenishment", block, 1_000)]
    buy(db, world, 2_000)
    assert sweep(db) == Alerts(raised=0, ended=1)
    give(db, world, "block", 1_700)
    assert announced(db) == []
    give(db, world, "block", 1)
    assert announced(db) == [
        ("prepaid", {"organisation": block, "prepaid": 299, "below": 300, "wanted": 1_000})
    ]
    give(db, world, "block", 50)
    assert len(announced(db)) == 1
    assert sweep(db, AT + DAY) == Alerts(raised=1, ended=0)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=0)
    buy(db, world, 1_000)
    assert sweep(db, AT + DAY) == Alerts(raised=0, ended=1)
    (first, second) = exceptions.listed(db, "replenishment", now=AT, state="closed")
    assert (first.closed_how, second.closed_how) == ("bought", "bought")
    assert second.facts == {"prepaid": 249, "below": 300, "block": 1_000, "wanted": 1_000}
    assert broken_laws(db) == {}


def test_several_at_once_raise_an_alert_once(
    db: Connection, database_url: str, world: World
) -> None:
    give(db, world, "A", 1_000)
    counts: list[Alerts] = []

    def run() -> None:
        with database.connect(database_url) as conn:
            counts.append(sweep(conn))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.raised for one in counts) == 3  # two levels, and the block nobody has bought
    assert len(work(db)) == 3
