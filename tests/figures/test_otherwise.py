"""Points that are neither given nor spent: how many, and which way, is what the wallet saw."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, World, build, one
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms()})


def moved(db: Connection, operation: int) -> tuple[int | None, int]:
    """Give what is said to have moved otherwise, and how the wallet of the member changed."""
    row = db.execute(
        """
        SELECT figures.otherwise(p.kind, g.kind, p.points),
          (
            SELECT coalesce(sum(CASE
              WHEN m.to_kind = 'wallet' AND t.to_owner = p.owner_id THEN t.amount ELSE 0
            END - CASE
              WHEN m.from_kind = 'wallet' AND t.from_owner = p.owner_id THEN t.amount ELSE 0
            END), 0)::bigint
            FROM ledger.transfer AS t
            INNER JOIN ledger.movement AS m ON t.movement = m.id
            WHERE t.operation_id = p.id
          )
        FROM ledger.operation AS p
        LEFT JOIN ledger.operation AS g ON p.original_id = g.id
        WHERE p.id = %s
        """,
        (operation,),
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_what_is_said_is_what_the_wallet_saw(db: Connection, world: World) -> None:
    a, outlet = world.organisations["A"], world.outlets["A"]
    first, second, third = world.members[:3]
    whose: dict[str, Any] = {"scope": a, "outlet": outlet, "member": first}
    given = one(db, ops.Award(key="a", points=10_000, **whose))
    assert moved(db, given.operation) == (None, 10_000)
    later = AT + timedelta(days=2)
    pending = one(db, ops.Award(key="p", points=900, release_at=AT + timedelta(days=1), **whose))
    hold = one(db, ops.Hold(key="h", points=3_000, expires_at=later, **whose))
    voided = one(db, ops.Void(key="v", scope=a, hold=hold.operation))
    again = one(db, ops.Hold(key="h2", points=500, expires_at=later, **whose))
    off = one(db, ops.Reversal(key="r", scope=a, original_key="h2"))
    gift = one(db, ops.Gift(key="g", scope=world.operator, member=first, to=second, points=700))
    back = one(db, ops.Reversal(key="r2", scope=world.operator, original_key="g"))
    release = ops.ReleasePending(key="rp", scope=a, award=pending.operation)
    spendable = one(db, release, later)
    merged = one(db, ops.Merge(key="m", scope=world.operator, member=first, into=third))
    closing = ops.Close(key="c", scope=world.operator, member=third, forfeit=True)
    closed = one(db, closing, later)
    expected = {
        hold: -3_000, voided: 3_000, again: -500, off: 500, gift: -700, back: 700,
        spendable: 900, merged: -10_900, closed: -10_900,
    }  # fmt: skip
    for outcome, points in expected.items():
        assert outcome.refusal is None, outcome.refusal
        assert moved(db, outcome.operation) == (points, points)


def test_every_operation_gives_or_spends_or_moves_otherwise(db: Connection) -> None:
    kinds = [
        kind.__struct_config__.tag
        for kind in ops.Operation.__subclasses__()
        if kind.__module__ == ops.__name__  # others are made up by tests
    ]
    found = {
        kind: db.execute(
            "SELECT figures.counts(%s), figures.otherwise(%s, NULL, 1)", (kind, kind)
        ).fetchone()
        for kind in kinds
    }
    assert len(found) > 15
    neither = {kind for kind, row in found.items() if row == (False, None)}
    both = {kind for kind, row in found.items() if row is not None and row[0] and row[1]}
    # A proposal moves nothing until somebody else decides it.
    assert (neither, both) == ({"propose_adjustment"}, set())
