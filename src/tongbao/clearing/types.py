"""The nouns of clearing. Amounts are fen of CNY; organisations are ids."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

State = Literal[
    "proposed", "approved", "instructed", "partly_paid", "settled", "failed", "rejected"
]
LegState = Literal["open", "instructed", "partly_paid", "paid", "rejected", "failed", "dropped"]


class Window(Struct, frozen=True, kw_only=True):
    """A clearing window: open, then closed."""

    id: int
    opened_at: datetime
    closed_at: datetime | None = None


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

    ``clearing`` is what it is owed (negative: what it owes). ``reserve`` and ``prepaid`` are money
    that prepaid issuers have set aside, ``fees`` and ``breakage`` are the operator's.
    """

    organisation_id: int
    clearing: int = 0
    reserve: int = 0
    prepaid: int = 0
    fees: int = 0
    breakage: int = 0

    @property
    def kept(self) -> int:
        """What of it the operator keeps."""
        return self.reserve + self.prepaid + self.fees + self.breakage


class Regional(Struct, frozen=True, kw_only=True):
    """Claims netted by region first, then between regions; the keys are regions, or organisations.

    ``claimed``: claims within a region. ``inside``: what each receives (negative: pays) when the
    organisations of a region settle with each other; sums to zero in each region. ``beyond``: what
    each receives from, or pays to, other regions. ``between``: the same, region by region, when
    regions settle with each other; sums to zero.
    """

    claimed: dict[str, int]
    inside: dict[str, dict[int, int]]
    beyond: dict[int, int]
    between: dict[str, int]

    @property
    def total(self) -> dict[int, int]:
        """What each organisation receives (negative: pays) in both stages together."""
        sums = dict(self.beyond)
        for nets in self.inside.values():
            for organisation, amount in nets.items():
                sums[organisation] = sums.get(organisation, 0) + amount
        return dict(sorted(sums.items()))


class Settlement(Struct, frozen=True, kw_only=True):
    """Positions of all windows up to ``through_window``, paid together.

    ``to_collect`` of ``collections`` and ``to_pay`` of ``payouts`` are what was proposed,
    ``paid_in`` and ``paid_out`` what the bank has moved. ``unfinished`` counts the legs that may
    still be paid, ``failed`` those that were given up, ``skipped`` organisations that were due and
    got none.
    """

    id: int
    business_date: date
    through_window: int
    state: State
    collections: int
    to_collect: int
    payouts: int
    to_pay: int
    skipped: int
    paid_in: int
    paid_out: int
    unfinished: int
    failed: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    instructed_at: datetime | None
    finished_at: datetime | None


class Leg(Struct, frozen=True, kw_only=True, gc=False):
    """What one organisation is paid in a settlement, or pays (``amount`` is negative then).

    ``paid`` is what of it the bank has moved, in the same direction and not negative. ``attempt``
    counts how often the bank was asked.
    """

    settlement_id: int
    organisation_id: int
    through_window: int
    amount: int
    paid: int
    state: LegState
    attempt: int

    @property
    def left(self) -> int:
        """What is still to be moved, in the direction of the leg."""
        return abs(self.amount) - self.paid

    @property
    def end_to_end_id(self) -> str:
        """What the bank is told to repeat on its statements: at most 35 characters."""
        return f"TB{self.settlement_id}-{self.organisation_id}-{self.attempt}"


class Skipped(Struct, frozen=True, kw_only=True):
    """An organisation that was due and got no leg.

    ``unfinished``: an earlier leg is not finished. ``ahead``: it was settled through a later
    window. ``defaulted``: it is in default and was not named.
    """

    organisation_id: int
    reason: Literal["unfinished", "ahead", "defaulted"]


class Step(Struct, frozen=True, kw_only=True):
    """A change of state: of a leg, or of the whole settlement if no organisation is named."""

    organisation_id: int | None
    state: str
    attempt: int | None
    paid: int | None
    done_by: str
    reason: str | None
    at: datetime
