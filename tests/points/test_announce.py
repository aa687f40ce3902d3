"""Events of operations: one for each that was posted, with all that others may want to know."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.world import AT, build, do
from tongbao.alliance.types import Terms
from tongbao.events import types
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection
from tongbao.points.operations import AnyOperation, Award, Line, Purchase
from tongbao.points.post import PLANS


def events(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Read the table itself: readers wait for whoever else writes on this server."""
    rows = conn.execute("SELECT type, data::text FROM events.event ORDER BY xid, id")
    return [(kind, json.loads(data)) for kind, data in rows]


def test_a_sale_is_announced_with_its_lines_its_place_and_whose_points_paid(
    db: Connection,
) -> None:
    world = build(db, {"A": Terms(), "B": Terms()})
    a, b = world.organisations["A"], world.organisations["B"]
    member = world.members[0]
    lines = (Line("1", 9_000, item="tea", quantity=3), Line("2", 1_000))
    sold = do(
        db,
        [
            Award(key="a", scope=a, member=member, outlet=world.outlets["A"], points=500),
            Purchase(
                key="b", scope=b, member=member, outlet=world.outlets["B"], amount=10_000,
                points=500, lines=lines, channel="till", campaign="spring",
            ),
        ],
    )[1]  # fmt: skip
    (_, _), (kind, told) = events(db)
    assert kind == "tongbao.purchase.posted.v1"
    assert told == {
        "operation": sold.operation,
        "member": member,
        "organisation": b,
        "outlet": world.outlets["B"],
        "format": "cinema",
        "region": "310105",
        "channel": "till",
        "day": "2026-05-01",
        "written": micros(AT),
        "effective": micros(AT),
        "points": 500,
        "cash": 9_500,
        "earned": 95,
        "issuers": {str(a): 500},
        "lines": [
            {"id": "1", "amount": 9_000, "points": 450, "item": "tea", "quantity": 3},
            {"id": "2", "amount": 1_000, "points": 50},
        ],
        "campaign": "spring",
    }


def test_a_refused_operation_announces_nothing(db: Connection) -> None:
    world = build(db, {"A": Terms()})
    outlet = world.outlets["A"]
    do(db, [Award(key="a", scope=world.operator, member=4_711, outlet=outlet, points=1)])
    assert events(db) == []


@pytest.mark.parametrize(
    ("when", "day"),
    [
        (datetime(2026, 4, 30, 15, 59, 59, 999_999, tzinfo=UTC), "2026-04-30"),
        (datetime(2026, 4, 30, 16, 0, tzinfo=UTC), "2026-05-01"),
    ],
)
def test_the_business_day_is_that_of_the_alliance(db: Connection, when: datetime, day: str) -> None:
    world = build(db, {"A": Terms()}, people=1)
    sale = Award(
        key="a", scope=world.operator, member=world.members[0], outlet=world.outlets["A"],
        points=1, effective_at=when,
    )  # fmt: skip
    do(db, [sale], when + timedelta(hours=1))
    assert events(db)[0][1]["day"] == day


def test_every_kind_of_operation_has_its_event_type() -> None:
    kinds = {kind.__struct_config__.tag for kind in AnyOperation.__args__}
    assert set(types.OPERATION_TYPES) == kinds
    assert set(PLANS) == set(AnyOperation.__args__)
    named = types.OPERATION_TYPES.values()
    assert len(set(named)) == len(kinds)
    assert all(name.split(".")[0] == "tongbao" and name.endswith(".v1") for name in named)
