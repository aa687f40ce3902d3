"""Whatever has happened: positions sum to zero, regions net to the same, every leg is explained.

Random histories with refunds across windows, settlements by name, payments in parts, legs that fail
and money that comes back.
"""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.clearing.history import FREE, PARTIES, History, furnish, steps
from tests.copies import copied
from tests.world import AT, World, broken_laws
from tongbao.clearing import explain, homes, legs, positions, settlements, windows
from tongbao.clearing.net import multilateral, regional
from tongbao.kernel.db import Connection


@pytest.fixture(autouse=True)
def short_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show a failure soon: each attempt to shrink it posts to a database of its own."""
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", 30)


@pytest.fixture(scope="module")
def furnished(module_db: Connection) -> tuple[str, World]:
    """Give the name of a database with an alliance in it, for copies, and who is in it."""
    world = furnish(module_db)
    name = module_db.info.dbname
    module_db.close()
    return name, world


def check_windows(conn: Connection) -> None:
    for window in windows.newest(conn):
        moved = positions.nets(conn, window.id)
        assert sum(each.clearing + each.kept for each in moved) == 0
        with conn.transaction():
            owed = list(positions.owed(conn, window.id))
        flat = multilateral(owed)
        assert sum(flat.values()) == 0
        known = positions.flat(conn, window.id)
        everybody = known.keys() | flat.keys()
        assert all(known.get(who, 0) == flat.get(who, 0) for who in everybody)
        by_region = regional(owed, homes.of_window(conn, window.id))
        assert by_region.total == dict(sorted(flat.items()))
        for each in moved:
            lines = explain.lines(conn, each.organisation_id, window.id)
            assert sum(line.amount for line in lines) == each.clearing
            for line in lines:
                found = explain.singles(
                    conn, each.organisation_id, window.id, line.kind, line.counterparty_id
                )
                assert sum(single.amount for single in found) == line.amount
                assert len(found) == line.operations


def check_legs(conn: Connection) -> None:
    for made in settlements.listed(conn):
        for leg in settlements.legs(conn, made.id):
            said = explain.explain_leg(conn, made.id, leg.organisation_id)
            moved = sum(part.amount for part in said.windows)
            assert said.carried_over + said.otherwise + moved == leg.amount
            for part in said.windows:
                assert sum(line.amount for line in part.lines) == part.amount


def finish(history: History) -> None:
    """Settle and pay whatever is left, until nobody owes anything."""
    history.close()
    for leg in history.legs("rejected"):
        with history.conn.transaction():
            legs.fail_leg(
                history.conn, leg.settlement_id, leg.organisation_id, reason="x", by="Wu", at=AT
            )
    for _ in range(2):
        while history.legs("instructed", "partly_paid"):
            history.pay(0, 100)
        history.settle(set(PARTIES))
    left = history.conn.execute(
        "SELECT count(*) FROM ledger.account WHERE kind = 'clearing' AND balance <> 0"
    ).fetchone()
    assert left == (0,)


def run(server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]) -> None:
    name, world = furnished
    with copied(server_url, name) as conn:
        history = History(conn, world)
        for step in taken:
            history.take(step)
        check_windows(conn)
        check_legs(conn)
        finish(history)
        check_legs(conn)
        assert broken_laws(conn) == {}


@settings(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=FREE
)
@given(steps)
def test_a_random_history_adds_up(
    server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]
) -> None:
    run(server_url, furnished, taken)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@settings(max_examples=300, deadline=None, suppress_health_check=FREE)
@given(steps)
def test_many_random_histories_add_up(
    server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]
) -> None:
    run(server_url, furnished, taken)
