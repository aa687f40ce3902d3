"""Random histories for tests: sales, refunds across windows, settlements, payments in parts."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st

from tests.clearing.desk import approve, book, close, instruct, propose
from tests.points.desk import TERMS
from tests.world import AT, World, build, one
from tongbao.clearing import booking, legs, settlements, windows
from tongbao.clearing.types import Leg
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome

PEOPLE = 4
PARTIES = ("a", "c", "prepaid", "split", "fee", "below", "far_bj")

FREE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""What a test that posts has to be let off."""

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


def furnish(conn: Connection) -> World:
    """Build the alliance of the histories."""
    return build(conn, {name: TERMS[name] for name in PARTIES}, PEOPLE)


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
