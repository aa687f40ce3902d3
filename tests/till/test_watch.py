"""The watch: what staff and refunds look like, and what a person decides about it."""

from datetime import timedelta
from typing import Any

import pytest

from tests import announced
from tests.till.conftest import Till
from tests.world import AT, broken_laws, one
from tongbao.desk.exceptions import ExceptionClosed, ExceptionNotFound
from tongbao.members import members
from tongbao.points.operations import DecideAdjustment, Purchase, Refund
from tongbao.till import review, sleepers, watch


def look(till: Till) -> list[tuple[str, dict[str, Any]]]:
    """Let the watch read to the end; give what waits."""
    announced.wait(till.conn)
    while True:
        with till.conn.transaction():
            if not watch.look(till.conn, AT).events:
                break
    return [(item.kind, item.facts) for item in review.waiting(till.conn, now=AT)]


def employ(till: Till, name: str, login: str, member: int) -> None:
    till.conn.execute(
        "INSERT INTO access.staff (organisation_id, login, name, role, member_id, created_by,"
        " created_at) VALUES (%s, %s, %s, 'cashier', %s, 'Lin', %s)",
        (till.world.organisations[name], login, login, member, AT),
    )


def sell_and_return(till: Till, member: int, **fields: Any) -> None:
    common: dict[str, Any] = {"scope": till.world.organisations["A"], **fields}
    sale = one(
        till.conn,
        Purchase(
            key=till.key(), member=member, outlet=till.world.outlets["A"], amount=10_000,
            points=0, **common,
        ),
    )  # fmt: skip
    told = one(till.conn, Refund(key=till.key(), original=sale.operation, **common))
    assert told.refusal is None


def test_staff_who_give_points_to_themselves_are_seen_at_once(till: Till) -> None:
    own, other = till.world.members[:2]
    employ(till, "A", "mei@a", own)
    operation = till.award("A", own, 500, staff="mei@a")
    till.award("A", other, 500, staff="mei@a")
    till.award("A", own, 500, staff="bo@a")
    till.award("B", own, 500, staff="mei@a")  # a customer there like others
    assert look(till) == [
        (
            watch.SELF_AWARD,
            {
                "operation": operation,
                "member": own,
                "staff": "mei@a",
                "outlet": till.world.outlets["A"],
                "points": 500,
                "cash": 0,
            },
        )
    ]
    assert len(look(till)) == 1


def test_the_same_hands_to_the_same_member_again_and_again(till: Till) -> None:
    member = till.world.members[0]
    for _ in range(4):
        till.award("A", member, 100, staff="mei@a")
    assert look(till) == []
    till.award("A", member, 100, staff="mei@a")
    ((kind, facts),) = look(till)
    assert kind == watch.FAVOURITE
    assert facts == {
        "day": "2026-05-01", "count": 5, "points": 500, "member": member, "staff": "mei@a",
    }  # fmt: skip


def test_buying_and_returning_all_day(till: Till) -> None:
    member = till.world.members[0]
    for _ in range(2):
        sell_and_return(till, member)
    assert look(till) == []
    sell_and_return(till, member)
    ((kind, facts),) = look(till)
    assert (kind, facts["count"], facts["member"]) == (watch.REFUND_CYCLE, 3, member)


def test_staff_who_refund_to_many(till: Till) -> None:
    for member in till.world.members:
        sell_and_return(till, member, staff="mei@a")
    ((kind, facts),) = look(till)
    assert (kind, facts["count"], facts["staff"]) == (watch.REFUND_CYCLE, 10, "mei@a")


def test_a_cleared_item_is_not_raised_again(till: Till) -> None:
    member = till.world.members[0]
    for _ in range(5):
        till.award("A", member, 100, staff="mei@a")
    look(till)
    (item,) = review.waiting(till.conn, now=AT)
    with till.conn.transaction():
        review.clear(till.conn, item.id, by="Wang", reason="a wedding", at=AT)
    till.award("A", member, 100, staff="mei@a")
    assert look(till) == []
    with pytest.raises(ExceptionClosed):
        review.confirm(till.conn, item.id, by="Wang", reason="after all", at=AT)


def test_confirming_locks_and_two_people_take_the_points_back(till: Till) -> None:
    own = till.world.members[0]
    employ(till, "A", "mei@a", own)
    till.award("A", own, 500, staff="mei@a")
    look(till)
    (item,) = review.waiting(till.conn, till.world.organisations["A"], now=AT)
    with till.conn.transaction():
        review.confirm(till.conn, item.id, by="Wang", reason="she says so herself", at=AT)
    assert members.get(till.conn, own).spend_locked
    back = review.take_back(till.conn, item.id, by="Wang", reason="given to herself", at=AT)
    proposed = one(till.conn, back)
    assert one(till.conn, back).replayed
    decide: dict[str, Any] = {"scope": back.scope, "proposal": proposed.operation, "approve": True}
    alone = one(till.conn, DecideAdjustment(key="d1", by="Wang", **decide))
    assert alone.refusal is not None
    assert alone.refusal.code == "two-people-needed"
    done = one(till.conn, DecideAdjustment(key="d2", by="Li", **decide))
    assert done.balances is not None
    assert (done.refusal, done.balances.available) == (None, 0)
    assert broken_laws(till.conn) == {}


def test_another_organisations_items_are_not_there(till: Till) -> None:
    own = till.world.members[0]
    employ(till, "A", "mei@a", own)
    till.award("A", own, 500, staff="mei@a")
    look(till)
    (item,) = review.waiting(till.conn, now=AT)
    b = till.world.organisations["B"]
    assert review.waiting(till.conn, b, now=AT) == []
    with pytest.raises(ExceptionNotFound):
        review.get(till.conn, item.id, b, now=AT)
    advice = till.conn.execute(
        "INSERT INTO desk.exception_item (kind, subject, facts, raised_at)"
        " VALUES ('advice', '1', '{}', %s) RETURNING id",
        (AT,),
    ).fetchone()
    assert advice is not None
    with pytest.raises(ExceptionNotFound):
        review.clear(till.conn, advice[0], by="Wang", reason="not ours", at=AT)


def test_what_was_counted_is_forgotten(till: Till) -> None:
    till.award("A", till.world.members[0], 100, staff="mei@a")
    look(till)
    with till.conn.transaction():
        assert watch.forget(till.conn, AT.date()) == 0
        assert watch.forget(till.conn, (AT + timedelta(days=1)).date()) == 1


def test_the_sweep_locks_who_sleeps_and_a_proof_wakes(till: Till) -> None:
    asleep, awake, poor = till.world.members[:3]
    till.award("A", asleep, 100)
    till.award("A", awake, 100)
    year = timedelta(days=365)
    later = AT + year
    one(
        till.conn,
        Purchase(
            key=till.key(), scope=till.world.organisations["A"], member=awake,
            outlet=till.world.outlets["A"], amount=100, points=1,
        ),
        later - timedelta(days=1),
    )  # fmt: skip
    with till.conn.transaction():
        assert sleepers.lock_page(till.conn, later, year) == (1, awake)
        assert sleepers.lock_page(till.conn, later, year, above=awake) == (0, None)
    locked = [members.get(till.conn, who).spend_locked for who in (asleep, awake, poor)]
    assert locked == [True, False, False]
    with till.conn.transaction():
        sleepers.unlock(till.conn, asleep, later)
        assert sleepers.lock_page(till.conn, later, year) == (0, awake)
