"""A sweep leaves what fails for the next one, and stops when the connection ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from tests.points.desk import Desk
from tests.teller.troubles import Admin, failing_first, terminate, wallet_locked
from tests.world import AT
from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.points.check import Rules
from tongbao.teller.sweep import Swept, seal_waiting, sweep

SOON = AT + timedelta(hours=1)
LATER = AT + timedelta(hours=2)


def hold(desk: Desk, count: int) -> list[tuple[int, int]]:
    """Hold points of so many members until soon; give each member with the hold."""
    members = [desk.rich(100) for _ in range(count)]
    return [(m, desk.hold("a", m, 50, expires_at=SOON).operation) for m in members]


def run(conn: Connection) -> Swept:
    return sweep(conn, Rules(), lambda: LATER)


def run_apart(connect: Callable[[], Connection]) -> Swept:
    with connect() as conn:
        return run(conn)


def test_what_fails_is_left_for_the_next_sweep(desk: Desk, admin: Admin) -> None:
    held = hold(desk, 3)
    member, operation = held[1]
    with failing_first(admin, f"expire-hold:{member}:{operation}", 1_000, "22012"):
        swept = run(desk.conn)
    assert (swept.posted["expire_hold"], swept.failed) == (2, {"DivisionByZero": 1})
    assert desk.balances(member).held == 50
    assert run(desk.conn).posted["expire_hold"] == 1
    assert [desk.balances(m).held for m, _ in held] == [0, 0, 0]


def test_a_sweep_that_loses_its_connection_says_so_and_the_next_one_finishes(
    desk: Desk, admin: Admin, url: str, connect: Callable[[], Connection]
) -> None:
    held = hold(desk, 2)
    with wallet_locked(url, held[0][0]), ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_apart, connect)
        terminate(admin)
        with pytest.raises((psycopg.OperationalError, DatabaseUnreachable)):
            running.result()
    assert run(desk.conn).posted["expire_hold"] == 2


def test_two_who_sweep_at_once_end_each_hold_once(
    desk: Desk, connect: Callable[[], Connection]
) -> None:
    held = hold(desk, 6)
    with ThreadPoolExecutor(3) as pool:
        swept = list(pool.map(run_apart, [connect] * 3))
    assert sum(one.posted["expire_hold"] for one in swept) == 6
    assert sum(one.failed.total() for one in swept) == 0
    assert all(desk.balances(member).available == 100 for member, _ in held)


def test_what_waits_is_sealed_and_then_nothing_is_left(desk: Desk) -> None:
    desk.rich()
    assert seal_waiting(desk.conn, lambda: LATER) > 0
    assert seal_waiting(desk.conn, lambda: LATER) == 0
