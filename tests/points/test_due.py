"""What is due is found wherever it has gone, once, page by page; what is not due is left alone."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.points import due
from tongbao.points.operations import (
    Award,
    CancelPending,
    Capture,
    Close,
    ExpireHold,
    ExpireLots,
    Hold,
    Merge,
    Operation,
    Purchase,
    Refund,
    ReleasePending,
    Void,
)
from tongbao.points.outcome import Outcome

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=0), "B": Terms(earn_rate=0)}, 6)


class Till:
    """Make operations at A with keys of their own."""

    def __init__(self, conn: Connection, world: World) -> None:
        self.conn = conn
        self.world = world
        self.keys = 0

    def do(self, kind: type[Operation], /, at: datetime = AT, **what: Any) -> Outcome:
        self.keys += 1
        what.setdefault("scope", self.world.organisations["A"])
        if kind in (Award, Purchase, Hold):
            what.setdefault("outlet", self.world.outlets["A"])
            what.setdefault("member", self.world.members[0])
        outcome = one(self.conn, kind(key=f"till-{self.keys}", **what), at)
        assert outcome.refusal is None, outcome.refusal
        return outcome

    def operator(self, kind: type[Operation], **what: Any) -> Outcome:
        return self.do(kind, scope=self.world.operator, **what)


@pytest.fixture
def till(db: Connection, world: World) -> Till:
    return Till(db, world)


def sweep(conn: Connection, at: datetime, size: int = limits.PAGE) -> list[Outcome]:
    """Post all that is due, as the command does."""
    return [outcome for page in due.pages(conn, at, size) for outcome in do(conn, page, at)]


def wallet(conn: Connection, member: int) -> dict[str, int]:
    rows = conn.execute("SELECT kind, balance FROM ledger.account WHERE owner_id = %s", (member,))
    return {kind: balance for kind, balance in rows if balance}


def test_nothing_is_due_where_there_is_nothing(db: Connection) -> None:
    assert list(due.pages(db, AT)) == []


def test_holds_past_their_time_end_in_time_order(db: Connection, till: Till) -> None:
    till.do(Award, points=900)
    ends = [3, 1, 2, 9]
    holds = [till.do(Hold, points=100, expires_at=AT + n * HOUR).operation for n in ends]
    (page,) = due.pages(db, AT + 3 * HOUR)
    member = till.world.members[0]
    assert page == [
        ExpireHold(key=f"expire-hold:{member}:{holds[n]}", scope=till.world.operator, hold=holds[n])
        for n in (1, 2, 0)
    ]
    assert [outcome.status for outcome in do(db, page, AT + 3 * HOUR)] == ["posted"] * 3
    assert list(due.pages(db, AT + 3 * HOUR)) == []
    assert wallet(db, member) == {"wallet": 800, "held": 100}
    assert broken_laws(db) == {}


def test_a_hold_that_was_captured_or_voided_is_not_due(db: Connection, till: Till) -> None:
    till.do(Award, points=900)
    holds = [till.do(Hold, points=100, expires_at=AT + HOUR).operation for _ in range(3)]
    till.do(Capture, hold=holds[0], points=100)
    till.do(Void, hold=holds[1])
    till.do(Capture, hold=holds[2], points=40, final=False)
    assert [outcome.lots[0].points for outcome in sweep(db, AT + DAY)] == [60]
    assert broken_laws(db) == {}


def test_an_award_is_released_when_its_time_has_come(db: Connection, till: Till) -> None:
    member = till.world.members[0]
    award = till.do(Award, points=500, release_at=AT + DAY)
    assert list(due.pages(db, AT + DAY - HOUR)) == []
    (page,) = due.pages(db, AT + DAY)
    assert page == [
        ReleasePending(
            key=f"release:{member}:{award.operation}",
            scope=till.world.operator,
            award=award.operation,
        )
    ]
    do(db, page, AT + DAY)
    assert wallet(db, member) == {"wallet": 500}
    assert list(due.pages(db, AT + 9 * DAY)) == []
    assert broken_laws(db) == {}


def test_of_an_award_that_was_partly_taken_back_the_rest_is_released(
    db: Connection, till: Till
) -> None:
    award = till.do(Award, points=500, amount=1_000, release_at=AT + DAY)
    till.do(Refund, original=award.operation, amount=400)
    (released,) = sweep(db, AT + DAY)
    assert released.lots[0].points == 300
    assert broken_laws(db) == {}


def test_an_award_that_was_taken_back_whole_is_not_due(db: Connection, till: Till) -> None:
    for undo in (CancelPending, Refund):
        award = till.do(Award, points=500, amount=1_000, release_at=AT + DAY)
        named: dict[str, Any] = {"award" if undo is CancelPending else "original": award.operation}
        till.do(undo, **named)
    assert sweep(db, AT + DAY) == []
    assert broken_laws(db) == {}


def test_awards_and_holds_of_a_merged_member_are_due_for_who_took_over(
    db: Connection, till: Till
) -> None:
    first, second, third, *_ = till.world.members
    award = till.do(Award, points=500, release_at=AT + DAY)
    other = till.do(Award, points=70, release_at=AT + DAY, member=second)
    till.do(Award, points=300, expires_at=AT + DAY)
    held = till.do(Hold, points=200, expires_at=AT + DAY)
    for member, into in ((first, second), (second, third)):
        till.operator(Merge, member=member, into=into)
        pages = list(due.pages(db, AT + DAY))
        operations = [operation for page in pages for operation in page]
        assert {operation.key.rsplit(":", 1)[0] for operation in operations[:3]} == {
            f"expire-hold:{into}",
            f"release:{into}",
        }
        named = {getattr(operation, "award", None) for operation in operations}
        assert {award.operation, other.operation} <= named
        assert getattr(operations[0], "hold", None) == held.operation
    outcomes = sweep(db, AT + DAY)
    assert [(outcome.kind, outcome.status) for outcome in outcomes] == [
        ("expire_hold", "posted"),
        ("release_pending", "posted"),
        ("release_pending", "posted"),
        ("expire_lots", "posted"),
    ]
    assert wallet(db, third) == {"wallet": 570}
    assert sweep(db, AT + DAY) == []
    assert broken_laws(db) == {}


def test_lots_past_their_date_end_once_a_member(db: Connection, till: Till) -> None:
    first, second, *_ = till.world.members
    for days in (1, 2, 3):
        till.do(Award, points=100, expires_at=AT + days * DAY)
    till.do(Award, points=50, expires_at=AT + DAY, member=second)
    till.do(Award, points=7)
    ended = sweep(db, AT + 2 * DAY)
    assert {outcome.member: len(outcome.lots) for outcome in ended} == {first: 2, second: 1}
    assert wallet(db, first) == {"wallet": 107}
    assert sweep(db, AT + 2 * DAY) == []
    assert broken_laws(db) == {}


def test_held_points_of_a_lot_past_its_date_are_honoured_and_end_when_they_come_free(
    db: Connection, till: Till
) -> None:
    member = till.world.members[0]
    till.do(Award, points=300, expires_at=AT + DAY)
    captured = till.do(Hold, points=100, expires_at=AT + 5 * DAY)
    till.do(Hold, points=50, expires_at=AT + 2 * DAY)
    assert [outcome.lots[0].points for outcome in sweep(db, AT + DAY)] == [150]
    till.do(Capture, AT + DAY + HOUR, hold=captured.operation, points=60)
    assert wallet(db, member) == {"wallet": 40, "held": 50}
    again = sweep(db, AT + DAY + 2 * HOUR)  # the same lot, on the same day
    assert [outcome.lots[0].points for outcome in again] == [40]
    last = sweep(db, AT + 2 * DAY)
    assert [(outcome.kind, outcome.lots[0].points) for outcome in last] == [
        ("expire_hold", 50),
        ("expire_lots", 50),
    ]
    assert wallet(db, member) == {}
    assert broken_laws(db) == {}


def test_what_is_released_after_its_date_ends_in_the_same_sweep(db: Connection, till: Till) -> None:
    till.do(Award, points=500, release_at=AT + DAY, expires_at=AT + 2 * DAY)
    outcomes = sweep(db, AT + 3 * DAY)
    assert [outcome.kind for outcome in outcomes] == ["release_pending", "expire_lots"]
    assert wallet(db, till.world.members[0]) == {}
    assert broken_laws(db) == {}


def test_nothing_of_a_closed_member_is_due(db: Connection, till: Till) -> None:
    till.do(Award, points=500, release_at=AT + DAY)
    till.do(Award, points=100, expires_at=AT + DAY)
    till.operator(Close, member=till.world.members[0], forfeit=True)
    assert sweep(db, AT + 2 * DAY) == []
    assert broken_laws(db) == {}


@pytest.mark.parametrize("status", ["suspended", "locked"])
def test_a_member_who_may_not_spend_is_swept_like_others(
    db: Connection, till: Till, status: str
) -> None:
    member = till.world.members[0]
    till.do(Award, points=500, release_at=AT + DAY)
    till.do(Award, points=100, expires_at=AT + DAY)
    till.do(Hold, points=40, expires_at=AT + DAY)
    change = "status = 'suspended'" if status == "suspended" else "spend_locked = true"
    db.execute(f"UPDATE members.member SET {change} WHERE id = {member}".encode())
    assert [outcome.status for outcome in sweep(db, AT + DAY)] == ["posted"] * 3
    assert wallet(db, member) == {"wallet": 500}
    assert broken_laws(db) == {}


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_are_bounded_and_together_are_everything(
    db: Connection, till: Till, size: int
) -> None:
    for member in till.world.members:
        for hours in (1, 1, 2):
            till.do(Award, points=50, member=member, expires_at=AT + hours * HOUR)
            till.do(Award, points=20, member=member, release_at=AT + hours * HOUR)
            till.do(Hold, points=10, member=member, expires_at=AT + hours * HOUR)
    outcomes = []
    for page in due.pages(db, AT + DAY, size):
        assert 0 < len(page) <= size
        outcomes += do(db, page, AT + DAY)
    assert [outcome.refusal for outcome in outcomes if outcome.refusal] == []
    kinds = [outcome.kind for outcome in outcomes]
    assert (kinds.count("expire_hold"), kinds.count("release_pending")) == (18, 18)
    for member in till.world.members:
        assert wallet(db, member) == {"wallet": 60}
    assert broken_laws(db) == {}


def test_a_member_with_more_lots_than_one_operation_may_touch_is_swept_whole(
    db: Connection, till: Till
) -> None:
    world = till.world
    count = 2 * limits.LOTS_PER_OPERATION + 5
    awards = [
        Award(
            key=f"a{n}", scope=world.organisations["A"], member=world.members[n % 50 == 0],
            outlet=world.outlets["A"], points=1, expires_at=AT + HOUR,
        )
        for n in range(count)
    ]  # fmt: skip
    assert {outcome.status for outcome in do(db, awards)} == {"posted"}
    ended = sweep(db, AT + DAY)
    assert {outcome.status for outcome in ended} == {"posted"}
    assert sum(len(outcome.lots) for outcome in ended) == count
    assert sweep(db, AT + DAY) == []
    assert broken_laws(db) == {}


def test_the_same_page_posted_twice_happens_once(db: Connection, till: Till) -> None:
    till.do(Award, points=900, expires_at=AT + DAY)
    till.do(Award, points=50, release_at=AT + DAY)
    till.do(Hold, points=100, expires_at=AT + DAY)
    for page in due.pages(db, AT + DAY):
        first = do(db, page, AT + DAY)
        second = do(db, page, AT + DAY + HOUR)
        assert [outcome.replayed for outcome in second] == [True] * len(page)
        assert [o.operation for o in first] == [o.operation for o in second]
    assert wallet(db, till.world.members[0]) == {"wallet": 50}
    assert broken_laws(db) == {}


def test_many_who_sweep_at_once_do_each_thing_once(
    db: Connection, till: Till, database_url: str
) -> None:
    for member in till.world.members:
        till.do(Award, points=90, member=member, expires_at=AT + DAY)
        till.do(Award, points=50, member=member, release_at=AT + DAY)
        till.do(Hold, points=10, member=member, expires_at=AT + DAY)
    outcomes: list[Outcome] = []

    def run() -> None:
        with database.connect(database_url) as conn:
            outcomes.extend(sweep(conn, AT + DAY, 4))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = [outcome.kind for outcome in outcomes if not outcome.replayed]
    assert {kind: fresh.count(kind) for kind in fresh} == {
        "expire_hold": 6,
        "release_pending": 6,
        "expire_lots": 6,
    }
    assert {wallet(db, member)["wallet"] for member in till.world.members} == {50}
    assert broken_laws(db) == {}


def test_keys_can_be_keys(db: Connection, till: Till) -> None:
    till.do(Award, points=900, expires_at=AT + DAY)
    (page,) = due.pages(db, AT + DAY)
    (operation,) = page
    assert isinstance(operation, ExpireLots)
    assert operation.key.isascii() and len(operation.key) <= limits.KEY
