"""The nouns of reconciliation. Amounts and points are fen; organisations and outlets are ids."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

Form = Literal["lines", "totals"]
Subject = Literal["debit", "credit", "refund", "reversal"]


class Asked(Struct, frozen=True, kw_only=True):
    """Whose day is reconciled, by whom, and in which time zone a day begins.

    ``outlet_id``: only this outlet. ``again``: compare a file that was compared before once more.
    """

    organisation_id: int
    day: date
    by: str
    zone: str
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
