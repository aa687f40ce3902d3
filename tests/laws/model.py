"""A small model of points, written from the rules and not from the product.

It knows lots, holds, debts and positions as plain Python objects, does one operation at a time,
and says what the answer must be. All contracts are at par and without fees; a lot's scope is the
one organisation it may be spent at.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from tests.laws.nouns import NEVER, Done, Expected, Held, Lot, No, State, Terms
from tongbao.points import operations as ops


class Model:
    """The rules of points for the organisations in ``terms`` (by id)."""

    def __init__(self, operator: int, outlets: dict[int, int], terms: dict[int, Terms]) -> None:
        self.operator, self.outlets, self.terms = operator, outlets, terms
        blocks = {owner: known.block for owner, known in terms.items() if known.block is not None}
        self.state = State(position=dict.fromkeys(terms, 0) | blocks, block=blocks)
        self.keys: dict[tuple[int, str], tuple[ops.Operation | None, Expected, int]] = {}
        self.at = NEVER

    def apply(self, op: Any, operation: int, at: datetime) -> tuple[Expected, bool]:
        """Do one operation; give the answer expected, and whether it must be a replay."""
        known = self.keys.get((op.scope, op.key))
        if known is not None:
            if known[0] is not None and known[0] != op:
                return Expected("key-reused", "refused"), False
            return known[1], True
        self.at = at
        saved = deepcopy(self.state)
        rule: Callable[[Any, int], Expected] = getattr(self, op.__struct_config__.tag)
        try:
            expected = rule(op, operation)
        except No as refusal:
            self.state = saved
            expected = Expected(str(refusal), "refused")
        self.keys[op.scope, op.key] = op, expected, operation
        return expected, False

    # what can be asked of it

    def balances(self, member: int) -> tuple[int, int, int, int]:
        """Give what is available, held, pending and owing."""
        mine = [lot for lot in self.state.lots if lot.owner == member]
        owing = sum(n for (owner, _), n in self.state.owing.items() if owner == member)
        sums = (sum(getattr(lot, f) for lot in mine) for f in ("available", "held", "pending"))
        return (*sums, owing)

    def by_issuer(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """Give available, held and pending points by member and issuer, where there are any."""
        found: dict[tuple[int, int], tuple[int, int, int]] = {}
        for lot in self.state.lots:
            a, h, p = found.get((lot.owner, lot.issuer), (0, 0, 0))
            found[lot.owner, lot.issuer] = (a + lot.available, h + lot.held, p + lot.pending)
        return {pair: sums for pair, sums in found.items() if any(sums)}

    # who and what

    def active(self, member: int) -> int:
        if member in self.state.ended:
            into = self.state.ended[member]
            raise No("member-not-active" if into is None else "member-merged")
        return member

    def spender(self, member: int) -> int:
        self.active(member)
        if member in self.state.locked:
            raise No("spend-locked")
        return member

    def living(self, member: int) -> int:
        """Follow merges to the membership that lives."""
        while self.state.ended.get(member) is not None:
            member = self.state.ended[member] or 0
        return member

    def own_hold(self, hold: int, scope: int) -> Held:
        found = self.state.holds.get(hold)
        if found is None or scope not in (found.organisation, self.operator):
            raise No("hold-not-found")
        return found

    def original(self, operation: int, scope: int) -> Done:
        found = self.state.done.get(operation)
        if found is None or scope not in (found.organisation, self.operator):
            raise No("operation-not-found")
        return found

    # lots

    def new_lot(self, owner: int, like: Lot | None = None, **fields: Any) -> Lot:
        self.state.numbers += 1
        old: dict[str, Any] = {"earned": self.at, "expires": NEVER, "release": None, "only": None}
        if like is not None:
            old = {name: getattr(like, name) for name in (*old, "issuer")}
        lot = Lot(self.state.numbers, owner, **old | fields)
        self.state.lots.append(lot)
        return lot

    def spendable(self, member: int, where: int | None) -> Iterator[Lot]:
        mine = [lot for lot in self.state.lots if lot.owner == member and lot.available]
        for lot in sorted(mine, key=lambda x: (x.expires, x.earned, x.number)):
            if lot.expires > self.at and (where is None or lot.only in (None, where)):
                yield lot

    def choose(self, member: int, where: int | None, points: int, up_to: bool) -> Any:
        taken = []
        for lot in self.spendable(member, where):
            part = min(lot.available, points)
            points -= part
            if part:
                taken.append((lot, part))
        if points and not up_to:
            raise No("insufficient-points")
        return taken

    def claim(self, issuer: int, redeemer: int, amount: int) -> None:
        self.state.position[issuer] -= amount
        self.state.position[redeemer] += amount

    def home(self, lot: Lot, points: int) -> None:
        """Let the money behind points that made no claim go back into the issuer's block."""
        if lot.issuer in self.state.block:
            self.state.block[lot.issuer] += points

    def buy_block(self, issuer: int, money: int) -> None:
        """Let an issuer pay in advance; its position counts what is in the block."""
        self.state.block[issuer] += money
        self.state.position[issuer] += money

    def spend(self, taken: list[tuple[Lot, int]], where: int, source: str = "available") -> int:
        for lot, part in taken:
            setattr(lot, source, getattr(lot, source) - part)
            self.claim(lot.issuer, where, part)
            if lot.issuer == where:
                self.home(lot, part)
        return sum(part for _, part in taken)

    # issuing

    def issue(self, member: int, issuer: int, points: int, **fields: Any) -> Lot | None:
        if not points:
            return None
        pending = fields.get("release") is not None
        debts = [] if pending else self.debts(member)
        left, repaid, others = points, [], 0
        for creditor, amount in debts:
            part = min(amount, left)
            left -= part
            repaid.append((creditor, part))
            others += part if creditor != issuer else 0
        limit = self.terms[issuer].limit
        if limit is not None:
            debt = max(0, others - self.state.position[issuer])
            if limit - debt - max(0, self.circulation(issuer) + left) < 0:
                raise No("headroom-exceeded")
        if issuer in self.state.block:
            if left > self.state.block[issuer]:
                raise No("prepaid-exhausted")
            self.state.block[issuer] -= left
        self.repay(member, issuer, repaid)
        if not left:
            return None
        lot = self.new_lot(member, issuer=issuer, **fields)
        setattr(lot, "pending" if pending else "available", left)
        return lot

    def circulation(self, issuer: int) -> int:
        return sum(x.available + x.held + x.pending for x in self.state.lots if x.issuer == issuer)

    def debts(self, member: int) -> list[tuple[int, int]]:
        mine = [(c, n) for (owner, c), n in self.state.owing.items() if owner == member and n]
        return sorted(mine)

    def repay(self, member: int, issuer: int, parts: list[tuple[int, int]]) -> None:
        for creditor, part in parts:
            self.state.owing[member, creditor] -= part
            self.claim(issuer, creditor, part)

    def sell(self, kind: str, operation: int, member: int, where: int,
             taken: list[tuple[Lot, int]], points: int, cash: int) -> Expected:  # fmt: skip
        """Reward a sale and remember it, with what was spent of each lot."""
        spent: dict[Lot, int] = {}
        for used, part in taken:
            spent[used] = spent.get(used, 0) + part
        base = points + cash if self.terms[where].earns_on_points else cash
        earned, lot, withheld = base * self.terms[where].per_cent // 100, None, None
        try:
            lot = self.issue(member, where, earned)
        except No as refusal:
            earned, withheld = 0, str(refusal)
        self.state.done[operation] = Done(
            kind, member, where, points + cash, points, base, earned, lot, list(spent.items())
        )
        return Expected(spent=points, earned=earned, withheld=withheld)

    # the operations

    def award(self, op: ops.Award, operation: int) -> Expected:
        where = self.outlets[op.outlet]
        self.active(op.member)
        assert op.points is not None
        only = op.limited_to.organisations[0] if op.limited_to else None
        expires = op.expires_at or NEVER
        lot = self.issue(
            op.member, where, op.points, expires=expires, release=op.release_at, only=only
        )
        amount = op.amount or op.points
        self.state.done[operation] = Done(
            "award", op.member, where, amount, 0, amount, op.points, lot
        )
        return Expected(earned=op.points)

    def purchase(self, op: ops.Purchase, operation: int) -> Expected:
        where = self.outlets[op.outlet]
        member = self.spender(op.member) if op.points else self.active(op.member)
        if op.points > op.amount and not op.up_to:
            raise No("points-exceed-amount")
        taken = self.choose(member, where, min(op.points, op.amount), op.up_to)
        points = self.spend(taken, where)
        return self.sell("purchase", operation, member, where, taken, points, op.amount - points)

    def hold(self, op: ops.Hold, operation: int) -> Expected:
        where, member = self.outlets[op.outlet], self.spender(op.member)
        taken = self.choose(member, where, op.points, op.up_to)
        if not taken:
            raise No("insufficient-points")
        for lot, part in taken:
            lot.available -= part
            lot.held += part
        expires = op.expires_at or self.at + timedelta(days=1)
        self.state.holds[operation] = Held(member, where, expires, taken)
        self.state.done[operation] = Done("hold", member, where)
        return Expected()

    def take(self, hold: Held, points: int) -> list[tuple[Lot, int]]:
        """Take points out of a hold's slices, in their order."""
        taken, rest = [], []
        for lot, amount in hold.slices:
            part = min(amount, points)
            points -= part
            taken.append((lot, part))
            rest.append((lot, amount - part))
        hold.slices = [(lot, amount) for lot, amount in rest if amount]
        return [(lot, part) for lot, part in taken if part]

    def free(self, hold: Held) -> None:
        for lot, amount in hold.slices:
            lot.held -= amount
            lot.available += amount
        hold.slices = []

    def capture(self, op: ops.Capture, operation: int) -> Expected:
        hold = self.own_hold(op.hold, op.scope)
        if not hold.slices:
            raise No("hold-closed")
        if hold.expires <= self.at:
            raise No("hold-expired")
        if op.points > sum(amount for _, amount in hold.slices):
            raise No("hold-exceeded")
        taken = self.take(hold, op.points)
        self.spend(taken, hold.organisation, "held")
        if op.final:
            self.free(hold)
        hold.captures.append(operation)
        return self.sell("capture", operation, hold.member, hold.organisation, taken,
                         op.points, op.cash)  # fmt: skip

    def void(self, op: ops.Void, operation: int) -> Expected:
        hold = self.own_hold(op.hold, op.scope)
        if not hold.slices:
            raise No("hold-closed")
        self.free(hold)
        self.state.done[operation] = Done("void", hold.member, hold.organisation)
        return Expected()

    def expire_hold(self, op: ops.ExpireHold, operation: int) -> Expected:
        hold = self.own_hold(op.hold, op.scope)
        if hold.slices and hold.expires > self.at:
            raise No("hold-not-expired")
        return self.void(op, operation)  # type: ignore[arg-type]  # the same fields

    def advice(self, op: ops.Advice, operation: int) -> Expected:
        where = self.outlets[op.outlet]
        if self.state.ended.get(op.member) is not None:
            raise No("member-merged")
        hold = None if op.hold is None else self.own_hold(op.hold, op.scope)
        if hold is not None and hold.member != op.member:
            raise No("hold-not-found")
        in_hold = 0 if hold is None else sum(amount for _, amount in hold.slices)
        captured = hold is not None and any(not self.state.done[c].undone for c in hold.captures)
        try:
            if captured and in_hold < op.points:
                raise No("hold-captured")
            wallet = self.choose(op.member, where, max(0, op.points - in_hold), up_to=False)
        except No:
            self.state.done[operation] = Done("advice", op.member, where)
            self.state.items.add(operation)
            return Expected(status="exception")
        held = [] if hold is None else self.take(hold, op.points)
        self.spend(held, where, "held")
        self.spend(wallet, where)
        if hold is not None:
            self.free(hold)
            hold.captures.append(operation)
        return self.sell("advice", operation, op.member, where, [*held, *wallet],
                         op.points, op.cash)  # fmt: skip
