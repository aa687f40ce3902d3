"""Which payment a line on a statement is of: a decision from what is known, without a database."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from msgspec import Struct

from tongbao.bank.types import BookedLine

UNKNOWN: Final = "bank-unknown"
AMOUNT: Final = "bank-amount"
DUPLICATE: Final = "bank-duplicate"
RETURNED: Final = "bank-returned"
CURRENCY: Final = "bank-currency-entry"
UNEXPECTED: Final = "bank-unexpected"

KINDS: Final = (UNKNOWN, AMOUNT, DUPLICATE, RETURNED, CURRENCY, UNEXPECTED)
"""Kinds of exception items that lines become."""

NEAR: Final = timedelta(days=5)
"""How far the day of a line may be from the day its payment was for, when only amounts agree."""

_SHOWN: Final = 5
_OURS: Final = re.compile(r"TB[0-9]+-[0-9]+-[0-9]+")


class Candidate(Struct, frozen=True, gc=False):
    """A payment that a line may be of; ``paid`` and ``unpaid`` are of its leg."""

    settlement_id: int
    organisation_id: int
    attempt: int
    end_to_end_id: str
    state: str
    incoming: bool
    execute_on: date
    number: str
    name: str
    unpaid: int
    paid: int
    newest: int

    @property
    def leg(self) -> tuple[int, int]:
        """Which leg it is of."""
        return self.settlement_id, self.organisation_id


class Match(Struct, frozen=True, gc=False):
    """The line is of this payment; ``how`` it was recognised, or that it came back."""

    payment: Candidate
    how: Literal["end_to_end", "amount", "return"]


class Trouble(Struct, frozen=True, gc=False):
    """Somebody has to look at it: the kind of exception item, and why."""

    kind: str
    why: str
    payment: Candidate | None = None
    facts: Mapping[str, Any] = {}


def decide(
    line: BookedLine,
    by_id: Candidate | None,
    by_amount: Sequence[Candidate],
    taken: Collection[tuple[int, int]],
) -> Match | Trouble:
    """Say which payment a line is of, or what is wrong with it.

    ``by_id`` is the payment with its end-to-end id, ``by_amount`` those with its amount, ``taken``
    the legs that other lines were just matched with.
    """
    if line.currency != "CNY":
        return Trouble(CURRENCY, f"it is in {line.currency}", by_id)
    if by_id is not None and line.incoming != by_id.incoming:
        return _of_return(line, by_id, taken)
    if line.reversal:
        return Trouble(RETURNED, "something came back", by_id)
    if by_id is not None:
        return _of_id(line, by_id, taken)
    if line.end_to_end_id is not None and _OURS.fullmatch(line.end_to_end_id):
        return Trouble(UNKNOWN, "no payment has its end-to-end id")
    fitting = [one for one in by_amount if one.leg not in taken and _fits(line, one)]
    if len(fitting) == 1:
        return Match(fitting[0], "amount")
    some = [one.end_to_end_id for one in fitting[:_SHOWN]]
    why = "several payments could be meant" if some else "no payment is known that it could be of"
    return Trouble(UNKNOWN, why, None, {"candidates": some})


def _of_id(
    line: BookedLine, payment: Candidate, taken: Collection[tuple[int, int]]
) -> Match | Trouble:
    if payment.state in ("paid", "returned") or payment.leg in taken:
        return Trouble(DUPLICATE, "it was paid before", payment)
    if payment.state == "rejected":
        return Trouble(UNEXPECTED, "the bank had rejected it", payment)
    if payment.attempt != payment.newest:
        return Trouble(UNEXPECTED, "it was instructed again meanwhile", payment)
    if line.amount != payment.unpaid:
        facts = {"expected": payment.unpaid, "differs": line.amount - payment.unpaid}
        return Trouble(AMOUNT, "the amount is not what is left to be paid", payment, facts)
    return Match(payment, "end_to_end")


def _of_return(
    line: BookedLine, payment: Candidate, taken: Collection[tuple[int, int]]
) -> Match | Trouble:
    """Decide on money that went the other way than its payment: it came back, all of it."""
    if payment.state != "paid" or payment.leg in taken:
        return Trouble(RETURNED, "it came back and was not paid before", payment)
    if line.amount != payment.paid:
        facts = {"expected": payment.paid, "differs": line.amount - payment.paid}
        return Trouble(RETURNED, "what came back is not what was paid", payment, facts)
    return Match(payment, "return")


def _fits(line: BookedLine, payment: Candidate) -> bool:
    """Say whether a line with the amount of a payment may be of it: direction, day, other side."""
    if payment.incoming != line.incoming or payment.unpaid != line.amount:
        return False
    if payment.attempt != payment.newest:
        return False
    if line.booked_on is None or abs(line.booked_on - payment.execute_on) > NEAR:
        return False
    if line.account is not None:
        return line.account.replace(" ", "") == payment.number
    return line.party is None or _folded(line.party) == _folded(payment.name)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
