"""What closed windows had: as the journal says, and each summed once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.figures.test_days import award, purchase
from tests.liability.books import noon
from tests.world import build, one
from tongbao.alliance.types import Terms
from tongbao.clearing import windows as clearing
from tongbao.figures import windows
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.liability import triangle
from tongbao.liability.triangle import Cell
from tongbao.points import operations as ops

pytestmark = pytest.mark.postgres

ZONE = "Asia/Shanghai"


def live(db: Connection) -> None:
    """Let points be given in May, spent in June with a refund, and close both months' windows."""
    world = build(db, {name: Terms() for name in "AB"})
    one(db, award(world, "A", "a", 500_000), noon(2026, 5))
    with db.transaction():
        clearing.close(db, noon(2026, 5, 20))
    paid = one(db, purchase(world, "B", "p", 10_000, 3_000), noon(2026, 6))
    back = ops.Refund(
        key="r", scope=world.organisations["B"], original=paid.operation, amount=5_000
    )
    one(db, back, noon(2026, 6))
    with db.transaction():
        clearing.close(db, noon(2026, 6, 20))


def test_each_window_is_summed_once_and_as_the_journal_says(db: Connection) -> None:
    live(db)
    with db.transaction():
        assert windows.catch_up(db, ZONE, 1) == 1
        assert windows.catch_up(db, ZONE, 10) == 1
        assert windows.catch_up(db, ZONE, 10) == 0
    june, may = windows.newest(db, 10)
    assert (may.issued, may.redeemed, may.expired) == (5_000, 0, 0)
    assert june.redeemed == 1_500
    row = db.execute(
        "SELECT s.claimed, s.pairs FROM figures.window_sum AS s WHERE window_id = %s", [june.id]
    ).fetchone()
    assert row == (1_500, 1)


def test_what_became_of_each_months_points_is_what_the_triangle_reads(db: Connection) -> None:
    live(db)
    with db.transaction():
        windows.catch_up(db, ZONE, 10)
    summed = windows.cohorts(db)
    with db.transaction():
        read = dict(triangle.read(db, ZONE, date(2026, 6, 1)))[None]
    assert [Cell(issuer_id=None, **{n: getattr(c, n) for n in c.__struct_fields__})
            for c in summed] == read  # fmt: skip
    assert {(c.cohort.month, c.happened.month) for c in summed} == {(5, 5), (5, 6), (6, 6)}


def test_many_at_once_sum_a_window_once(db: Connection, database_url: str) -> None:
    live(db)

    def catch_up(_: int) -> int:
        with database.connect(Settings(database_url=database_url)) as conn, conn.transaction():
            return windows.catch_up(conn, ZONE, 10)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(catch_up, range(4))) == 2
    with db.transaction():
        read = dict(triangle.read(db, ZONE, date(2026, 6, 1)))[None]
    assert sum(c.given for c in windows.cohorts(db)) == sum(cell.given for cell in read)
