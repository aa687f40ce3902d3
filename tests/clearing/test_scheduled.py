"""Windows close at the cut-over and settlements are proposed after it, whoever asks how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.world import World, broken_laws, build, do
from tongbao.alliance.types import Terms
from tongbao.clearing import settlements, windows
from tongbao.clearing.calendar import Cutover
from tongbao.clearing.scheduled import close_due, propose_due
from tongbao.clearing.types import Settlement
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Purchase

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = Cutover(SHANGHAI)
LATE = Cutover(SHANGHAI, time(23))
TUESDAY = datetime(2026, 6, 2, 10, tzinfo=SHANGHAI)
DAY = timedelta(days=1)


@pytest.fixture
def world(db: Connection) -> World:
    """Make an alliance whose open window was opened on Tuesday, with claims in it."""
    db.execute("UPDATE ledger.clearing_window SET opened_at = %s", (TUESDAY,))
    world = build(db, {"A": Terms(earn_rate=0), "B": Terms(earn_rate=0, cycle="weekly")})
    spend(db, world, "1", TUESDAY)
    return world


def spend(db: Connection, world: World, key: str, at: datetime) -> None:
    """Let points of A be spent at B, and as many of B at A."""
    a, b = (world.organisations[name] for name in "AB")
    outlet_a, outlet_b = (world.outlets[name] for name in "AB")
    one, other = world.members[:2]
    outcomes = do(
        db,
        [
            Award(key=f"a{key}", scope=a, member=one, outlet=outlet_a, points=900),
            Award(key=f"b{key}", scope=b, member=other, outlet=outlet_b, points=400),
            Purchase(key=f"c{key}", scope=b, member=one, outlet=outlet_b, amount=900, points=900),
            Purchase(key=f"d{key}", scope=a, member=other, outlet=outlet_a, amount=400, points=400),
        ],
        at.astimezone(UTC),
    )
    assert {outcome.status for outcome in outcomes} == {"posted"}


def closed(db: Connection, at: datetime, cutover: Cutover = MIDNIGHT) -> int | None:
    with db.transaction():
        window = close_due(db, at.astimezone(UTC), cutover)
    return None if window is None else window.id


def proposed(db: Connection, at: datetime, cutover: Cutover = MIDNIGHT) -> list[Settlement]:
    with db.transaction():
        return propose_due(db, at.astimezone(UTC), cutover, "worker")


def test_a_window_closes_at_the_first_look_after_the_cut_over_and_once(
    db: Connection, world: World
) -> None:
    assert closed(db, TUESDAY.replace(hour=23, minute=59)) is None
    assert closed(db, TUESDAY + DAY) == 1
    assert closed(db, TUESDAY + DAY) is None
    assert windows.current(db).id == 2


def test_the_cut_over_may_be_before_midnight(db: Connection, world: World) -> None:
    assert closed(db, TUESDAY.replace(hour=22, minute=59), LATE) is None
    assert closed(db, TUESDAY.replace(hour=23), LATE) == 1


def test_after_days_without_anybody_looking_one_window_closes(db: Connection, world: World) -> None:
    assert closed(db, TUESDAY + 9 * DAY) == 1
    assert closed(db, TUESDAY + 9 * DAY) is None


def test_many_who_look_at_once_close_one_window(
    db: Connection, world: World, database_url: str
) -> None:
    def look(_: int) -> int | None:
        with database.connect(database_url) as conn:
            return closed(conn, TUESDAY + DAY)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(look, range(6)))
    assert sorted(window for window in found if window) == [1]


def test_each_cycle_is_proposed_on_its_day_and_once(db: Connection, world: World) -> None:
    assert proposed(db, TUESDAY + DAY) == []
    closed(db, TUESDAY + DAY)
    (daily,) = proposed(db, TUESDAY + DAY)
    assert (daily.state, daily.business_date, daily.through_window) == (
        "proposed",
        date(2026, 6, 3),
        1,
    )
    assert [leg.organisation_id for leg in settlements.legs(db, daily.id)] == [
        world.organisations["A"]
    ]
    assert proposed(db, TUESDAY + DAY) == []
    closed(db, TUESDAY + 6 * DAY)
    monday = proposed(db, TUESDAY + 6 * DAY)
    assert [one.to_pay for one in monday if one.to_pay] == [500]
    assert proposed(db, TUESDAY + 6 * DAY) == []
    assert broken_laws(db) == {}


def test_nothing_is_proposed_on_a_day_off(db: Connection, world: World) -> None:
    closed(db, TUESDAY + DAY)
    assert proposed(db, TUESDAY + 4 * DAY) == []
    assert proposed(db, TUESDAY + 5 * DAY) == []


def test_what_a_person_has_rejected_is_not_proposed_again_that_day(
    db: Connection, world: World
) -> None:
    closed(db, TUESDAY + DAY)
    (daily,) = proposed(db, TUESDAY + DAY)
    with db.transaction():
        settlements.reject(db, daily.id, by="Wang", at=TUESDAY + DAY, reason="not today")
    assert proposed(db, TUESDAY + DAY) == []
    spend(db, world, "2", TUESDAY + DAY)
    closed(db, TUESDAY + 2 * DAY)
    (next_day,) = proposed(db, TUESDAY + 2 * DAY)
    assert next_day.to_collect == 1_000
