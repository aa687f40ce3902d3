"""The nouns of joining."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from tongbao.alliance.types import Terms
from tongbao.bank.types import Details

State = Literal["submitted", "asked", "accepted", "refused"]
Result = Literal["passed", "look", "failed"]


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody applies with.

    ``name`` is the one on the licence, ``format`` a format of the alliance with its MCC,
    ``region`` and ``outlet`` where the first outlet stands and what it is called; ``phone`` is
    that of ``contact``. ``account`` is where payouts go, without a mandate; ``collect``: what is
    owed may be collected from it.
    """

    name: str
    credit_code: str
    format: str
    region: str
    outlet: str
    contact: str
    phone: str
    account: Details
    collect: bool = True


class Application(Struct, frozen=True, kw_only=True):
    """An application as it stands; from ``organisation_id`` on what it became when accepted.

    ``begun_at``: when what lets the manager in was given. ``forgotten_at``: contact and account
    are no longer known.
    """

    id: int
    state: State
    wanted: Wanted
    made_at: datetime
    changed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    organisation_id: int | None
    outlet_id: int | None
    staff_id: int | None
    proposal_id: int | None
    begun_at: datetime | None
    forgotten_at: datetime | None


class Remark(Struct, frozen=True, kw_only=True):
    """A question about an application, or its applicant's answer."""

    kind: Literal["question", "answer"]
    by: str
    at: datetime
    text: str


class Check(Struct, frozen=True, kw_only=True):
    """What was looked at: it has passed, somebody should look, or it cannot be accepted.

    ``facts`` says what was found, such as the organisation of the same name.
    """

    name: str
    result: Result
    facts: dict[str, Any] = {}


class Acceptance(Struct, frozen=True, kw_only=True):
    """How an applicant is taken in: by which code and terms, at which site, with which sign-in.

    ``site`` none: a new street site where the outlet stands.
    """

    code: str
    login: str
    terms: Terms
    site: int | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """How far an accepted applicant has come: when each of it happened, if it has.

    ``account`` is the state of the proposed bank account. ``sold`` is its first operation,
    ``paid`` the first settlement that paid it out.
    """

    begun_at: datetime | None
    entered_at: datetime | None
    account: Literal["proposed", "approved", "rejected"]
    account_at: datetime | None
    sold_at: datetime | None
    paid_settlement: int | None

    @property
    def live(self) -> bool:
        """Say whether it can sell, and be paid for it."""
        return self.entered_at is not None and self.account == "approved"
