"""A desk: a small alliance with every kind of contract, and short words for posting to it."""

from datetime import datetime
from itertools import count
from typing import Any

from tests.world import AT, World, build, do
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points import operations as ops
from tongbao.points.outcome import Balances, Outcome

TERMS = {
    "a": Terms(),
    "b": Terms(),
    "c": Terms(acceptance_fee=20_000),
    "nothing": Terms(earn_rate=0),
    "months": Terms(expiry_months=1),
    "prepaid": Terms(prepaid_share=1_000_000, expiry_months=1),
    "split": Terms(prepaid_share=400_000),
    "keeps": Terms(prepaid_share=1_000_000, expiry_months=1, breakage_to="operator"),
    "fee": Terms(issue_fee=30_000),
    "below": Terms(reimbursement=900_000, earn_rate=0),
    "tight": Terms(credit_limit=10_000, earn_rate=1_000_000),
    "step": Terms(earn_step=10_000, earn_rate=50_000),
    "total": Terms(earn_on="total"),
    "cafe": Terms(earn_rate=0),
    "far_bj": Terms(earn_rate=0),
}
"""What the organisations have agreed to. ``nothing``, ``below``, ``cafe`` and ``far_bj`` are
good for spending at: they reward nothing, so that balances are easy to follow."""


class Desk:
    """An alliance with its connection; every operation gets a key of its own.

    ``member()`` gives somebody whom no other test has seen.
    """

    def __init__(self, conn: Connection, people: int = 120) -> None:
        self.conn = conn
        self.world: World = build(conn, TERMS, people)
        self.operator = self.world.operator
        self._keys = count(1)
        self._unseen = iter(self.world.members)

    def key(self) -> str:
        return f"k{next(self._keys)}"

    def member(self) -> int:
        return next(self._unseen)

    def org(self, name: str) -> int:
        return self.world.organisations[name]

    def outlet(self, name: str) -> int:
        return self.world.outlets[name]

    def post(self, *operations: ops.Operation, at: datetime = AT) -> list[Outcome]:
        return do(self.conn, operations, at)

    def one(self, operation: ops.Operation, at: datetime = AT) -> Outcome:
        return self.post(operation, at=at)[0]

    def at(self, kind: Any, name: str, **fields: Any) -> Any:
        """Make an operation at the outlet of an organisation, by that organisation."""
        return kind(
            **{"key": self.key(), "scope": self.org(name), "outlet": self.outlet(name)} | fields
        )

    def by(self, kind: Any, name: str | None = None, **fields: Any) -> Any:
        """Make an operation without an outlet, by an organisation or by the operator."""
        scope = self.operator if name is None else self.org(name)
        return kind(**{"key": self.key(), "scope": scope} | fields)

    def award(self, name: str, member: int, points: int, **fields: Any) -> Outcome:
        return good(self.one(self.at(ops.Award, name, member=member, points=points, **fields)))

    def buy(self, name: str, member: int, amount: int, points: int, **fields: Any) -> Outcome:
        fields = {"member": member, "amount": amount, "points": points} | fields
        return good(self.one(self.at(ops.Purchase, name, **fields)))

    def hold(self, name: str, member: int, points: int, **fields: Any) -> Outcome:
        return good(self.one(self.at(ops.Hold, name, member=member, points=points, **fields)))

    def refund(self, name: str, original: Outcome, at: datetime = AT, **fields: Any) -> Outcome:
        fields = {"original": original.operation} | fields
        return self.one(self.by(ops.Refund, name, **fields), at)

    def rich(self, points: int = 10_000, name: str = "a") -> int:
        """Give a member with points of one organisation."""
        member = self.member()
        self.award(name, member, points)
        return member

    def balances(self, member: int) -> Balances:
        """Read a member's balances from the accounts."""
        rows = self.conn.execute(
            "SELECT kind, balance FROM ledger.account WHERE owner_id = %s", (member,)
        )
        held: dict[str, int] = dict(iter(rows))
        return Balances(
            held.get("wallet", 0),
            held.get("held", 0),
            held.get("pending", 0),
            -held.get("owing", 0),
        )

    def account(self, name: str, kind: str) -> int:
        """Read the balance of an organisation's account (``operator``: the operator's)."""
        owner = self.operator if name == "operator" else self.org(name)
        row = self.conn.execute(
            "SELECT balance FROM ledger.account WHERE owner_id = %s AND kind = %s", (owner, kind)
        ).fetchone()
        assert row is not None
        return int(row[0])

    def lots(self, member: int) -> list[tuple[str, int, int, int, int]]:
        """List a member's open lots: issuer, available, held, pending, reserve, oldest first."""
        names = {owner: name for name, owner in self.world.organisations.items()}
        rows = self.conn.execute(
            "SELECT issuer_id, available, held, pending, reserve FROM ledger.lot"
            " WHERE owner_id = %s AND open ORDER BY id",
            (member,),
        )
        return [(names[row[0]], *row[1:]) for row in rows]

    def moved(self, outcome: Outcome) -> list[tuple[str, str, str, int]]:
        """List an operation's transfers as movement, from, to, amount, in words."""
        names = {owner: name for name, owner in self.world.organisations.items()}
        names[self.operator] = "operator"
        rows = self.conn.execute(
            "SELECT m.name, t.from_owner, t.to_owner, t.amount FROM ledger.transfer AS t"
            " INNER JOIN ledger.movement AS m ON t.movement = m.id"
            " WHERE t.operation_id = %s ORDER BY t.n",
            (outcome.operation,),
        )
        return [(n, names.get(f, "member"), names.get(t, "member"), a) for n, f, t, a in rows]

    def claims(self, outcome: Outcome) -> list[tuple[str, str, int]]:
        """List an outcome's claims as issuer, redeemer, amount, in words."""
        names = {owner: name for name, owner in self.world.organisations.items()}
        return [(names[c.issuer], names[c.redeemer], c.amount) for c in outcome.claims]


def undo(desk: Desk, original: ops.Operation) -> ops.Reversal:
    """Make the reversal of an operation, by its caller."""
    reversal: ops.Reversal = ops.Reversal(
        key=desk.key(), scope=original.scope, original_key=original.key
    )
    return reversal


def good(outcome: Outcome) -> Outcome:
    """Give an outcome that was posted."""
    assert outcome.status == "posted", outcome
    return outcome


def code(outcome: Outcome) -> str | None:
    """Give the code an operation was refused with."""
    return None if outcome.refusal is None else outcome.refusal.code


def slices(outcome: Outcome) -> list[int]:
    """Give the points of the lots an operation moved, in their order."""
    return [part.points for part in outcome.lots]
