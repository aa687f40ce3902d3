"""The chart of accounts of a general ledger: what our accounts are called in somebody's books.

Two books. The *alliance's* is the operator's view of everybody: money it owes is a liability and
money it holds an asset, so money is debited to the account that gives and credited to the one that
receives. An *organisation's own* is its view of itself: what its accounts hold are its assets, the
points it gave its liability, and what others have to do with it is income and expense by
counterparty. Points are debited to who receives them in both. Pure.
"""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from tongbao.alliance.types import Organisation
from tongbao.ledger.books import MEMBER_KINDS
from tongbao.ledger.movements import MOVEMENTS, M

MEMBERS: Final = 0
"""Stands for all members together: nobody's books name one."""

_UNWANTED: Final = re.compile(r"[^A-Z0-9]+")

_ALLIANCE: Final = {
    "wallet": "Assets:Members:Wallet",
    "held": "Assets:Members:Held",
    "pending": "Assets:Members:Pending",
    "owing": "Assets:Members:Owing",
    "issued": "Liabilities:Points",
    "owed": "Assets:Owed",
    "clearing": "Liabilities:Clearing",
    "reserve": "Liabilities:Reserve",
    "collateral": "Liabilities:Collateral",
    "prepaid": "Liabilities:Prepaid",
    "guarantee": "Liabilities:Guarantee",
    "bank": "Assets:Bank",
    "fees": "Income:Fees",
    "breakage": "Income:Breakage",
    "first_loss": "Equity:FirstLoss",
}
_OWN: Final = {
    "issued": "Liabilities:Points",
    "owed": "Assets:OwedByMembers",
    "clearing": "Assets:Clearing",
    "reserve": "Assets:Reserve",
    "collateral": "Assets:Collateral",
    "prepaid": "Assets:Prepaid",
    "guarantee": "Assets:Guarantee",
    "bank": "Assets:Bank",
    "fees": "Assets:Fees",
    "breakage": "Assets:Breakage",
    "first_loss": "Assets:FirstLoss",
}
_POINTS: Final = {
    M.AWARD: "Given",
    M.AWARD_PENDING: "Given",
    M.CANCEL: "TakenBack",
    M.REDEEM: "Redeemed",
    M.CAPTURE: "Redeemed",
    M.RESTORE: "Redeemed",
    M.CLAW_BACK: "TakenBack",
    M.OWE: "Owed",
    M.REPAY: "Owed",
    M.EXPIRE: "Expired",
    M.ADJUST_UP: "Adjusted",
    M.ADJUST_DOWN: "Adjusted",
    M.FORFEIT: "Forfeited",
    M.FORFEIT_PENDING: "Forfeited",
    M.WRITE_OFF: "Owed",
}
_MONEY: Final = {
    M.CLAIM: "Claims",
    M.CLAIM_RESERVE: "Claims",
    M.COUNTERCLAIM: "Claims",
    M.ACCEPTANCE_FEE: "AcceptanceFees",
    M.ACCEPTANCE_FEE_BACK: "AcceptanceFees",
    M.ISSUE_FEE: "IssueFees",
    M.ISSUE_FEE_BACK: "IssueFees",
    M.BREAKAGE: "Breakage",
    M.SHARE_LOSS: "Losses",
    M.REPAY_LOSS: "Losses",
    M.DISPUTE: "Disputes",
    M.COVER_COLLATERAL: "Covers",
    M.COVER_GUARANTEE: "Covers",
    M.COVER_FIRST_LOSS: "Covers",
}
_TRANSFERS: Final = "Transfers"
"""Money that an organisation usually moves between its own accounts, between two."""

_BACK: Final = frozenset({M.COUNTERCLAIM, M.ACCEPTANCE_FEE_BACK, M.ISSUE_FEE_BACK, M.REPAY_LOSS})
"""They undo an expense or an income instead of making one."""

OPENING: Final = "Equity:Opening-Balances"
DEFERRED: Final = "Income:Sales:Deferred"
EARNED: Final = "Income:Sales:PointsRedeemed"
CONTRACT: Final = "Liabilities:ContractLiability"


class Side(Struct, frozen=True, gc=False):
    """One end of a movement: an account of an organisation, or of the members together."""

    owner: int
    kind: str


class Chart(Struct, frozen=True, kw_only=True):
    """What accounts are called. ``whose`` none: the alliance's book, else that organisation's.

    ``names`` are the names of organisations as parts of accounts, ``codes`` their codes, by id.
    """

    names: dict[int, str]
    codes: dict[int, str]
    whose: int | None

    def account(self, side: Side) -> str:
        """Name the account of an organisation or of the members in this book."""
        if self.whose is None:
            base = _ALLIANCE[side.kind]
            return base if side.owner == MEMBERS else f"{base}:{self.names[side.owner]}"
        base = _OWN[side.kind]
        return f"{base}:{self.names[side.owner]}" if side.kind == "issued" else base

    def sides(self, movement: M, source: Side, target: Side) -> tuple[str, str]:
        """Name the accounts that a movement leaves and enters in this book."""
        if self.whose is None:
            return self.account(source), self.account(target)
        ours = source.owner == self.whose, target.owner == self.whose
        assert any(ours), "a book has what its organisation takes part in"
        return (
            self.account(source) if ours[0] else self._other(movement, source, paid=False),
            self.account(target) if ours[1] else self._other(movement, target, paid=True),
        )

    def sign(self, unit: str) -> int:
        """Tell how a balance of this book follows from the ledger's: as it is, or turned round."""
        return -1 if self.whose is None and unit == "CNY" else 1

    def counterparty(self, owner: int, beside: int) -> str:
        """Name who the other one is, if it is another: a code, or all members."""
        if owner == beside:
            return ""
        return "members" if owner == MEMBERS else self.codes[owner]

    def _other(self, movement: M, other: Side, *, paid: bool) -> str:
        if MOVEMENTS[movement].unit == "PTS":
            return f"Equity:Points:{_POINTS[movement]}"
        kind = "Expenses" if paid != (movement in _BACK) else "Income"
        return f"{kind}:{_MONEY.get(movement, _TRANSFERS)}:{self.names[other.owner]}"


def chart(organisations: Iterable[Organisation], whose: int | None) -> Chart:
    """Make a chart for all organisations, in the order of their ids.

    Codes become capital letters, digits and single dashes. Of several that become the same the
    oldest keeps the name and the others add their id, so no name changes when one is added.
    """
    names: dict[int, str] = {}
    codes: dict[int, str] = {}
    taken: set[str] = set()
    for organisation in organisations:
        name = plain(organisation.code)
        while name in taken:
            name = f"{name}-{organisation.id}"
        taken.add(name)
        names[organisation.id], codes[organisation.id] = name, organisation.code
    return Chart(names=names, codes=codes, whose=whose)


def plain(code: str) -> str:
    """Write a code as a part of an account's name; ``X`` where nothing of it can be written."""
    return _UNWANTED.sub("-", code.upper()).strip("-") or "X"


def side(kind: str, owner: int) -> Side:
    """Give the end of a movement; members are one."""
    return Side(MEMBERS if kind in MEMBER_KINDS else owner, kind)
