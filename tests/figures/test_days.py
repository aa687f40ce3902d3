"""An organisation's business by day: what is summed is what the journal says, and only once."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.liability.books import noon
from tests.world import World, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.clearing.calendar import Cutover
from tongbao.figures import days
from tongbao.figures.days import Brought, Business
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.check import Rules
from tongbao.points.post import post

pytestmark = pytest.mark.postgres

SHANGHAI = Cutover(ZoneInfo("Asia/Shanghai"))
FIRST = date(2026, 5, 15)
AT = noon(2026, 5)
RULES = Rules(past=None)


def award(world: World, name: str, key: str, amount: int, member: int = 0) -> ops.Award:
    return ops.Award(
        key=key, scope=world.organisations[name], member=world.members[member],
        outlet=world.outlets[name], amount=amount,
    )  # fmt: skip


def purchase(
    world: World, name: str, key: str, amount: int, points: int, member: int = 0
) -> ops.Purchase:
    return ops.Purchase(
        key=key, scope=world.organisations[name], member=world.members[member],
        outlet=world.outlets[name], amount=amount, points=points,
    )  # fmt: skip


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=100_000) for name in "AB"})


def day_of(conn: Connection, world: World, name: str, day: date = FIRST) -> Business:
    """Give the business of a day as a sum, whatever was summed before."""
    found = days.days(conn, world.organisations[name], day, day, SHANGHAI)
    assert [one.day for one in found] == [day]
    return days.total(found)


def close(conn: Connection) -> None:
    with conn.transaction():
        windows.close(conn, AT + timedelta(hours=1))


def catch_up(conn: Connection, world: World, name: str) -> None:
    with conn.transaction():
        days.catch_up(conn, world.organisations[name], SHANGHAI)


def lived(conn: Connection, world: World) -> None:
    """Give points at A, let some of them be spent at B, and take a part of that back."""
    one(conn, award(world, "A", "a", 100_000), AT)
    spent = one(conn, purchase(world, "B", "p", 9_000, 4_000), AT)
    one(conn, ops.Refund(
        key="r", scope=world.organisations["B"], original=spent.operation, amount=4_500,
    ), AT)  # fmt: skip


AT_B = Business(
    sales=4_500, bills=1, issued=250, accepted=2_000, foreign_points=2_000, with_points=4_500
)


def test_what_was_done_is_seen_at_once_and_the_same_when_it_is_summed(
    db: Connection, world: World
) -> None:
    lived(db, world)
    assert day_of(db, world, "B") == AT_B
    catch_up(db, world, "B")
    assert day_of(db, world, "B") == AT_B
    close(db)
    assert day_of(db, world, "B") == AT_B
    for _ in range(2):
        catch_up(db, world, "B")
        assert day_of(db, world, "B") == AT_B
    assert db.execute("SELECT count(*) FROM figures.day").fetchone() == (1,)


def test_a_window_after_another_is_added(db: Connection, world: World) -> None:
    lived(db, world)
    close(db)
    catch_up(db, world, "A")
    one(db, award(world, "A", "a2", 20_000), AT)
    seen = day_of(db, world, "A")
    assert (seen.sales, seen.bills, seen.issued) == (120_000, 2, 12_000)
    close(db)
    catch_up(db, world, "A")
    assert day_of(db, world, "A") == seen


def test_what_is_done_today_is_summed_without_a_close(db: Connection, world: World) -> None:
    lived(db, world)
    catch_up(db, world, "B")
    assert summed(db, "B", world) == 1
    one(db, purchase(world, "B", "p2", 3_000, 1_000), AT)
    seen = day_of(db, world, "B")
    assert (seen.sales, seen.bills, seen.accepted) == (7_500, 2, 3_000)
    catch_up(db, world, "B")
    assert day_of(db, world, "B") == seen
    close(db)
    catch_up(db, world, "B")
    assert day_of(db, world, "B") == seen


def test_a_few_operations_are_read_and_not_summed(db: Connection, world: World) -> None:
    lived(db, world)
    a = world.organisations["A"]
    with db.transaction():
        days.catch_up(db, a, SHANGHAI, few=1)
    assert summed(db, "A", world) == 0
    one(db, award(world, "A", "a2", 20_000), AT)
    with db.transaction():
        days.catch_up(db, a, SHANGHAI, few=1)
    assert summed(db, "A", world) == 1
    assert day_of(db, world, "A").sales == 120_000
    one(db, award(world, "A", "a3", 20_000), AT)
    close(db)
    with db.transaction():
        days.catch_up(db, a, SHANGHAI, few=1)
    assert db.execute("SELECT sales FROM figures.day").fetchone() == (140_000,)


def test_what_is_written_while_something_else_goes_on_is_counted_once(
    db: Connection, database_url: str, world: World
) -> None:
    one(db, award(world, "A", "a1", 10_000), AT)
    with database.connect(database_url) as late:
        with late.transaction():
            # It has begun before the next, and writes after it.
            late.execute("SELECT pg_current_xact_id()")
            one(db, award(world, "A", "a2", 20_000, member=1), AT)
            catch_up(db, world, "A")
            assert db.execute("SELECT sales FROM figures.day").fetchone() == (10_000,)
            assert day_of(db, world, "A").sales == 30_000
            post(late, [award(world, "A", "a3", 40_000, member=1)], AT, RULES)
            assert day_of(db, world, "A").sales == 30_000
        assert day_of(db, world, "A").sales == 70_000
        assert came(db, world) == 2
        for _ in range(2):
            catch_up(db, world, "A")
            assert day_of(db, world, "A").sales == 70_000
            assert came(db, world) == 2
    assert db.execute("SELECT sales, bills FROM figures.day").fetchone() == (70_000, 3)


def test_a_window_is_summed_to_its_end_or_not_said_to_be(
    db: Connection, database_url: str, world: World
) -> None:
    with database.connect(database_url) as late, late.transaction():
        late.execute("SELECT pg_current_xact_id()")
        one(db, award(world, "A", "a1", 10_000), AT)
        close(db)
        catch_up(db, world, "A")
        assert through(db, world) == 0
    catch_up(db, world, "A")
    assert through(db, world) == 1
    assert day_of(db, world, "A").sales == 10_000


def summed(conn: Connection, name: str, world: World) -> int:
    """Give how many days of an organisation are summed."""
    values = (world.organisations[name],)
    row = conn.execute("SELECT count(*) FROM figures.day WHERE organisation_id = %s", values)
    return int((row.fetchone() or (0,))[0])


def through(conn: Connection, world: World) -> int:
    """Give through which window A is summed."""
    values = (world.organisations["A"],)
    row = conn.execute("SELECT window_id FROM figures.summed WHERE organisation_id = %s", values)
    return int((row.fetchone() or (0,))[0])


def came(conn: Connection, world: World) -> int:
    """Give how many members have come to A."""
    found = days.brought(conn, world.organisations["A"], FIRST, FIRST, SHANGHAI)
    return sum(one.newcomers for one in found)


def test_each_yuan_of_points_came_with_so_much_of_sales(db: Connection, world: World) -> None:
    lived(db, world)
    assert day_of(db, world, "B").drove == 225
    assert day_of(db, world, "A").drove is None


def test_a_sale_that_was_taken_back_whole_is_none(db: Connection, world: World) -> None:
    given = one(db, award(world, "A", "a", 10_000), AT)
    gift = ops.Award(
        key="g", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=500,
    )  # fmt: skip
    free = one(db, gift, AT)
    for number in (given.operation, free.operation):
        back = ops.Refund(key=f"r{number}", scope=world.organisations["A"], original=number)
        one(db, back, AT)
    assert day_of(db, world, "A") == Business(bills=2)


def test_what_could_not_be_posted_is_no_sale(db: Connection, world: World) -> None:
    told = ops.Advice(
        key="t", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=700, cash=300,
    )  # fmt: skip
    assert one(db, told, AT).status == "exception"
    assert day_of(db, world, "A") == Business()


def test_an_adjustment_is_among_what_was_issued(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    wanted = ops.ProposeAdjustment(
        key="w", scope=a, member=world.members[0], organisation=a, points=900, reason="r", by="Li"
    )
    proposal = one(db, wanted, AT).operation
    one(db, ops.DecideAdjustment(key="d", scope=a, proposal=proposal, by="Wu", approve=True), AT)
    assert day_of(db, world, "A") == Business(issued=900)


@pytest.mark.parametrize(
    ("at", "hour", "day"),
    [
        (time(), 23, FIRST),
        (time(4), 27, FIRST),
        (time(4), 28, FIRST + timedelta(days=1)),
        (time(23), 22, FIRST),
        (time(23), 23, FIRST + timedelta(days=1)),
    ],
)
def test_a_day_begins_at_the_cut_over(
    db: Connection, world: World, at: time, hour: int, day: date
) -> None:
    cutover = Cutover(ZoneInfo("Asia/Shanghai"), at)
    do(db, [award(world, "A", "a", 10_000)], AT + timedelta(hours=hour - 12), RULES)
    found = days.days(db, world.organisations["A"], day, day, cutover)
    assert days.total(found).sales == 10_000


def test_today_is_the_day_of_the_open_window_or_of_later_business(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    with db.transaction():
        db.execute("UPDATE ledger.clearing_window SET opened_at = %s", (AT,))
    assert days.today(db, a, SHANGHAI) == FIRST
    one(db, award(world, "A", "a", 10_000), AT + timedelta(days=2))
    assert days.today(db, a, SHANGHAI) == FIRST + timedelta(days=2)


def test_who_came_first_with_points_of_others_was_brought(db: Connection, world: World) -> None:
    b = world.organisations["B"]
    lived(db, world)
    one(db, award(world, "B", "b1", 1_000, member=1), AT)
    db.execute(
        "UPDATE members.member SET enrolled_by = %s WHERE id = %s",
        (world.organisations["A"], world.members[2]),
    )
    db.commit()
    one(db, award(world, "B", "b2", 1_000, member=2), AT)
    expected = [Brought(day=FIRST, newcomers=3, brought=2, with_points=1)]
    assert days.brought(db, b, FIRST, FIRST, SHANGHAI) == expected
    close(db)
    catch_up(db, world, "B")
    assert days.brought(db, b, FIRST, FIRST, SHANGHAI) == expected
    one(db, award(world, "B", "b3", 1_000), AT + timedelta(days=1))
    next_day = FIRST + timedelta(days=1)
    assert days.brought(db, b, next_day, next_day, SHANGHAI) == []
