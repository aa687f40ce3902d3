"""Windows: one open, none lost, nothing in a closed one afterwards."""

import threading
from datetime import timedelta

import pytest

from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import positions, windows
from tongbao.clearing.windows import WindowNotFound
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Purchase, Refund

CLOSES = 16
POSTERS = 8
CROWD = 16
MINUTES = 3


def close(conn: Connection) -> int:
    with conn.transaction():
        return windows.close(conn, AT).id


def test_closing_opens_the_next(db: Connection) -> None:
    first = windows.current(db)
    later = first.opened_at + timedelta(hours=1)
    with db.transaction():
        closed = windows.close(db, later)
    assert (closed.id, closed.opened_at, closed.closed_at) == (first.id, first.opened_at, later)
    opened = windows.current(db)
    assert (opened.opened_at, opened.closed_at) == (later, None)
    assert windows.get(db, closed.id) == closed
    assert [window.id for window in windows.newest(db)] == [opened.id, closed.id]
    assert windows.newest(db, before=opened.id, limit=5) == [closed]


def test_a_clock_that_lags_behind_closes_a_window_no_earlier_than_it_opened(
    db: Connection,
) -> None:
    opened_at = windows.current(db).opened_at
    with db.transaction():
        closed = windows.close(db, opened_at - timedelta(hours=1))
    assert closed.closed_at == windows.current(db).opened_at == opened_at


@pytest.mark.parametrize("window", [0, -1, 99, 2**31, 2**70])
def test_a_window_that_is_not_there_is_not_found(db: Connection, window: int) -> None:
    with pytest.raises(WindowNotFound):
        windows.get(db, window)


def test_a_refund_counters_in_the_window_open_now_and_leaves_the_closed_one(
    db: Connection,
) -> None:
    world = build(db, {"A": Terms(), "B": Terms()})
    member, (a, b) = world.members[0], world.organisations.values()
    at_a, at_b = world.outlets.values()
    one(db, Award(key="1", scope=a, member=member, outlet=at_a, points=900))
    paid = Purchase(key="2", scope=b, member=member, outlet=at_b, amount=900, points=900)
    sale = one(db, paid)
    first = close(db)
    back = one(db, Refund(key="3", scope=b, original=sale.operation))
    assert (sale.window, back.window) == (first, first + 1)
    rows = db.execute("SELECT window_id, claimed, countered FROM ledger.claim ORDER BY 1")
    assert rows.fetchall() == [(first, 900, 0), (first + 1, 0, 900)]
    assert broken_laws(db) == {}


class Load:
    """Many who award and spend at once, each on a connection of its own."""

    def __init__(self, url: str, world: World, posters: int) -> None:
        self.url = url
        self.world = world
        self.stop = threading.Event()
        self.claimed = [0] * posters
        self.faults: list[BaseException] = []
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(posters)]

    def run(self, n: int) -> None:
        try:
            with database.connect(self.url) as conn:
                count = 0
                while not self.stop.is_set():
                    count += 1
                    self.claimed[n] += self.post(conn, n, f"{n}:{count}")
        except BaseException as fault:  # noqa: BLE001 - shown by the test
            self.faults.append(fault)

    def post(self, conn: Connection, n: int, key: str) -> int:
        """Post an award and a purchase; give what was claimed, once it is committed."""
        world = self.world
        names = list(world.organisations)
        issuer, redeemer = names[n % len(names)], names[(n + 1) % len(names)]
        member = world.members[n]
        outcomes = do(
            conn,
            [
                Award(
                    key=f"a{key}", scope=world.organisations[issuer], member=member,
                    outlet=world.outlets[issuer], points=100 + n,
                ),
                Purchase(
                    key=f"p{key}", scope=world.organisations[redeemer], member=member,
                    outlet=world.outlets[redeemer], amount=100 + n, points=100 + n,
                ),
            ],
        )  # fmt: skip
        assert [outcome.status for outcome in outcomes] == ["posted", "posted"]
        return sum(claim.amount for claim in outcomes[1].claims)


def sums(conn: Connection, window: int) -> list[tuple[object, ...]]:
    """Give what the claims and the movements of a window are."""
    queries = (
        b"SELECT issuer_id, redeemer_id, claimed FROM ledger.claim",
        b"SELECT organisation_id, kind, net FROM ledger.window_movement",
    )
    return [
        row
        for query in queries
        for row in conn.execute(query + b" WHERE window_id = %s ORDER BY 1, 2", (window,))
    ]


def close_under_load(
    db: Connection, url: str, posters: int, closes: int, every: float
) -> dict[int, list[tuple[object, ...]]]:
    """Close windows while many post; give what each was when it was closed.

    Nothing is lost, nothing comes late, and whatever moved in a window sums to zero.
    """
    world = build(db, {"A": Terms(credit_limit=10**12), "B": Terms(), "C": Terms()}, posters)
    load = Load(url, world, posters)
    seen: dict[int, list[tuple[object, ...]]] = {}
    for thread in load.threads:
        thread.start()
    try:
        for _ in range(closes):
            load.stop.wait(every)
            with db.transaction():
                window = windows.close(db, AT).id
                seen[window] = sums(db, window)  # the close sees all that will ever be in it
    finally:
        load.stop.set()
        for thread in load.threads:
            thread.join()
    assert load.faults == []
    assert len(seen) == closes
    assert {window: sums(db, window) for window in seen} == seen
    for window in seen:
        moved = positions.nets(db, window)
        assert sum(one.clearing + one.kept for one in moved) == 0
    claimed = db.execute("SELECT sum(claimed)::bigint FROM ledger.claim").fetchone()
    assert claimed == (sum(load.claimed),)
    assert broken_laws(db) == {}
    return seen


def test_closing_under_load_loses_no_claim_and_lets_none_in_afterwards(
    db: Connection, database_url: str
) -> None:
    seen = close_under_load(db, database_url, POSTERS, CLOSES, 0.1)
    assert sum(1 for found in seen.values() if found) >= CLOSES // 2, "there was hardly any load"


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES + 1_200)
def test_closing_every_second_for_minutes_under_sixteen_who_post(
    db: Connection, database_url: str
) -> None:
    seen = close_under_load(db, database_url, CROWD, 60 * MINUTES, 1)
    assert all(seen.values()), "a window without any claim"
    print(f"{len(seen)} windows")
