"""The run-off: month by month, whose money pays for whose points, and when it ends."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.losses.fall import alliance, award, contribute, deposit, owe, spend
from tests.world import do
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.losses.holdings import Report, report
from tongbao.losses.runoff import (
    LONGEST,
    Cell,
    CurveMalformed,
    CurveUnknown,
    Issuer,
    observe,
    run_off,
)
from tongbao.points.check import Rules

AMOUNT = st.integers(0, 10**12)
ISSUERS = st.lists(
    st.builds(
        Issuer,
        organisation_id=st.integers(1, 50),
        reserve=AMOUNT,
        collateral=AMOUNT,
        position=st.integers(-(10**12), 10**12),
        stock=st.lists(AMOUNT, max_size=LONGEST + 1).map(tuple),
    ),
    max_size=6,
    unique_by=lambda one: one.organisation_id,
)
CURVES = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=14)
ZONE = "Asia/Shanghai"


def test_own_money_pays_first_then_the_fund_then_nobody() -> None:
    rich = Issuer(organisation_id=1, reserve=100, collateral=20, stock=(100,))
    poor = Issuer(organisation_id=2, position=10, stock=(0, 80))
    broke = Issuer(organisation_id=3, collateral=5, position=-25)
    found = run_off([poor, broke, rich], fund=50, curve=[500_000], months=2)
    told = [(m.redeemed, m.own, m.fund, m.unpaid, m.money_left) for m in found.months]
    assert told == [
        (0, 0, 20, 0, 160),  # what the third owes beyond its deposit
        (90, 60, 30, 0, 70),
        (45, 25, 0, 20, 45),
    ]
    assert (found.first_unpaid, found.runs_out) == (2, None)
    assert [m.circulation for m in found.months] == [180, 90, 45]
    one, two, three = found.issuers
    assert (one.redeemed, one.own, one.coverage, one.dry, one.unpaid) == (
        75,
        120,
        1_600_000,
        None,
        0,
    )
    assert (two.redeemed, two.fund, two.unpaid, two.coverage, two.dry) == (60, 30, 20, 166_666, 1)
    assert (three.redeemed, three.fund, three.coverage, three.dry) == (0, 20, None, 0)


def test_older_points_are_spent_by_their_own_part_of_the_curve() -> None:
    issuer = Issuer(organisation_id=1, stock=(1_000, 1_000, 1_000))
    found = run_off([issuer], fund=0, curve=[500_000, 100_000], months=1)
    assert found.months[1].redeemed == 500 + 100 + 100


def test_a_short_fund_is_shared_in_proportion() -> None:
    issuers = [Issuer(organisation_id=n, stock=(amount,)) for n, amount in ((1, 300), (2, 100))]
    found = run_off(issuers, fund=100, curve=[1_000_000], months=1)
    assert [(one.fund, one.unpaid) for one in found.issuers] == [(75, 225), (25, 75)]


def test_what_debtors_cannot_pay_is_lost_by_those_they_owe() -> None:
    debtor = Issuer(organisation_id=1, collateral=10, position=-100)
    owed = [Issuer(organisation_id=n, position=amount) for n, amount in ((2, 75), (3, 25))]
    found = run_off([debtor, *owed, Issuer(organisation_id=4, reserve=8)], 30, [0], 1)
    assert (found.months[0].fund, found.months[0].unpaid) == (30, 60)
    # In the bank are 10 of collateral, 30 of the fund and 8 of a reserve.
    assert found.months[0].money_left == 8 + 100 - 60


@given(ISSUERS, AMOUNT, CURVES, st.integers(1, 30))
def test_nothing_is_lost_in_any_month(
    issuers: list[Issuer], fund: int, curve: list[int], months: int
) -> None:
    found = run_off(issuers, fund, curve, months)
    money = fund + sum(max(0, issuer.own) for issuer in issuers)
    out = sum(sum(issuer.stock) for issuer in issuers)
    assert len(found.months) == months + 1
    for month in found.months:
        debts = sum(max(0, -one.own) for one in issuers) if month.month == 0 else 0
        assert month.redeemed + debts == month.own + month.fund + month.unpaid
        money -= month.own + month.fund
        if month.month == 0:
            # What debtors lack is lost by those they owe, as far as there are such.
            assert 0 <= money - month.money_left <= month.unpaid
            money = month.money_left
        out -= month.redeemed
        assert (month.money_left, month.circulation) == (money, out)
        assert money >= 0 and out >= 0
        assert min(month.redeemed, month.own, month.fund, month.unpaid) >= 0
    for total in ("redeemed", "fund", "unpaid"):
        by_month = sum(getattr(month, total) for month in found.months)
        assert sum(getattr(one, total) for one in found.issuers) == by_month


@pytest.mark.parametrize("curve", [[], [-1], [1_000_001], [1] * (LONGEST + 1)])
def test_a_curve_that_is_none_is_refused(curve: list[int]) -> None:
    with pytest.raises(CurveMalformed):
        run_off([], 0, curve, 1)


def test_a_curve_is_observed_in_whole_months() -> None:
    cells = [
        Cell(cohort=2, age=0, issued=1_000, redeemed=100),
        Cell(cohort=2, age=1, redeemed=90, gone=410),
        Cell(cohort=2, age=2, redeemed=400),  # this month is not over
        Cell(cohort=1, age=0, issued=1_000, redeemed=300),
        Cell(cohort=1, age=1, redeemed=700),
        Cell(cohort=0, age=0, issued=9_000, redeemed=9_000),
    ]
    assert observe(cells) == [400 * 1_000_000 // 2_000, 90 * 1_000_000 // 900]


def test_without_a_whole_month_there_is_no_curve() -> None:
    with pytest.raises(CurveUnknown):
        observe([Cell(cohort=0, age=0, issued=10, redeemed=5)])
    with pytest.raises(CurveUnknown):
        observe([])


def simulate(conn: Connection, at: datetime, curve: list[int] | None = None) -> Report:
    with conn.transaction():
        return report(conn, 6, at, ZONE, curve)


def test_a_report_starts_from_the_ledger(db: Connection) -> None:
    world = alliance(db, A=Terms(earn_rate=0, prepaid_share=1_000_000))
    deposit(db, world, "B", 40_00)
    contribute(db, world, "C", 5_00)
    contribute(db, world, "operator", 7_00)
    owe(db, world, {"BC": 30_00})
    march = datetime(2026, 3, 10, 4, tzinfo=UTC)
    do(db, [award(world, "A", 100_00, "old")], march, Rules(past=None))
    do(db, [award(world, "B", 60_00, "new")])
    may = datetime(2026, 5, 2, 4, tzinfo=UTC)
    found = simulate(db, may, [1_000_000])
    money = found.money
    assert (money.reserves, money.collateral, money.guarantee, money.first_loss) == (
        100_00, 40_00, 5_00, 7_00,
    )  # fmt: skip
    assert (money.owed, money.not_collected, money.income) == (30_00, 130_00, 0)
    assert money.held == money.required - money.not_collected + money.income == 52_00
    assert found.circulation == 160_00
    by_id = {one.organisation_id: one for one in found.run_off.issuers}
    a, b = world.organisations["A"], world.organisations["B"]
    # A has set 100 aside but not paid them in; B has 40 less the 30 that it owes.
    assert (by_id[a].own, by_id[a].fund, by_id[a].coverage) == (0, 8_00, 0)
    assert (by_id[b].own, by_id[b].fund, by_id[b].coverage) == (10_00, 4_00, 166_666)
    # What C is owed stays C's money: it runs out for the others only.
    assert (found.run_off.first_unpaid, found.run_off.runs_out) == (1, None)


def test_how_fast_points_are_spent_is_observed_in_the_journal(db: Connection) -> None:
    world = alliance(db)
    rules = Rules(past=None)
    with pytest.raises(CurveUnknown):
        simulate(db, datetime(2026, 5, 2, tzinfo=UTC))
    for month, points in ((1, 100_00), (2, 100_00)):
        when = datetime(2026, month, 10, tzinfo=UTC)
        do(db, [award(world, "A", points, f"a{month}")], when, rules)
    spent = ((1, 10_00), (2, 30_00), (3, 32_00))
    for month, points in spent:
        when = datetime(2026, month, 20, tzinfo=UTC)
        assert do(db, [spend(world, "B", points, f"s{month}")], when, rules)[0].status == "posted"
    found = simulate(db, datetime(2026, 4, 15, tzinfo=UTC))
    # January's: 10 of 100 in its first month, 30 of 90, then 32 of 60; of February's none yet.
    assert found.curve == [50_000, 157_894, 533_333]
    assert found.observed
    assert simulate(db, datetime(2026, 4, 15, tzinfo=UTC)) == found
