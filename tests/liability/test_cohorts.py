"""Liability by issuer and month: what was given, what became of it, equal to the ledger's debt."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.liability.books import ZONE, award, month, noon, on, spend, sweep
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.liability.cohorts import (
    Liability,
    by_issuer,
    issuers_after,
    page,
    position,
    read,
)
from tongbao.liability.types import NOW, AsOf, Cohort
from tongbao.points.operations import (
    Award,
    CancelPending,
    Capture,
    Close,
    DecideAdjustment,
    Gift,
    Hold,
    Merge,
    ProposeAdjustment,
    Refund,
    ReleasePending,
)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=0, expiry_months=3), "B": Terms(earn_rate=0)}, people=5)


def found(db: Connection, as_of: AsOf = NOW) -> dict[tuple[int, str], Cohort]:
    """Give the cohorts by issuer and month."""
    with db.transaction():
        return {(c.issuer_id, f"{c.cohort:%Y-%m}"): c for c in read(db, ZONE, as_of)}


def check(db: Connection) -> None:
    """See that every issuer's cohorts add up to what the ledger says, and that the laws hold."""
    with db.transaction():
        issuers = by_issuer(db, ZONE)
    assert [one.outstanding for one in issuers] == [one.ledger for one in issuers]
    assert broken_laws(db) == {}


def test_points_are_counted_in_the_month_they_were_given_and_by_what_became_of_them(
    db: Connection, world: World
) -> None:
    a, b = world.organisations["A"], world.organisations["B"]
    on(db, noon(2026, 1), award(world, "A", "1", 10_000), award(world, "B", "2", 500, member=1))
    on(db, noon(2026, 2), award(world, "A", "3", 4_000))
    (sale,) = on(db, noon(2026, 2, 20), spend(world, "B", "4", 3_000))
    on(db, noon(2026, 3), Refund(key="5", scope=b, original=sale, amount=1_000))
    sweep(db, noon(2026, 4, 20))
    cohorts = found(db)
    assert cohorts[a, "2026-01"] == Cohort(
        issuer_id=a, cohort=month("2026-01"), issued=10_000, redeemed=2_000, expired=8_000
    )
    assert cohorts[a, "2026-02"].outstanding == cohorts[a, "2026-02"].issued == 4_000
    assert cohorts[b, "2026-01"].outstanding == 500
    check(db)


def test_a_month_begins_at_midnight_in_the_time_zone_of_the_alliance(
    db: Connection, world: World
) -> None:
    midnight = datetime(2026, 4, 30, 16, tzinfo=UTC)
    on(db, midnight - timedelta(seconds=1), award(world, "B", "1", 100))
    on(db, midnight, award(world, "B", "2", 30))
    b = world.organisations["B"]
    assert {key[1]: c.issued for key, c in found(db).items()} == {"2026-04": 100, "2026-05": 30}
    assert found(db, AsOf(before=midnight)).keys() == {(b, "2026-04")}


def test_every_way_in_which_points_come_and_go_has_its_column(db: Connection, world: World) -> None:
    a, b, operator = world.organisations["A"], world.organisations["B"], world.operator
    me, friend, leaver, _, twin = world.members
    when = noon(2026, 1)
    late = Award(
        key="p", scope=a, member=me, outlet=world.outlets["A"], points=700,
        release_at=noon(2026, 1, 20),
    )  # fmt: skip
    ids = on(
        db, when,
        award(world, "A", "1", 10_000),
        award(world, "A", "2", 900, member=2),
        award(world, "A", "3", 50, member=3),
        award(world, "A", "4", 60, member=4),
        late,
        award(world, "A", "6", 2_000, amount=2_000, member=1),
        ProposeAdjustment(
            key="7", scope=a, member=me, organisation=a, points=300, reason="sorry", by="Li"
        ),
        ProposeAdjustment(
            key="8", scope=a, member=me, organisation=a, points=-40, reason="wrong", by="Li"
        ),
    )  # fmt: skip
    on(
        db, noon(2026, 1, 16),
        Gift(key="g", scope=operator, member=me, to=friend, points=1_000),
        Close(key="c", scope=operator, member=leaver, forfeit=True),
        Merge(key="m", scope=operator, member=twin, into=me),
        DecideAdjustment(key="d", scope=a, proposal=ids[6], by="Wu", approve=True),
        DecideAdjustment(key="e", scope=a, proposal=ids[7], by="Wu", approve=True),
        Refund(key="r", scope=a, original=ids[5]),
    )  # fmt: skip
    (hold,) = on(
        db, noon(2026, 1, 17),
        Hold(key="h", scope=b, member=me, outlet=world.outlets["B"], points=2_500),
    )  # fmt: skip
    on(db, noon(2026, 1, 17), Capture(key="k", scope=b, hold=hold, points=1_500))
    on(db, noon(2026, 1, 19), CancelPending(key="x", scope=a, award=ids[4]))
    assert found(db)[a, "2026-01"] == Cohort(
        issuer_id=a,
        cohort=month("2026-01"),
        issued=10_000 + 900 + 50 + 60 + 700 + 2_000 + 300,
        redeemed=1_500,
        forfeited=900,
        clawed_back=700 + 40 + 2_000,
    )
    check(db)


def test_a_replacement_of_an_expired_lot_stays_in_the_month_of_the_first(
    db: Connection, world: World
) -> None:
    a, b = world.organisations["A"], world.organisations["B"]
    on(db, noon(2026, 1), award(world, "A", "1", 1_000))
    (sale,) = on(db, noon(2026, 2), spend(world, "B", "2", 600))
    sweep(db, noon(2026, 4, 20))
    on(db, noon(2026, 5), Refund(key="3", scope=b, original=sale))
    assert found(db)[a, "2026-01"] == Cohort(
        issuer_id=a, cohort=month("2026-01"), issued=1_000, redeemed=0, expired=400
    )
    assert found(db)[a, "2026-01"].outstanding == 600
    check(db)


def test_released_points_were_given_when_they_were_awarded(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    pending = Award(
        key="1", scope=b, member=world.members[0], outlet=world.outlets["B"], points=80,
        release_at=noon(2026, 3),
    )  # fmt: skip
    (given,) = on(db, noon(2026, 1), pending)
    assert found(db)[b, "2026-01"].outstanding == 80
    on(db, noon(2026, 3), ReleasePending(key="2", scope=b, award=given))
    assert found(db)[b, "2026-01"].outstanding == 80
    check(db)


def test_the_past_is_seen_by_business_time_and_by_position(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    on(db, noon(2026, 1), award(world, "B", "1", 1_000))
    with db.transaction():
        then = position(db)
    on(db, noon(2026, 2), spend(world, "A", "2", 400))
    assert found(db, AsOf(position=then))[b, "2026-01"].outstanding == 1_000
    assert found(db, AsOf(before=noon(2026, 2)))[b, "2026-01"].outstanding == 1_000
    assert (
        found(db, AsOf(before=noon(2026, 2) + timedelta(seconds=1)))[b, "2026-01"].redeemed == 400
    )
    with db.transaction():
        assert [one.ledger for one in by_issuer(db, ZONE, AsOf(position=then))] == [None]
    assert found(db, AsOf(position=0)) == {}


def test_one_issuer_can_be_asked_for_and_nothing_is_owed_by_nobody(
    db: Connection, world: World
) -> None:
    with db.transaction():
        assert by_issuer(db, ZONE) == []
    on(db, noon(2026, 1), award(world, "A", "1", 10), award(world, "B", "2", 20))
    with db.transaction():
        (one,) = by_issuer(db, ZONE, issuer=world.organisations["B"])
    assert (one.outstanding, one.ledger, one.cohorts) == (20, 20, 1)


def test_an_issuer_whose_lots_are_gone_from_the_books_is_shown_beside_its_account(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    db.execute(
        "UPDATE ledger.account SET balance = -7 WHERE owner_id = %s AND kind = 'issued'", (a,)
    )
    with db.transaction():
        (one,) = by_issuer(db, ZONE)
    assert (one.issuer_id, one.outstanding, one.ledger) == (a, 0, 7)


def test_a_page_is_what_the_whole_list_has_there_also_while_more_is_written(
    db: Connection,
) -> None:
    names = "ABCDE"
    world = build(db, dict.fromkeys(names, Terms(earn_rate=0)))
    for n, name in enumerate("ABDE"):  # C gives nothing and stands in no list
        for m in range(1, 2 + n):
            on(db, noon(2026, m), award(world, name, f"{name}{m}", 100 * m))
    past = AsOf(before=noon(2026, 3, 1))
    for as_of in (NOW, past):
        for own in (None, *world.organisations.values()):
            with db.transaction():
                months, issuers = list(read(db, ZONE, as_of, own)), by_issuer(db, ZONE, as_of, own)
                for size in (1, 2, 3, 50):
                    assert months_paged(db, size, as_of, own) == months
                    assert issuers_paged(db, size, as_of, own) == issuers
    with db.transaction():
        first = page(db, ZONE, (0, date.min), 3)
    on(db, noon(2026, 1), award(world, "C", "late", 5))
    place = first[-1].issuer_id, first[-1].cohort
    with db.transaction():
        rest = page(db, ZONE, place, 50)
    written = {one.issuer_id for one in rest}
    assert world.organisations["C"] in written
    assert not {(one.issuer_id, one.cohort) for one in first} & {
        (one.issuer_id, one.cohort) for one in rest
    }


def months_paged(db: Connection, size: int, as_of: AsOf, own: int | None) -> list[Cohort]:
    found: list[Cohort] = []
    place = 0, date.min
    while more := page(db, ZONE, place, size, as_of, own):
        assert len(more) <= size
        found += more
        place = more[-1].issuer_id, more[-1].cohort
    return found


def issuers_paged(db: Connection, size: int, as_of: AsOf, own: int | None) -> list[Liability]:
    found: list[Liability] = []
    while more := issuers_after(db, ZONE, found[-1].issuer_id if found else 0, size, as_of, own):
        assert len(more) <= size
        found += more
    return found
