"""The rest of the model: what follows an earlier operation, and what ends points."""

from typing import Any

from tests.laws.model import Model
from tests.laws.nouns import GRACE, NEVER, Done, Expected, Lot, No, Proposal
from tongbao.points import operations as ops

SALES = ("award", "purchase", "capture", "advice")


def part_of(amount: int, part: int, whole: int) -> int:
    """Give ``amount × part ÷ whole``, half a fen rounded up."""
    return int((2 * amount * part + whole) // (2 * whole)) if whole else 0


class WholeModel(Model):
    """The model with all operations."""

    def refund(self, op: ops.Refund, operation: int) -> Expected:
        sale = self.original(op.original, op.scope)
        if sale.kind not in SALES:
            raise No("not-refundable")
        left = sale.amount - sale.back
        part = left if op.amount is None else op.amount
        if not left or part > left:
            raise No("refund-exceeds-sale")
        self.state.done[operation] = Done("refund", self.living(sale.member), sale.organisation)
        return self.give_back(sale, part)

    def give_back(self, sale: Done, part: int) -> Expected:
        """Undo ``part`` fen of a sale: its points, then what it had earned."""
        holder = self.living(sale.member)
        if holder in self.state.ended:
            raise No("member-not-active")
        there = [lot for lot in self.state.lots if lot.owner == holder]
        points = part_of(sale.points, sale.back + part, sale.amount) - sale.points_back
        self.restore(sale, holder, points)
        base = part
        if sale.base != sale.amount:
            base = min(part - points, sale.base - sale.base_back)
        due = part_of(sale.earned, sale.base_back + base, sale.base) - sale.clawed
        self.claw_back(sale, holder, due, there)
        sale.back += part
        sale.points_back += points
        sale.base_back += base
        sale.clawed += due
        return Expected(spent=-points, earned=-due)

    def restore(self, sale: Done, holder: int, points: int) -> None:
        for lot, consumed in reversed(sale.slices):
            part = min(consumed - sale.restored.get(lot.number, 0), points)
            if not part:
                continue
            points -= part
            sale.restored[lot.number] = sale.restored.get(lot.number, 0) + part
            target = lot
            if lot.expires <= self.at:
                target = self.new_lot(holder, lot, expires=self.at + GRACE, release=None)
            elif lot.owner != holder:
                target = self.new_lot(holder, lot, release=None)
            target.available += part
            self.claim(sale.organisation, lot.issuer, part)
            if lot.issuer == sale.organisation and lot.issuer in self.state.block:
                self.draw(sale, lot, part)
        assert points == 0

    def draw(self, sale: Done, lot: Lot, part: int) -> None:
        """Take what had gone into the block out of it again, as far as it is there."""
        drawn = sale.drawn.get(lot.number, 0)
        money = min(sale.restored[lot.number] - drawn, part, self.state.block[lot.issuer])
        sale.drawn[lot.number] = drawn + money
        self.state.block[lot.issuer] -= money

    def claw_back(self, sale: Done, holder: int, due: int, there: list[Lot]) -> None:
        own = self.now(sale.lot)
        lots = [x for x in there if x.issuer == sale.organisation and x is not own]
        lots.sort(key=lambda x: (x.earned, x.number))
        if own is not None and own.owner == holder:
            part = min(own.pending, due)
            own.pending -= part
            self.home(own, part)
            due -= part
            lots.insert(0, own)
        for lot in lots:
            part = min(lot.available, due)
            lot.available -= part
            self.home(lot, part)
            due -= part
        pair = holder, sale.organisation
        self.state.owing[pair] = self.state.owing.get(pair, 0) + due

    def reversal(self, op: ops.Reversal, operation: int) -> Expected:
        key = op.scope, op.original_key
        known = self.keys.get(key)
        if known is None:
            self.keys[key] = None, Expected("reversed", "refused"), 0
        original = None if known is None else self.state.done.get(known[2])
        self.state.done[operation] = Done("reversal", 0, op.scope)
        if original is None or original.undone or (known and known[1].code):
            return Expected()
        if known and known[2] in self.state.items:
            self.state.items.remove(known[2])
            expected = Expected()
        elif original.kind in SALES:
            expected = self.give_back(original, original.amount - original.back)
        elif original.kind == "hold":
            self.free(self.state.holds[known[2]] if known else self.state.holds[0])
            expected = Expected()
        elif original.kind == "gift":
            self.take_gift_back(original)
            expected = Expected()
        else:
            raise No("not-reversible")
        original.undone = True
        return expected

    def take_gift_back(self, gift: Done) -> None:
        holder = self.living(gift.member)
        if holder in self.state.ended:
            raise No("member-not-active")
        for source, given, part in gift.copies:
            copy = self.now(given)
            if copy is None or copy.available < part:
                raise No("insufficient-points")
            home = source if source.owner == holder else self.new_lot(holder, source)
            copy.available -= part
            home.available += part

    def gift(self, op: ops.Gift, operation: int) -> Expected:
        if op.member == op.to:
            raise No("same-member")
        self.spender(op.member)
        self.active(op.to)
        copies = []
        for lot, part in self.choose(op.member, None, op.points, up_to=False):
            copy = self.new_lot(op.to, lot, available=part)
            lot.available -= part
            copies.append((lot, copy, part))
        self.state.done[operation] = Done("gift", op.member, op.scope, copies=copies)
        return Expected(spent=op.points)

    def propose_adjustment(self, op: ops.ProposeAdjustment, operation: int) -> Expected:
        self.active(op.member)
        proposal = Proposal(op.member, op.organisation, op.points, op.by)
        self.state.proposals[operation] = proposal
        self.state.done[operation] = Done("propose_adjustment", op.member, op.organisation)
        return Expected()

    def decide_adjustment(self, op: ops.DecideAdjustment, operation: int) -> Expected:
        proposal = self.state.proposals[op.proposal]
        if proposal.state != "proposed":
            raise No("adjustment-decided")
        if op.approve and proposal.by == op.by:
            raise No("two-people-needed")
        member, issuer, points = proposal.member, proposal.organisation, proposal.points
        if op.approve:
            self.active(member)
            if points > 0:
                self.issue(member, issuer, points)
            else:
                self.take_away(member, issuer, -points)
        proposal.state = "decided"
        self.state.done[operation] = Done("decide_adjustment", member, issuer)
        return Expected()

    def take_away(self, member: int, issuer: int, points: int) -> None:
        mine = [x for x in self.state.lots if x.owner == member and x.issuer == issuer]
        for lot in sorted(mine, key=lambda x: (x.expires, x.earned, x.number)):
            part = min(lot.available, points)
            lot.available -= part
            self.home(lot, part)
            points -= part
        if points:
            raise No("insufficient-points")

    def expire_lots(self, op: ops.ExpireLots, operation: int) -> Expected:
        for lot in self.state.lots:
            if lot.owner == op.member and lot.expires <= self.at:
                self.home(lot, lot.available)
                lot.available = 0
        self.state.done[operation] = Done("expire_lots", op.member, op.scope)
        return Expected()

    def now(self, lot: Lot | None) -> Lot | None:
        """Give what has become of a lot whose membership was merged."""
        while lot is not None and lot.became is not None:
            lot = lot.became
        return lot

    def waiting(self, award: int, scope: int) -> tuple[Done, Lot]:
        sale = self.original(award, scope)
        lot = self.now(sale.lot)
        if lot is None or not lot.pending:
            raise No("not-pending")
        return sale, lot

    def release_pending(self, op: ops.ReleasePending, operation: int) -> Expected:
        _, lot = self.waiting(op.award, op.scope)
        if (lot.release or NEVER) > self.at:
            raise No("release-too-early")
        lot.available, lot.pending, left = lot.pending, 0, lot.pending
        parts = []
        for creditor, amount in self.debts(lot.owner):
            part = min(amount, left)
            left -= part
            parts.append((creditor, part))
        self.home(lot, lot.available - left)
        lot.available = left
        self.repay(lot.owner, lot.issuer, parts)
        self.state.done[operation] = Done("release_pending", lot.owner, op.scope)
        return Expected()

    def cancel_pending(self, op: ops.CancelPending, operation: int) -> Expected:
        sale, lot = self.waiting(op.award, op.scope)
        points, lot.pending = lot.pending, 0
        self.home(lot, points)
        sale.back, sale.base_back, sale.undone = sale.amount, sale.base, True
        sale.clawed += points
        self.state.done[operation] = Done("cancel_pending", lot.owner, op.scope)
        return Expected(earned=-points)

    def merge(self, op: ops.Merge, operation: int) -> Expected:
        if op.member == op.into:
            raise No("same-member")
        self.active(op.member)
        self.active(op.into)
        state = self.state
        for lot in [x for x in state.lots if x.owner == op.member]:
            if lot.available + lot.held + lot.pending:
                amounts: dict[str, Any] = {
                    name: getattr(lot, name) for name in ("available", "held", "pending")
                }
                lot.became = self.new_lot(op.into, lot, **amounts)
                lot.available = lot.held = lot.pending = 0
        for hold in state.holds.values():
            if hold.member == op.member and hold.slices:
                hold.member = op.into
                hold.slices = [(lot.became or lot, n) for lot, n in hold.slices]
        for creditor, amount in self.debts(op.member):
            pair = op.into, creditor
            state.owing[pair] = state.owing.get(pair, 0) + amount
            del state.owing[op.member, creditor]
        if op.member in state.locked:
            state.locked.add(op.into)
        state.ended[op.member] = op.into
        state.done[operation] = Done("merge", op.member, op.scope)
        return Expected()

    def close(self, op: ops.Close, operation: int) -> Expected:
        self.active(op.member)
        available, held, pending, _ = self.balances(op.member)
        if held:
            raise No("member-has-holds")
        if (pending + (0 if op.give_to else available)) and not op.forfeit:
            raise No("member-has-points")
        if op.give_to == op.member:
            raise No("same-member")
        if op.give_to is not None:
            self.active(op.give_to)
        for lot in [x for x in self.state.lots if x.owner == op.member]:
            if op.give_to is not None and lot.available:
                self.new_lot(op.give_to, lot, available=lot.available)
                lot.available = 0
            self.home(lot, lot.available + lot.pending)
            lot.available = lot.pending = 0
        for creditor, _ in self.debts(op.member):
            del self.state.owing[op.member, creditor]
        self.state.ended[op.member] = None
        self.state.done[operation] = Done("close", op.member, op.scope)
        return Expected()
