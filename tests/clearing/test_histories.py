"""Whatever has happened: positions sum to zero, regions net to the same, every leg is explained.

Random histories with refunds across windows, settlements by name, payments in parts, legs that fail
and money that comes back.
"""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clearing.desk import approve, book, close, instruct, propose
from tests.copies import copied
from tests.points.desk import TERMS
from tests.world import AT, World, broken_laws, build, one
from tongbao.clearing import booking, explain, homes, legs, positions, settlements, windows
from tongbao.clearing.net import multilateral, regional
from tongbao.clearing.types import Leg
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome

PEOPLE = 4
PARTIES = ("a", "c", "prepaid", "split", "fee", "below", "far_bj")

parties, people = st.sampled_from(PARTIES), st.integers(0, PEOPLE - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("award"), parties, people, st.integers(100, 9_000)),
        st.tuples(st.just("award"), parties, people, st.integers(100, 9_000)),
        st.tuples(st.just("buy"), parties, people, st.integers(1, 5_000)),
        st.tuples(st.just("buy"), parties, people, st.integers(1, 5_000)),
        st.tuples(st.just("refund"), st.integers(0, 9), st.integers(1, 100)),
        st.tuples(st.just("close")),
        st.tuples(st.just("settle"), st.sets(parties, min_size=1)),
        st.tuples(st.just("pay"), st.integers(0, 9), st.integers(1, 100)),
        st.tuples(st.just("fail"), st.integers(0, 9)),
        st.tuples(st.just("back"), st.integers(0, 9), st.integers(1, 100)),
    ),
    min_size=12,
    max_size=40,
)


@pytest.fixture(autouse=True)
def short_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show a failure soon: each attempt to shrink it posts to a database of its own."""
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", 30)


@pytest.fixture(scope="module")
def furnished(module_db: Connection) -> tuple[str, World]:
    """Give the name of a database with an alliance in it, for copies, and who is in it."""
    world = build(module_db, {name: TERMS[name] for name in PARTIES}, PEOPLE)
    name = module_db.info.dbname
    module_db.close()
    return name, world


class History:
    """An alliance that takes steps, as far as they make sense."""

    def __init__(self, conn: Connection, world: World) -> None:
        self.conn = conn
        self.world = world
        self.sales: list[Outcome] = []
        self.keys = count(1)

    def take(self, step: tuple[Any, ...]) -> None:
        getattr(self, step[0])(*step[1:])

    def where(self, name: str, who: int) -> dict[str, Any]:
        return {
            "key": f"k{next(self.keys)}", "scope": self.world.organisations[name],
            "outlet": self.world.outlets[name], "member": self.world.members[who],
        }  # fmt: skip

    def award(self, name: str, who: int, points: int) -> None:
        one(self.conn, ops.Award(**self.where(name, who), points=points))

    def buy(self, name: str, who: int, points: int) -> None:
        sale = one(
            self.conn, ops.Purchase(**self.where(name, who), amount=points + 500, points=points)
        )
        if sale.status == "posted":
            self.sales.append(sale)

    def refund(self, nth: int, share: int) -> None:
        if self.sales:
            sale = self.sales[nth % len(self.sales)]
            amount = max(1, (sale.spent + sale.cash) * share // 100)
            key = f"k{next(self.keys)}"
            scope = self.world.operator
            one(self.conn, ops.Refund(key=key, scope=scope, original=sale.operation, amount=amount))

    def close(self) -> None:
        close(self.conn)

    def settle(self, names: set[str]) -> None:
        if windows.newest_closed(self.conn) is not None:
            named = [self.world.organisations[name] for name in names]
            made = propose(self.conn, organisations=named)
            if made.state == "proposed":
                approve(self.conn, made.id)
                instruct(self.conn, made.id)

    def legs(self, *states: str) -> list[Leg]:
        return [
            leg
            for made in settlements.listed(self.conn)
            for leg in settlements.legs(self.conn, made.id)
            if leg.state in states
        ]

    def pay(self, nth: int, share: int) -> None:
        found = self.legs("instructed", "partly_paid")
        if found:
            leg = found[nth % len(found)]
            amount = max(1, leg.left * share // 100)
            book(self.conn, leg.settlement_id, leg.organisation_id, amount, f"r{next(self.keys)}")

    def fail(self, nth: int) -> None:
        found = self.legs("instructed", "partly_paid", "rejected")
        if found:
            leg = found[nth % len(found)]
            with self.conn.transaction():
                legs.fail_leg(
                    self.conn, leg.settlement_id, leg.organisation_id,
                    reason="no answer", by="Wu", at=AT,
                )  # fmt: skip

    def back(self, nth: int, share: int) -> None:
        found = [leg for leg in self.legs("partly_paid", "paid", "rejected", "failed") if leg.paid]
        if found:
            leg = found[nth % len(found)]
            with self.conn.transaction():
                booking.return_payment(
                    self.conn, leg.settlement_id, leg.organisation_id,
                    max(1, leg.paid * share // 100), reference=f"b{next(self.keys)}",
                    reason="returned", at=AT,
                )  # fmt: skip


def check_windows(conn: Connection) -> None:
    for window in windows.newest(conn):
        moved = positions.nets(conn, window.id)
        assert sum(each.clearing + each.kept for each in moved) == 0
        owed = positions.owed(conn, window.id)
        flat = multilateral(owed)
        assert sum(flat.values()) == 0
        by_region = regional(owed, homes.of(conn, flat))
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


FREE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


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
