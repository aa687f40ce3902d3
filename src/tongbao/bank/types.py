"""The nouns of the bank. Amounts are fen of CNY and above zero; organisations are ids."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

Kind = Literal["payout", "collection"]
"""Of a file: money to organisations, or money from them."""


class Details(Struct, frozen=True, kw_only=True):
    """An account at a bank: what a payment to or from it has to name.

    The bank is known by its BIC, its CNAPS code (12 digits) or both. ``mandate`` and
    ``signed_on``: the organisation's consent to collections; without it none is made.
    """

    number: str
    name: str
    bic: str | None = None
    cnaps: str | None = None
    mandate: str | None = None
    signed_on: date | None = None


class Account(Struct, frozen=True, kw_only=True):
    """An organisation's account from ``valid_from`` on, until a later version of it."""

    id: int
    organisation_id: int
    valid_from: date
    details: Details
    proposal_id: int
    written_at: datetime


class PaymentFile(Struct, frozen=True, kw_only=True):
    """Payments that go to the bank together: one kind, one day, one account of the operator.

    ``run`` counts how often files of this settlement and kind were made (what was instructed
    again is in a later run), ``part`` the files of one run. ``digest`` is the SHA-256 of what
    was written, in hex; none: it was not written yet.
    """

    id: int
    settlement_id: int
    kind: Kind
    run: int
    part: int
    message_id: str
    writer: str
    count: int
    amount: int
    execute_on: date
    remittance: str
    made_at: datetime
    account: Details
    digest: str | None = None


class Payment(Struct, frozen=True, kw_only=True, gc=False):
    """One payment of a file: a leg of a settlement, instructed for the ``attempt``-th time."""

    settlement_id: int
    organisation_id: int
    attempt: int
    end_to_end_id: str
    amount: int
    account: Details


class Head(Struct, frozen=True, kw_only=True):
    """Which message from the bank it is: its name, its id, when the bank made it."""

    message: str
    message_id: str
    created_at: datetime


class Report(Struct, frozen=True, kw_only=True):
    """A file that came from the bank; ``done_at``: everything in it was dealt with.

    ``lines`` counts movements of money, or statuses of payments.
    """

    id: int
    family: str
    message: str
    message_id: str
    name: str
    size: int
    lines: int
    created_at: datetime
    read_at: datetime
    done_at: datetime | None


class BookedLine(Struct, frozen=True, kw_only=True):
    """One movement of money on the operator's account, and what it was matched with.

    ``state``: ``new``; ``matched`` with a leg (``how``: by ``end_to_end`` id, ``amount``,
    ``batch`` or ``hand``, or as its ``return``); ``known`` from another report; ``pending`` at the
    bank; ``open``, that is an exception item; ``returned`` to whoever sent it.
    """

    report_id: int
    number: int
    family: str
    state: str
    incoming: bool
    amount: int
    currency: str
    reversal: bool
    booked_on: date | None
    end_to_end_id: str | None
    reference: str | None
    batch: str | None
    party: str | None
    account: str | None
    remittance: str | None
    how: str | None
    settlement_id: int | None
    organisation_id: int | None
    attempt: int | None
    decided_by: str | None

    @property
    def id(self) -> str:
        """How people name a line: its report and its number in it."""
        return f"{self.report_id}-{self.number}"
