"""The nouns of statements. Money in fen of CNY, points in fen of PTS; times are UTC."""

from datetime import date, datetime
from typing import Literal

from msgspec import Raw, Struct

Unit = Literal["PTS", "CNY"]


class Period(Struct, frozen=True, kw_only=True):
    """Closed windows, one after the other; with the business dates they were asked for by."""

    first_window: int
    last_window: int
    opened_at: datetime
    closed_at: datetime
    first_date: date | None = None
    last_date: date | None = None


class Party(Struct, frozen=True, kw_only=True):
    """An organisation as a statement names it."""

    id: int
    code: str
    name: str


class Account(Struct, frozen=True, kw_only=True):
    """One account of an organisation: ``opening`` plus ``change`` is ``closing``.

    ``change`` is the sum of the account's lines. ``position``: positive is owed to the
    organisation. ``circulation``: points of its own that members hold.
    """

    account: str
    unit: Unit
    opening: int
    change: int
    closing: int


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that changed an account by ``amount``, ``count`` times.

    What stands alone has its ``operation``, the time it was written, and what is known of it: the
    settlement and the bank's reference, the dispute or default and the reason. ``vat`` is the rate
    (ppm) that a fee contains.
    """

    account: str
    item: str
    count: int
    amount: int
    counterparty: str | None = None
    vat: int | None = None
    operation: int | None = None
    at: datetime | None = None
    settlement: int | None = None
    dispute: int | None = None
    default: int | None = None
    reference: str | None = None
    reason: str | None = None


class Fee(Struct, frozen=True, kw_only=True):
    """Fees of one kind with one rate of VAT: ``gross`` is ``charged`` less ``given_back``.

    ``gross`` is ``net`` and ``vat`` together, to the fen. ``received``: they are the operator's
    income; else they are what the organisation has paid. ``rate`` in ppm.
    """

    fee: Literal["acceptance", "issue"]
    received: bool
    rate: int
    charged: int
    given_back: int
    gross: int
    net: int
    vat: int


class Accepted(Struct, frozen=True, kw_only=True):
    """Points the organisation accepted, and gave back by refunds; ``on_us`` were its own, net.

    They are no change of an account: the claims for them are, and its own points that came home.
    """

    redemptions: int = 0
    points: int = 0
    returns: int = 0
    points_back: int = 0
    on_us: int = 0


class Issuer(Struct, frozen=True, kw_only=True):
    """Whose points the organisation accepted, and what that issuer owes for them.

    ``due`` is claimed from the issuer, ``due_back`` owed to it again for refunds; the counts are
    of claims and counter-claims. Itself is there with the points alone: they make no claim.
    """

    code: str
    name: str
    redemptions: int = 0
    points: int = 0
    returns: int = 0
    points_back: int = 0
    claims: int = 0
    due: int = 0
    counterclaims: int = 0
    due_back: int = 0


class Redeemer(Struct, frozen=True, kw_only=True):
    """Who accepted the organisation's points: ``owed`` to it, and ``owed_back`` for refunds."""

    code: str
    name: str
    claims: int = 0
    owed: int = 0
    counterclaims: int = 0
    owed_back: int = 0


class Statement(Struct, frozen=True, kw_only=True):
    """All that an organisation is told of a period.

    ``issuers`` and ``redeemers`` are JSON lists of ``Issuer`` and ``Redeemer``, by code, as they
    came from the database: there may be tens of thousands, and most writers only pass them on.
    """

    number: str
    organisation: Party
    operator: Party
    period: Period
    accounts: list[Account]
    lines: list[Line]
    fees: list[Fee]
    accepted: Accepted
    issuers: Raw
    redeemers: Raw


class Totals(Struct, frozen=True, kw_only=True):
    """What was written: statements, their lines (counterparties included), files and bytes."""

    statements: int
    lines: int
    files: int
    bytes: int
