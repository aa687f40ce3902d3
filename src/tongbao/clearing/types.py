"""The nouns of clearing. Amounts are fen of CNY; organisations are ids."""

from datetime import datetime

from msgspec import Struct


class Window(Struct, frozen=True, kw_only=True):
    """A clearing window: open, then closed, then settled."""

    id: int
    opened_at: datetime
    closed_at: datetime | None = None
    settled_at: datetime | None = None


class Claim(Struct, frozen=True, gc=False):
    """``debtor`` owes ``creditor`` an amount above zero, by so many single claims."""

    debtor: int
    creditor: int
    amount: int
    count: int = 1


class Pair(Struct, frozen=True, kw_only=True, gc=False):
    """Two organisations of a window: what each claims, and what is left when both are set off.

    ``owed`` is what ``debtor`` owes ``creditor``, ``owed_back`` the other way round, never more;
    each is the claims of one and the counter-claims (refunds) of the other. ``claims`` counts them.
    """

    debtor: int
    creditor: int
    owed: int
    owed_back: int
    claims: int

    @property
    def net(self) -> int:
        """What ``debtor`` pays when the two settle with each other alone."""
        return self.owed - self.owed_back


class Net(Struct, frozen=True, kw_only=True, gc=False):
    """By how much an organisation's accounts moved in a window; all of a window sum to zero.

    ``clearing`` is what it is paid (negative: what it pays). ``reserve`` is money that prepaid
    issuers have set aside, ``fees`` and ``breakage`` are the operator's.
    """

    organisation_id: int
    clearing: int = 0
    reserve: int = 0
    fees: int = 0
    breakage: int = 0


class Settlement(Struct, frozen=True, kw_only=True):
    """How a window was settled: by so many ``collections`` and ``payouts``, of so much.

    ``paid_in`` less ``paid_out`` is what the operator keeps: reserves, fees and breakage.
    ``replayed``: it had been settled before, and nothing was moved now.
    """

    window_id: int
    operation_id: int
    collections: int
    paid_in: int
    payouts: int
    paid_out: int
    settled_by: str
    settled_at: datetime
    replayed: bool = False
