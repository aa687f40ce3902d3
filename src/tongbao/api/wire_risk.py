"""What travels over the wire about risk and tills: limits, proofs, the queue, offline tills."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from tongbao.api.wire import Code, Id, MemberRef, Money, OperationOut, Points, Problem, Time
from tongbao.kernel import limits
from tongbao.points.caps import Measure, Span, Subject
from tongbao.points.operations import Proof
from tongbao.till.signed import Hex64, Hex128, Kind, MemberKind

Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME, examples=["Lin Wei"])]
Reason = Annotated[str, Meta(min_length=1, max_length=limits.TEXT, examples=["fraud was seen"])]
Pin = Annotated[str, Meta(min_length=6, max_length=6, pattern="^[0-9]{6}$", examples=["271828"])]


class LimitIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit of your own tills; of the operator: of the whole alliance, or of an organisation's.

    With neither `uses` nor `points` it is lifted.
    """

    subject: Subject
    measure: Measure
    span: Span
    by: Name
    reason: Reason
    uses: Annotated[int, Meta(ge=0, le=limits.AMOUNT)] | None = None
    points: Points | None = None
    valid_from: Time | None = None
    organisation: Id | None = None


class LimitOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a limit; without `organisation` it is the whole alliance's."""

    id: Id
    subject: Subject
    measure: Measure
    span: Span
    valid_from: datetime
    set_by: str
    set_at: datetime
    reason: str
    organisation: Id | None = None
    uses: int | None = None
    points: Points | None = None


class ProofIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From how many points on a proof is asked for; without `points` not any more."""

    proof: Proof
    by: Name
    reason: Reason
    points: Points | None = None
    valid_from: Time | None = None
    organisation: Id | None = None


class ProofOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of an amount from which on a proof is asked for."""

    id: Id
    proof: Proof
    valid_from: datetime
    set_by: str
    set_at: datetime
    reason: str
    organisation: Id | None = None
    points: Points | None = None


class ItemOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the watch has found: staff or refunds that deserve a look."""

    id: Id
    kind: str
    state: str
    raised_at: datetime
    facts: dict[str, Any]
    organisation: Id | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    verdict: str | None = None
    reason: str | None = None


class DecisionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision of a person; `confirmed` locks the member's spending."""

    verdict: Literal["cleared", "confirmed"]
    by: Name
    reason: Reason


class TakeBackIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who proposes it, and why; somebody else approves."""

    by: Name
    reason: Reason


class IdentifyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was scanned or typed: a payment code, a card or a phone; told by its form."""

    scanned: Annotated[str, Meta(min_length=1, max_length=80, examples=["6200 0000 0001"])]
    outlet: Code
    terminal: Code | None = None


class IdentifiedOut(Struct, frozen=True, kw_only=True):
    """The member, and how it was told."""

    member: Id
    means: Literal["phone", "card", "code"]


class CodeIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The phone to send a one-time code to, as the member says it, and from where."""

    phone: Annotated[str, Meta(min_length=1, max_length=40, examples=["+8613812345678"])]
    outlet: Code
    terminal: Code | None = None


class PinIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new PIN; the one before proves the member, if there is one."""

    member: MemberRef
    pin: Pin
    before: Pin | None = None


class Done(Struct, frozen=True):
    """That it is done."""

    done: bool = True


class OwnLimitIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many points the member allows itself a day; without `points` as many as there are."""

    points: Points | None = None


class TerminalKeyIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public key that a terminal has made, in hex."""

    outlet: Code
    terminal: Code
    public_key: Hex64
    by: Name


class TerminalKeyOut(Struct, frozen=True, kw_only=True):
    """The terminal, and the key by which it knows the operator's grants."""

    terminal: Id
    operators_key: Hex64


class AllowanceIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a terminal may do offline, from now on."""

    outlet: Code
    terminal: Code
    spend_points: Points
    member_points: Points
    award_amount: Money
    valid_until: Time
    by: Name


class GrantOut(Struct, frozen=True, kw_only=True):
    """What a terminal may do offline, signed by the operator; amounts in fen."""

    allowance: int
    organisation: int
    outlet: int
    terminal: int
    public_key: Hex64
    spend_points: int
    member_points: int
    award_amount: int
    valid_from: datetime
    valid_until: datetime
    signature: Hex128


class LineIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a terminal did offline, as it has signed it; amounts in fen."""

    allowance: Annotated[int, Meta(ge=1, le=2**53)]
    counter: Annotated[int, Meta(ge=1, le=limits.OFFLINE_LINES)]
    prev: Hex64
    kind: Kind
    at: Time
    member_kind: MemberKind
    member: Annotated[str, Meta(min_length=1, max_length=80)]
    amount: Annotated[int, Meta(ge=0, le=limits.AMOUNT)]
    signature: Hex128
    points: Annotated[int, Meta(ge=0, le=limits.AMOUNT)] = 0
    reference: Annotated[str, Meta(max_length=limits.NAME)] = ""


class UploadIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines in any order, also such as were sent before."""

    lines: Annotated[tuple[LineIn, ...], Meta(min_length=1, max_length=limits.OFFLINE_UPLOAD)]


class LineOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line: an operation, or a problem."""

    allowance: int
    counter: int
    replayed: bool = False
    operation: OperationOut | None = None
    problem: Problem | None = None


class UploadOut(Struct, frozen=True, kw_only=True):
    """One answer for each line, in the order of the request."""

    lines: tuple[LineOut, ...]
