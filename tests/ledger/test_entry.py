"""Operations of organisations enter the journal as many as there are, once for each key."""

import json

import pytest

from tests.world import AT, World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyReused
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.journal import KeyTaken
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer
from tongbao.points.operations import Reversal
from tongbao.points.post import post

MARK = entry.fingerprint("deposit", 1)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms()})


def deposits(world: World, count: int) -> list[Entry]:
    a = world.organisations["A"]
    return [
        Entry(
            scope=a, key=f"k{n}", fingerprint=MARK, answer=json.dumps({"n": n}),
            posting=Posting(
                kind="deposit", owner=a, organisation=a, cash=1,
                transfers=[Transfer(M.DEPOSIT, a, a, 1)],
            ),
        )
        for n in range(count)
    ]  # fmt: skip


def enter(conn: Connection, entries: list[Entry]) -> list[int]:
    with conn.transaction():
        entry.hold(conn, {e.scope for e in entries})
        return entry.enter(conn, entries, AT)


def test_more_than_one_batch_holds_becomes_several(db: Connection, world: World) -> None:
    count = limits.BATCH + 3
    ids = enter(db, deposits(world, count))
    assert len(set(ids)) == count and ids == sorted(ids)
    sizes = db.execute("SELECT operations, transfers FROM ledger.batch ORDER BY id").fetchall()
    assert sizes == [(limits.BATCH, limits.BATCH), (3, 3)]
    balance = db.execute("SELECT balance FROM ledger.account WHERE kind = 'collateral'")
    assert max(balance.fetchall()) == (count,)
    known = entry.find(db, world.organisations["A"], f"k{limits.BATCH}", MARK)
    assert known is not None
    assert (known.operation, known.written_at) == (ids[limits.BATCH], AT)
    assert json.loads(known.answer) == {"n": limits.BATCH}
    assert broken_laws(db) == {}


def test_nothing_to_enter_writes_nothing(db: Connection, world: World) -> None:
    assert enter(db, []) == []
    assert db.execute("SELECT count(*) FROM ledger.batch").fetchone() == (0,)


def test_a_key_is_found_with_what_it_was_used_for(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    assert entry.find(db, a, "k0", MARK) is None
    enter(db, deposits(world, 1))
    assert entry.find(db, world.operator, "k0", MARK) is None
    with pytest.raises(KeyReused):
        entry.find(db, a, "k0", entry.fingerprint("deposit", 2))
    with pytest.raises(KeyTaken):
        enter(db, deposits(world, 1))
    assert broken_laws(db) == {}


def test_a_key_that_was_reversed_before_it_came_is_not_used(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    with db.transaction():
        post(db, [Reversal(key="r", scope=a, original_key="k0")], AT)
    with pytest.raises(KeyReused):
        entry.find(db, a, "k0", MARK)
    assert broken_laws(db) == {}


def test_a_fingerprint_is_of_what_was_asked() -> None:
    assert entry.fingerprint("a", 1) == entry.fingerprint("a", 1)
    assert len({entry.fingerprint(*asked) for asked in (("a", 1), ("a", 2), ("b", 1), ("a",))}) == 4
