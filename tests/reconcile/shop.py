"""A shop: points of A spent at B's outlets, and the file that B's till writes of the day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.world import AT, build, one
from tongbao.alliance import outlets
from tongbao.alliance.types import NewOutlet, Terms
from tongbao.clearing.calendar import Cutover
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome
from tongbao.reconcile import till
from tongbao.reconcile.till_file import How
from tongbao.reconcile.types import Asked, Difference, Reconciliation

DAY = date(2026, 5, 1)
SHANGHAI = Cutover(ZoneInfo("Asia/Shanghai"))
EVENING = AT + timedelta(hours=11, minutes=55)
"""23:55 on the day in Shanghai; the world begins at noon."""


class Shop:
    """Post at B's tills, and reconcile what they say. Each receipt is a key, as tills do it."""

    def __init__(self, conn: Connection, folder: Path) -> None:
        self.conn = conn
        self.folder = folder
        self.world = build(
            conn, {"A": Terms(earn_rate=0), "B": Terms(earn_rate=10_000, acceptance_fee=20_000)}
        )
        self.a, self.b = self.world.organisations["A"], self.world.organisations["B"]
        first = outlets.get(conn, self.world.outlets["B"])
        second = NewOutlet(
            code="B2", name="B2", organisation_id=self.b, site_id=first.site_id, format="cinema"
        )
        self.outlets = {"B": first.id, "B2": outlets.add(conn, second).id}
        self.member = self.world.members[0]
        self.numbers = count(1)
        given = ops.Award(
            key="given", scope=self.a, member=self.member, outlet=self.world.outlets["A"],
            points=1_000_000,
        )  # fmt: skip
        self.post(given)

    def post(self, operation: ops.Operation, at: datetime = AT) -> Outcome:
        """Post one operation; it must not be refused."""
        outcome = one(self.conn, operation, at)
        assert outcome.refusal is None, outcome
        return outcome

    def buy(
        self, receipt: str, points: int = 500, amount: int = 1_000, outlet: str = "B", **more: Any
    ) -> Outcome:
        """Pay a bill with points and cash, under the key of the receipt."""
        at = more.pop("at", AT)
        bought = ops.Purchase(
            key=more.pop("key", f"sale:{outlet}:{receipt}"), scope=self.b, member=self.member,
            outlet=self.outlets[outlet], amount=amount, points=points, reference=receipt, **more,
        )  # fmt: skip
        return self.post(bought, at)

    def earn(self, receipt: str, amount: int = 10_000, outlet: str = "B", **more: Any) -> Outcome:
        """Award points for a sale."""
        at = more.pop("at", AT)
        earned = ops.Award(
            key=more.pop("key", f"sale:{outlet}:{receipt}"), scope=self.b, member=self.member,
            outlet=self.outlets[outlet], amount=amount, reference=receipt, **more,
        )  # fmt: skip
        return self.post(earned, at)

    def refund(self, receipt: str, original: Outcome, amount: int | None = None) -> Outcome:
        """Take back a part of a sale, or what is left of it."""
        back = ops.Refund(
            key=f"return:B:{receipt}", scope=self.b, original=original.operation, amount=amount,
            reference=receipt,
        )  # fmt: skip
        return self.post(back)

    def reverse(self, key: str, at: datetime = AT) -> Outcome:
        """Undo what a key did."""
        undone = ops.Reversal(key=f"undo:{next(self.numbers)}", scope=self.b, original_key=key)
        return self.post(undone, at)

    def write(self, *lines: str, header: str = "receipt,outlet,kind,amount,points") -> Path:
        """Write a file as a till does, amounts in yuan."""
        path = self.folder / f"till-{next(self.numbers)}.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    def reconcile(self, path: Path, at: datetime = EVENING, **more: Any) -> Reconciliation:
        """Compare a file with the ledger, in a transaction of its own."""
        how = How(**{name: more.pop(name) for name in tuple(more) if name in How.__struct_fields__})
        asked: dict[str, Any] = {
            "organisation_id": self.b,
            "day": DAY,
            "by": "Chen Jing",
            "cutover": SHANGHAI,
        }
        with self.conn.transaction():
            return till.reconcile(self.conn, path, Asked(**asked | more), at, how)

    def differ(self, *lines: str, **more: Any) -> list[tuple[str, str]]:
        """Give what differs between these lines and the ledger, as codes and labels."""
        made = self.reconcile(self.write(*lines, **more))
        return [(d.code, d.label) for d in self.differences(made)]

    def differences(self, made: Reconciliation) -> Sequence[Difference]:
        """Give the differences of a reconciliation."""
        return till.differences(self.conn, made.id)
