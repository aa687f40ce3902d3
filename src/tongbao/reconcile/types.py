"""The nouns of reconciliation. Amounts and points are fen; organisations and outlets are ids."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from tongbao.clearing.calendar import Cutover

Form = Literal["lines", "totals"]
Subject = Literal["debit", "credit", "refund", "reversal"]
DisputeKind = Literal["claim", "acceptance-fee", "issue-fee", "missing"]
DisputeState = Literal["open", "accepted", "contested", "upheld", "rejected"]


class Asked(Struct, frozen=True, kw_only=True):
    """Whose day is reconciled, by whom, and when a business day begins.

    ``outlet_id``: only this outlet. ``again``: compare a file that was compared before once more.
    """

    organisation_id: int
    day: date
    by: str
    cutover: Cutover
    outlet_id: int | None = None
    again: bool = False


class Reconciliation(Struct, frozen=True, kw_only=True):
    """One file compared with the ledger; ``balanced`` when there is no difference at all.

    ``lines`` were read, ``matched`` of them are here as the till says. ``counts``: differences by
    code. ``replayed``: the file had been compared before, and this is what was said then.
    """

    id: int
    organisation_id: int
    business_day: date
    outlet_id: int | None
    form: Form
    name: str
    run: int
    lines: int
    matched: int
    differences: int
    counts: dict[str, int]
    asked_by: str
    at: datetime
    balanced: bool = False
    replayed: bool = False


class Total(Struct, frozen=True, kw_only=True):
    """Both sides' sums at one outlet (0: of the whole organisation); None: not given."""

    outlet_id: int
    subject: Subject
    here_count: int
    here_points: int
    here_cash: int
    till_count: int | None = None
    till_points: int | None = None
    till_cash: int | None = None


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that differs. ``line`` is of the till's file, ``label`` its key or receipt.

    ``action`` is what to do about it, as a code, and ``advice`` as a sentence.
    """

    n: int
    code: str
    action: str
    kind: str
    line: int | None
    label: str
    outlet_id: int | None
    operation_id: int | None
    till_amount: int | None
    till_points: int | None
    here_amount: int | None
    here_points: int | None
    here_at: datetime | None
    note: str | None
    advice: str = ""


class Sides(Struct, frozen=True, kw_only=True):
    """Who wants something of whom, and because of which operation, if there is one."""

    kind: str
    creditor_id: int
    debtor_id: int
    operation_id: int | None


class Opening(Struct, frozen=True, kw_only=True):
    """What the creditor wants: ``amount`` (fen) of the debtor, because of an operation.

    ``kind`` ``missing``: the ledger lacks it; ``reference`` says what it was. Fees are disputed
    with the operator.
    """

    kind: DisputeKind
    creditor_id: int
    debtor_id: int
    amount: int
    reason: str
    evidence: str
    operation_id: int | None = None
    reference: str | None = None


class Dispute(Struct, frozen=True, kw_only=True):
    """A dispute as it stands. ``most``: what its claim or fee was worth when it was opened.

    ``answer_by`` and ``decide_by`` are deadlines, ``overdue`` says that one has passed; ``age`` is
    in days. ``upheld`` is what was decided, in the operation ``entry_id``.
    """

    id: int
    kind: DisputeKind
    creditor_id: int
    debtor_id: int
    owner_id: int | None
    operation_id: int | None
    reference: str | None
    amount: int
    most: int | None
    reason: str
    evidence: str
    state: DisputeState
    opened_by: str
    opened_at: datetime
    answer_by: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    decide_by: datetime | None
    proposal_id: int | None
    decided_at: datetime | None
    upheld: int | None
    decision_reason: str | None
    entry_id: int | None
    age: int = 0
    overdue: bool = False

    @property
    def sides(self) -> Sides:
        """Who wants something of whom, because of what."""
        return Sides(
            kind=self.kind,
            creditor_id=self.creditor_id,
            debtor_id=self.debtor_id,
            operation_id=self.operation_id,
        )
