"""What the service answers. Fields that are not known here are passed over."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Amount(Struct, frozen=True):
    """A whole number of hundredths of a point (``PTS``) or of a yuan (``CNY``)."""

    value: int
    unit: str


class Balances(Struct, frozen=True):
    """A member's points: spendable, held for a purchase, pending, and owed back."""

    available: Amount
    held: Amount
    pending: Amount
    owing: Amount


class Slice(Struct, frozen=True):
    """Points of one lot, with their issuer."""

    lot: str
    issuer: str
    points: Amount


class Claim(Struct, frozen=True):
    """What an issuer owes a redeemer; negative: a counter-claim."""

    issuer: str
    redeemer: str
    amount: Amount


_NO_POINTS = Amount(0, "PTS")
_NO_MONEY = Amount(0, "CNY")


class Operation(Struct, frozen=True, kw_only=True):
    """The answer to a money call; ``position`` is the place in the journal it is true as of."""

    id: str
    kind: str
    status: str
    position: str
    written_at: datetime
    effective_at: datetime
    window: int
    member: str | None = None
    balances: Balances | None = None
    spent: Amount = _NO_POINTS
    earned: Amount = _NO_POINTS
    cash: Amount = _NO_MONEY
    lots: tuple[Slice, ...] = ()
    claims: tuple[Claim, ...] = ()
    lot: str | None = None
    withheld: str | None = None


class Lot(Struct, frozen=True, kw_only=True):
    """Points of one issuer earned at one time, by state."""

    id: str
    issuer: str
    issuer_code: str
    kind: str
    available: Amount
    held: Amount
    pending: Amount
    earned_at: datetime
    expires_at: datetime | None = None
    release_at: datetime | None = None
    scope: dict[str, list[str]] | None = None


class Member(Struct, frozen=True, kw_only=True):
    """A member, with what was asked for beside it."""

    id: str
    status: str
    spend_locked: bool
    enrolled_at: datetime
    enrolled_by: str | None = None
    merged_into: str | None = None
    identities: tuple[dict[str, Any], ...] | None = None
    balances: Balances | None = None
    lots: tuple[Lot, ...] | None = None
    holds: tuple[dict[str, Any], ...] | None = None


class Quote(Struct, frozen=True, kw_only=True):
    """What a sale would be; a purchase with its ``id`` is on its terms until it expires."""

    id: str
    member: str
    outlet: str
    amount: Amount
    usable: Amount
    points: Amount
    cash: Amount
    earned: Amount
    made_at: datetime
    expires_at: datetime
    here: tuple[dict[str, Any], ...] = ()
    elsewhere: tuple[dict[str, Any], ...] = ()
    withheld: str | None = None


class Row(Struct, frozen=True, kw_only=True):
    """One operation in a list."""

    id: str
    kind: str
    member: str
    points: Amount
    cash: Amount
    written_at: datetime
    effective_at: datetime
    organisation: str | None = None
    outlet: str | None = None
    original: str | None = None
    reference: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """Why not (RFC 9457)."""

    status: int
    code: str
    detail: str
    request_id: str = ""
    facts: dict[str, Any] = {}
