"""Points as debt by month of issue: the sums are those of the journal, window by window."""

from datetime import date, timedelta

import pytest

from tests.liability.books import award, noon, on, spend
from tests.world import build
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.figures import cohorts
from tongbao.figures.cohorts import Flow
from tongbao.kernel.db import Connection
from tongbao.liability import cohorts as journal
from tongbao.points import operations as ops

pytestmark = pytest.mark.postgres

ZONE = "Asia/Shanghai"
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def flow(cohort: date, week: date, given: int = 0, redeemed: int = 0, lost: int = 0) -> Flow:
    return Flow(cohort=cohort, week=week, given=given, redeemed=redeemed, lost=lost)


def catch_up(conn: Connection) -> None:
    with conn.transaction():
        assert not cohorts.catch_up(conn, ZONE)


def close(conn: Connection) -> None:
    with conn.transaction():
        windows.close(conn, noon(2026, 12))


def test_sums_of_closed_windows_are_those_of_the_journal(db: Connection) -> None:
    world = build(db, {name: Terms() for name in "AB"})
    a = world.organisations["A"]
    on(db, noon(2026, 5), award(world, "A", "a1", 10_000))
    on(db, noon(2026, 6), award(world, "A", "a2", 5_000), spend(world, "B", "b1", 12_000))
    assert cohorts.flows(db, a) == []
    close(db)
    catch_up(db)
    catch_up(db)
    (spent,) = on(db, noon(2026, 6, 22), spend(world, "A", "a3", 1_000))
    close(db)
    on(db, noon(2026, 7), ops.Refund(key="r", scope=a, original=spent, amount=500))
    close(db)
    catch_up(db)
    found = cohorts.flows(db, a)
    assert found == [
        flow(MAY, date(2026, 5, 11), given=10_000),
        flow(MAY, date(2026, 6, 15), redeemed=10_000),
        flow(JUNE, date(2026, 6, 15), given=5_000, redeemed=2_000),
        flow(JUNE, date(2026, 6, 22), redeemed=1_000),
        flow(JUNE, date(2026, 7, 13), redeemed=-500),
    ]
    with db.transaction():
        (said,) = journal.by_issuer(db, ZONE, issuer=a)
    assert cohorts.outstanding(found)[-1][1] == said.outstanding == 2_500
    seen = cohorts.through(db)
    assert seen is not None
    assert cohorts.flows(db, world.organisations["B"]) == []


def test_many_windows_are_summed_in_several_transactions(db: Connection) -> None:
    world = build(db, {"A": Terms()})
    for n in range(cohorts.AT_ONCE + 1):
        on(db, noon(2026, 5) + timedelta(hours=n), award(world, "A", f"a{n}", 100))
        close(db)
    for more in (True, False):
        with db.transaction():
            assert cohorts.catch_up(db, ZONE) is more
    given = sum(one.given for one in cohorts.flows(db, world.organisations["A"]))
    assert given == 100 * (cohorts.AT_ONCE + 1)


FLOWS = [
    flow(MAY, date(2026, 4, 27), given=1_000),
    flow(MAY, date(2026, 5, 4), redeemed=250),
    flow(MAY, date(2026, 5, 18), redeemed=250, lost=100),
    flow(JUNE, date(2026, 6, 8), given=400, redeemed=100),
    flow(date(2026, 7, 1), date(2026, 7, 6), given=300),
    flow(date(2026, 7, 1), date(2026, 7, 13), given=-300),
]


def test_what_was_owed_week_by_week() -> None:
    assert [owed for _, owed in cohorts.outstanding(FLOWS)] == [1_000, 750, 400, 700, 1_000, 700]


def test_a_curve_is_the_part_redeemed_by_age_in_weeks() -> None:
    found = cohorts.curves(FLOWS, date(2026, 6, 14))
    assert set(found) == {MAY, JUNE}
    assert found[MAY] == [0, 250_000, 250_000, 500_000, 500_000, 500_000, 500_000]
    assert found[JUNE] == [0, 250_000]


def test_what_is_owed_by_age() -> None:
    assert cohorts.by_age(FLOWS, date(2026, 7, 31), (1, 2)) == [0, 300, 400]
    assert cohorts.by_age([], date(2026, 7, 31), (3, 6)) == [0, 0, 0]
