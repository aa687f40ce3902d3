"""The books: a working copy of what a batch has gathered.

Plans read the books and never change them; ``enter`` applies what a plan decided, so that the
next operation of the batch sees it. Balances, lots, claims and positions all follow from the
transfers alone. When the batch is recorded, the books know what has changed.
"""

from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from tongbao.kernel.limits import BATCH, LOTS_PER_OPERATION
from tongbao.ledger.movements import MOVEMENTS, SETTLEMENT, M
from tongbao.ledger.types import Hold, Lot, Posting, Stamp

PLACE_BITS: Final = 13
LOT_BITS: Final = 10
assert 1 << PLACE_BITS == BATCH and 1 << LOT_BITS > LOTS_PER_OPERATION

MEMBER_KINDS: Final = ("wallet", "held", "pending", "owing")
"""Kinds of a member's accounts."""

_LOT_FIELD: Final = {"wallet": "available", "held": "held", "pending": "pending"}
_WINDOW_KINDS: Final = frozenset({"clearing", "reserve", "prepaid", "fees", "breakage"})


class _Effect(NamedTuple):
    """What a movement does to balances, lots, the window and claims, looked up once a transfer."""

    from_kind: str
    to_kind: str
    from_lot: str | None
    to_lot: str | None
    from_window: bool
    to_window: bool
    claim: int


def _effect(movement: M) -> _Effect:
    rule = MOVEMENTS[movement]
    money = rule.unit == "CNY"
    counted = movement not in SETTLEMENT
    return _Effect(
        rule.from_kind,
        rule.to_kind,
        "reserve" if money else _LOT_FIELD.get(rule.from_kind),
        "reserve" if money else _LOT_FIELD.get(rule.to_kind),
        counted and rule.from_kind in _WINDOW_KINDS,
        counted and rule.to_kind in _WINDOW_KINDS,
        -1 if movement is M.COUNTERCLAIM else int(movement in (M.CLAIM, M.CLAIM_RESERVE)),
    )


_FIELDS: Final = attrgetter("movement", "from_owner", "to_owner", "amount", "from_lot", "to_lot")
_EFFECTS: Final = {movement: _effect(movement) for movement in M}


def lot_fields(movement: M) -> tuple[str | None, str | None]:
    """Name the fields of the lots that ``movement`` takes from and adds to."""
    effect = _EFFECTS[movement]
    return effect.from_lot, effect.to_lot


def kinds(movement: M) -> tuple[str, str]:
    """Name the account kinds that ``movement`` takes from and adds to."""
    effect = _EFFECTS[movement]
    return effect.from_kind, effect.to_kind


class Claims:
    """What was claimed and countered between one issuer and one redeemer in this batch."""

    __slots__ = ("claimed", "claims", "countered", "counterclaims")

    def __init__(self) -> None:
        self.claimed = self.countered = self.claims = self.counterclaims = 0


class Books:
    """Accounts, lots, holds and debts of everyone a batch touches, and what it posts."""

    def __init__(self, batch_id: int, at: datetime, window: int) -> None:
        self.batch_id = batch_id
        self.at = at
        self.window = window
        self.accounts: dict[int, dict[str, int]] = {}
        self.missing: set[tuple[int, str]] = set()
        self.locked: set[int] = set()
        self.lots: dict[int, dict[int, Lot]] = {}
        self.lot_by_id: dict[int, Lot] = {}
        self.holds: dict[int, Hold] = {}
        self.owing: dict[int, dict[int, int]] = {}
        self.postings: list[tuple[Stamp, Posting]] = []
        self.deltas: dict[tuple[int, str], int] = {}
        self.claims: dict[tuple[int, int], Claims] = {}
        self.window_net: dict[tuple[int, str], int] = {}
        self.new_lots: dict[int, Lot] = {}
        self.changed_lots: dict[int, Lot] = {}
        self.changed_holds: dict[int, Hold] = {}
        self.closed_holds: dict[tuple[int, int], Hold] = {}
        self.changed_owing: dict[tuple[int, int], int] = {}

    def operation_id(self, place: int) -> int:
        """Give the id of the operation at ``place`` in this batch."""
        return self.batch_id << PLACE_BITS | place

    def add_member(self, owner: int, balances: dict[str, int]) -> None:
        """Take up a locked member's accounts; those that are not there will be opened."""
        self.locked.add(owner)
        for kind in MEMBER_KINDS:
            if kind not in balances:
                balances[kind] = 0
                self.missing.add((owner, kind))
        self.accounts[owner] = balances

    def add_lot(self, lot: Lot) -> None:
        """Take up a lot that was gathered or has just been made."""
        self.lots.setdefault(lot.owner, {})[lot.id] = lot
        self.lot_by_id[lot.id] = lot

    def balance(self, owner: int, kind: str) -> int:
        """Give the balance of an account as it stands now; zero where there is none."""
        return self.accounts[owner][kind]

    def enter(self, stamp: Stamp, posting: Posting) -> dict[tuple[int, int], int]:
        """Apply what a plan decided, and keep it for the record.

        Gives the claims it made by issuer and redeemer; counter-claims are negative.
        """
        made: dict[tuple[int, int], int] = {}
        self.postings.append((stamp, posting))
        for lot in posting.lots:
            self.add_lot(lot)
            self.new_lots[lot.id] = lot
        deltas, net, everybody = self.deltas, self.window_net, self.accounts
        for movement, giver, taker, amount, from_lot, to_lot in map(_FIELDS, posting.transfers):
            effect = _EFFECTS[movement]
            from_kind, to_kind, from_field, to_field, from_window, to_window, claim = effect
            source, target = (giver, from_kind), (taker, to_kind)
            deltas[source] = deltas.get(source, 0) - amount
            deltas[target] = deltas.get(target, 0) + amount
            accounts = everybody.get(giver)
            if accounts is not None:
                accounts[from_kind] = accounts.get(from_kind, 0) - amount
            accounts = everybody.get(taker)
            if accounts is not None:
                accounts[to_kind] = accounts.get(to_kind, 0) + amount
            if from_window:
                net[source] = net.get(source, 0) - amount
            if to_window:
                net[target] = net.get(target, 0) + amount
            if from_lot is not None:
                self._change_lot(from_lot, from_field, -amount)
            if to_lot is not None:
                self._change_lot(to_lot, to_field, amount)
            if claim:
                pair = (giver, taker) if claim > 0 else (taker, giver)
                made[pair] = made.get(pair, 0) + claim * amount
                self._count_claim(pair, claim, amount)
        self._enter_holds(posting)
        return made

    def _change_lot(self, lot_id: int, field: str | None, amount: int) -> None:
        assert field is not None, "a lot is named by a movement that touches none"
        lot = self.lot_by_id[lot_id]
        value = getattr(lot, field) + amount
        assert value >= 0, f"lot {lot_id} would hold {value} {field}"
        setattr(lot, field, value)
        if lot_id not in self.new_lots:
            self.changed_lots[lot_id] = lot

    def _count_claim(self, pair: tuple[int, int], claim: int, amount: int) -> None:
        claims = self.claims.get(pair)
        if claims is None:
            claims = self.claims[pair] = Claims()
        if claim > 0:
            claims.claimed += amount
            claims.claims += 1
        else:
            claims.countered += amount
            claims.counterclaims += 1

    def _enter_holds(self, posting: Posting) -> None:
        for hold in posting.holds:
            before = self.holds.get(hold.id)
            if before is not None and before.owner != hold.owner:
                before.slices = {}
                self.closed_holds[before.owner, hold.id] = before
            self.holds[hold.id] = hold
            self.changed_holds[hold.id] = hold
        for (owner, organisation), amount in posting.owing.items():
            self.owing.setdefault(owner, {})[organisation] = amount
            self.changed_owing[owner, organisation] = amount
