"""Closing periods: what was earned, once, for ever; later estimates and late sales catch up."""

import threading
from datetime import timedelta

import psycopg
import pytest

from tests.liability.books import ZONE, after, award, month, noon, on, spend, sweep
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.desk.proposals import ProposalDecided, SamePerson, waiting
from tongbao.kernel import db as database
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import TextMalformed
from tongbao.liability import estimates, periods
from tongbao.liability.estimates import Estimate, EstimateEmpty, EstimateNotFound, PeriodNotOver
from tongbao.liability.periods import Period, PeriodNotClosed, PeriodOutOfOrder, Row
from tongbao.points.operations import Award, Refund


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=0, expiry_months=48), "B": Terms(earn_rate=0)})


def judge(db: Connection, issuer: int, through: str, rate: int, by: str = "Li") -> Estimate:
    """Propose a rate and let another approve it."""
    when = after(through)
    with db.transaction():
        made = estimates.propose_rate(
            db, ZONE, month(through), issuer, rate, by=by, reason="survey", at=when
        )
    with db.transaction():
        return estimates.approve(db, made.id, by="Wu", at=when)


def close(db: Connection, through: str, by: str = "Zhang") -> Period:
    with db.transaction():
        return periods.close(db, ZONE, month(through), by=by, at=after(through))


def rows(db: Connection, through: str, issuer: int) -> list[Row]:
    return periods.rows(db, month(through), issuer)


@pytest.mark.parametrize(("rate", "third_year"), [(990_000, 355_201), (920_000, 413_996)])
def test_the_worked_example_from_the_sale_to_the_third_year(
    db: Connection, world: World, rate: int, third_year: int
) -> None:
    a = world.organisations["A"]
    on(db, noon(2024, 1), award(world, "A", "1", 1_000_000, amount=12_471_429))
    judge(db, a, "2024-12", 970_000)
    first = close(db, "2024-12")
    assert (first.allocated, first.recognised, first.deferred) == (900_000, 0, 900_000)
    on(db, noon(2025, 6), spend(world, "B", "2", 450_000))
    second = close(db, "2025-12")
    assert (second.revenue, second.recognised) == (417_526, 417_526)
    on(db, noon(2026, 6), spend(world, "A", "3", 400_000))
    judge(db, a, "2026-12", rate)
    third = close(db, "2026-12")
    assert third.revenue == third_year
    (stands,) = rows(db, "2026-12", a)
    assert (stands.first_rate, stands.rate, stands.outstanding) == (970_000, rate, 150_000)
    on(db, noon(2027, 6), spend(world, "B", "4", 100_000))
    sweep(db, noon(2028, 2))
    last = close(db, "2028-02")
    assert (last.recognised, last.deferred) == (900_000, 0)
    assert [p.revenue for p in periods.newest(db)][::-1] == [
        0, 417_526, third_year, 900_000 - 417_526 - third_year,
    ]  # fmt: skip
    assert broken_laws(db) == {}


def test_a_period_is_closed_once_and_says_who_when_and_on_what(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    on(db, noon(2026, 1), award(world, "A", "1", 10_000, amount=100_000))
    used = judge(db, a, "2026-01", 950_000)
    first = close(db, "2026-01")
    assert (first.closed_by, first.closed_at) == ("Zhang", after("2026-01"))
    assert (first.begins_at, first.cohorts, first.changed) == (None, 1, 1)
    on(db, noon(2026, 1, 20), spend(world, "B", "2", 5_000))  # dated back, after the close
    again = close(db, "2026-01", "Sun")
    assert again.replayed and again.closed_by == "Zhang" and again.revenue == 0
    (stands,) = rows(db, "2026-01", a)
    assert (stands.estimate_id, stands.redeemed, stands.allocated) == (used.id, 0, 8_676)
    late = close(db, "2026-02")
    assert late.begins_at == first.ends_at
    assert late.revenue == 4_566  # 8,676 × 5,000 ÷ 9,500
    judge(db, a, "2026-02", 800_000)  # approved after the close of February
    assert close(db, "2026-03").revenue == 5_423 - 4_566
    (stands,) = rows(db, "2026-03", a)
    assert (stands.revenue, stands.recognised, stands.allocated) == (857, 5_423, 8_676)


def test_an_estimate_that_looks_further_than_the_period_waits_for_its_own(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    on(db, noon(2026, 1), award(world, "A", "1", 10_000, amount=100_000))
    on(db, noon(2026, 1), spend(world, "B", "2", 1_000))
    judge(db, a, "2026-02", 500_000)
    assert close(db, "2026-01").recognised == 909  # 9,091 × 1,000 ÷ 10,000: no breakage
    assert close(db, "2026-02").recognised == 1_818
    assert rows(db, "2026-02", a)[0].first_rate == 1_000_000


def test_nothing_is_written_for_what_has_not_moved(db: Connection, world: World) -> None:
    a, b = world.organisations["A"], world.organisations["B"]
    on(db, noon(2026, 1), award(world, "A", "1", 100, 1_000), award(world, "B", "2", 100, 1_000))
    close(db, "2026-01")
    on(db, noon(2026, 2), spend(world, "A", "3", 40))
    second = close(db, "2026-02")
    assert (second.cohorts, second.changed) == (2, 1)
    assert [r.month for r in rows(db, "2026-02", b)] == [month("2026-01")]
    assert rows(db, "2026-02", b)[0].revenue == 0
    moved = periods.roll_forward(db, month("2026-02"))
    assert [(m.issuer_id, m.opening, m.added, m.revenue, m.closing) for m in moved] == [
        (a, 91, 0, 36, 55),
        (b, 91, 0, 0, 91),
    ]
    assert periods.roll_forward(db, month("2026-02"), b)[0].closing == 91


def test_a_returned_sale_takes_its_part_of_the_deferral_with_it(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    (sale,) = on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    on(db, noon(2026, 1), award(world, "A", "2", 1_000, 9_000, member=1))
    assert close(db, "2026-01").allocated == 1_800
    on(db, noon(2026, 2), Refund(key="3", scope=a, original=sale))
    second = close(db, "2026-02")
    assert (second.allocated, second.recognised, second.revenue) == (900, 0, 0)
    assert periods.roll_forward(db, month("2026-02"))[0].added == -900


def test_points_without_a_sale_defer_nothing(db: Connection, world: World) -> None:
    on(db, noon(2026, 1), award(world, "A", "1", 1_000))
    on(db, noon(2026, 1), award(world, "A", "2", 1_000, amount=9_000))
    closed = close(db, "2026-01")
    assert closed.allocated == 900
    (stands,) = rows(db, "2026-01", world.organisations["A"])
    assert (stands.price, stands.priced, stands.issued) == (9_000, 1_000, 2_000)


def test_a_return_after_recognition_gives_revenue_back(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    (sale,) = on(db, noon(2026, 1), spend(world, "B", "2", 500))
    assert close(db, "2026-01").revenue == 450
    on(db, noon(2026, 2), Refund(key="3", scope=b, original=sale))
    assert close(db, "2026-02").revenue == -450


def test_an_empty_alliance_can_close(db: Connection, world: World) -> None:
    closed = close(db, "2026-01")
    assert (closed.cohorts, closed.allocated, closed.revenue) == (0, 0, 0)
    assert periods.roll_forward(db, month("2026-01")) == []


def test_a_period_that_is_not_over_or_comes_too_late_is_refused(
    db: Connection, world: World
) -> None:
    with pytest.raises(PeriodNotOver), db.transaction():
        periods.close(db, ZONE, month("2026-05"), by="Li", at=noon(2026, 5, 31))
    close(db, "2026-05")
    with pytest.raises(PeriodOutOfOrder):
        close(db, "2026-04")
    with pytest.raises(PeriodNotClosed):
        rows(db, "2026-04", 1)
    with pytest.raises(PeriodNotClosed):
        periods.roll_forward(db, month("2026-06"))
    with pytest.raises(TextMalformed):
        close(db, "2026-06", " ")


def test_many_who_close_at_once_close_once(db: Connection, world: World, database_url: str) -> None:
    on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    answers: list[Period] = []

    def work() -> None:
        with database.connect(database_url) as conn:
            answers.append(close(conn, "2026-01"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(p.replayed for p in answers) == [False, True, True, True]
    assert len(periods.newest(db)) == 1


def test_a_close_that_fails_leaves_nothing(db: Connection, world: World) -> None:
    on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    with db.transaction(force_rollback=True):
        periods.close(db, ZONE, month("2026-01"), by="Li", at=after("2026-01"))
    assert periods.newest(db) == []
    assert close(db, "2026-01").allocated == 900


@pytest.mark.parametrize("table", ["estimate", "estimate_line", "approval", "period", "revenue"])
def test_the_trail_cannot_be_changed(db: Connection, world: World, table: str) -> None:
    on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    judge(db, world.organisations["A"], "2026-01", 900_000)
    close(db, "2026-01")
    db.execute("RESET ROLE")
    for statement in (f"DELETE FROM liability.{table}", f"TRUNCATE liability.{table} CASCADE"):
        with pytest.raises(psycopg.Error, match="append-only"):
            db.execute(statement.encode())
    assert db.execute(f"SELECT count(*) FROM liability.{table}".encode()).fetchone() == (1,)


def test_an_estimate_needs_a_second_person_and_is_decided_once(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    on(db, noon(2026, 1), award(world, "A", "1", 1_000, 9_000))
    on(db, noon(2026, 1), spend(world, "B", "2", 450))
    when = after("2026-01")
    with db.transaction():
        made = estimates.propose_rate(
            db, ZONE, month("2026-01"), a, 500_000, by="Li", reason="survey", at=when
        )
    assert [p.terms["estimate"] for p in waiting(db, estimates.KIND)] == [made.id]
    with pytest.raises(SamePerson), db.transaction():
        estimates.approve(db, made.id, by="li", at=when)
    assert close(db, "2026-01").recognised == 405
    with db.transaction():
        estimates.reject(db, made.id, by="Wu", reason="not enough asked", at=when)
    with pytest.raises(ProposalDecided), db.transaction():
        estimates.approve(db, made.id, by="Wu", at=when)
    assert close(db, "2026-02").revenue == 0
    assert estimates.get(db, made.id).state == "rejected"
    assert db.execute("SELECT count(*) FROM liability.approval").fetchone() == (0,)


def test_a_judgement_can_be_of_one_cohort(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    on(db, noon(2026, 1), award(world, "A", "1", 1_000))
    on(db, noon(2026, 2), award(world, "A", "2", 1_000))
    with db.transaction():
        made = estimates.propose_rate(
            db, ZONE, month("2026-02"), a, 700_000, cohort=month("2026-01"), by="Li",
            reason="x", at=after("2026-02"),
        )  # fmt: skip
    (line,) = estimates.lines(db, made.id)
    assert (line.cohort, line.rate, line.basis, line.age) == (
        month("2026-01"), 700_000, "judgement", 1,
    )  # fmt: skip
    assert (made.given, made.expected, made.cohorts) == (1_000, 700, 1)


def test_what_cannot_be_estimated_is_refused(db: Connection, world: World) -> None:
    a, when = world.organisations["A"], after("2026-01")
    with pytest.raises(EstimateEmpty), db.transaction():
        estimates.propose(db, ZONE, month("2026-01"), by="Li", reason="x", at=when)
    with pytest.raises(PeriodNotOver), db.transaction():
        estimates.propose(db, ZONE, month("2026-05"), by="Li", reason="x", at=when)
    for rate in (-1, 1_000_001):
        with pytest.raises(AmountOutOfRange), db.transaction():
            estimates.propose_rate(
                db, ZONE, month("2026-01"), a, rate, by="Li", reason="x", at=when
            )
    for number in (0, 7, 2**70):
        with pytest.raises(EstimateNotFound):
            estimates.get(db, number)
    assert estimates.newest(db) == []


def test_a_chain_ladder_estimate_keeps_what_it_was_made_from(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    for n, text in enumerate(["01", "02", "03", "04", "05", "06"]):
        when = noon(2026, int(text))
        on(db, when, award(world, "A", f"a{text}", 10_000, amount=90_000))
        for age, part in enumerate([2_000, 2_000, 1_000]):
            back = n - age
            if back >= 0:
                on(db, when + timedelta(hours=age + 1), spend(world, "B", f"s{text}{age}", part))
    with db.transaction():
        made = estimates.propose(
            db, ZONE, month("2026-06"), by="Li", reason="monthly", at=after("2026-06")
        )
    assert (made.method, made.state, made.through) == ("chain-ladder", "proposed", month("2026-06"))
    found = estimates.lines(db, made.id)
    assert {line.issuer_id for line in found} == {a}
    assert all(line.basis in ("estimated", "none") for line in found)
    assert sum(line.given - line.redeemed - line.lost for line in found) == made.given - sum(
        line.redeemed for line in found
    )
    assert broken_laws(db) == {}


def test_pending_points_are_owed_but_their_sale_is_deferred_at_once(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    on(
        db, noon(2026, 1),
        Award(
            key="1", scope=a, member=world.members[0], outlet=world.outlets["A"], points=1_000,
            amount=9_000, release_at=noon(2026, 3),
        ),
    )  # fmt: skip
    assert close(db, "2026-01").deferred == 900
