"""Summing: each closed window once, in order, whoever asks and whatever happens meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.clearing.desk import EXAMPLE, close, window_of
from tests.statements.day import two_windows
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.ledger.movements import MOVEMENTS, M
from tongbao.statements import summing
from tongbao.statements.items import ACCOUNTS, CLAIMED, ITEMS, KINDS, ORDER, REDEEMED, concerned
from tongbao.statements.writing import FEE_VAT

TABLES = ("summed", "line", "accepted", "closing")


def sums(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Give all that is summed."""
    return {
        table: sorted(conn.execute(f"SELECT * FROM statements.{table}".encode()).fetchall())
        for table in TABLES
    }


def sum_all(conn: Connection, through: int = 2**31 - 1) -> list[int]:
    with conn.transaction():
        return summing.sum_windows(conn, FEE_VAT, through)


@pytest.fixture
def world(db: Connection) -> World:
    return two_windows(db)


def test_every_movement_of_an_organisation_becomes_a_line() -> None:
    known = {*ITEMS, *REDEEMED, *CLAIMED}
    assert {movement for movement in M if concerned(movement)} == known
    for movement, items in ITEMS.items():
        rule = MOVEMENTS[movement]
        ends = [(True, rule.from_kind), (False, rule.to_kind)]
        assert [(item.gives, item.account) for item in items] == [
            (gives, KINDS[kind])
            for gives, kind in ends
            if kind in KINDS and (movement, gives) != (M.CLAIM_RESERVE, False)
        ] or movement is M.CLAIM_RESERVE
    assert list(dict.fromkeys(account for account, _ in ORDER)) == list(ACCOUNTS)


def test_a_window_is_summed_once(db: Connection, world: World) -> None:
    assert sum_all(db, through=1) == [1]
    first = sums(db)
    assert sum_all(db) == [2]
    both = sums(db)
    assert sum_all(db) == []
    assert sums(db) == both
    for table in TABLES:
        assert set(first[table]) < set(both[table])


def test_one_by_one_or_all_together_comes_to_the_same(
    db: Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(force_rollback=True):
        summing.sum_windows(db, FEE_VAT)
        together = sums(db)
    monkeypatch.setattr(summing, "PASS", 1)
    sum_all(db)
    assert sums(db) == together


def test_many_who_sum_at_once_sum_once(db: Connection, world: World, database_url: str) -> None:
    def work(_: int) -> list[int]:
        with database.connect(database_url) as conn:
            return sum_all(conn)

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(work, range(6)))
    assert found == [[], [], [], [], [], [1, 2]]
    assert broken_laws(db) == {}


def test_what_is_undone_leaves_nothing_and_the_same_call_finishes(
    db: Connection, world: World
) -> None:
    with db.transaction(force_rollback=True):
        assert summing.sum_windows(db, FEE_VAT) == [1, 2]
    assert sums(db) == {table: [] for table in TABLES}
    assert sum_all(db) == [1, 2]


def test_an_open_window_is_never_summed(db: Connection) -> None:
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    assert sum_all(db) == []
    window_of(db, world, EXAMPLE)
    assert sum_all(db, through=9) == [1]


def test_an_empty_window_begins_where_the_one_before_did(db: Connection) -> None:
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    window_of(db, world, EXAMPLE)
    close(db)
    window_of(db, world, EXAMPLE, "again")
    assert sum_all(db) == [1, 2, 3]
    seen = [row[1] for row in sums(db)["summed"]]
    assert seen[0] == seen[1] < seen[2]
    position = db.execute(
        "SELECT position FROM statements.closing WHERE organisation_id = %s ORDER BY window_id",
        (world.organisations["C"],),
    ).fetchall()
    assert position == [(67_000,), (134_000,)]


@pytest.mark.parametrize("table", TABLES)
def test_sums_are_never_changed(db: Connection, world: World, table: str) -> None:
    sum_all(db)
    with pytest.raises(psycopg.Error):
        db.execute(f"DELETE FROM statements.{table}".encode())
