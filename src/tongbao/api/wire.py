"""What travels over the wire, both ways: amounts with their unit, ids as texts.

Ids are texts because they exceed the whole numbers that JavaScript holds exactly.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar.params import PathParameter
from msgspec import Meta, Struct

from tongbao.kernel import limits

Id = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,17}$", description="An id, opaque to callers", examples=["1007"]),
]
Code = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="A code of your own", examples=["bj-01"]),
]
Time = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339, with its zone", examples=["2026-11-01T09:30:00+08:00"]),
]
PathId = Annotated[str, PathParameter(pattern=r"^[1-9][0-9]{0,17}$", description="Its id.")]
PathCode = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Its code.")]
PathLine = Annotated[
    str,
    PathParameter(pattern=r"^[0-9]{1,18}-[0-9]{1,9}$", description="The line, such as 7-31."),
]
PathMonth = Annotated[
    str, PathParameter(pattern=r"^[0-9]{4}-[0-9]{2}$", description="The month it ends with.")
]


Name = Annotated[
    str, Meta(min_length=1, max_length=limits.NAME, description="A name", examples=["Lan Café"])
]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.TEXT,
        description="Why, for the record",
        examples=["as agreed"],
    ),
]
Month = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$", description="A month", examples=["2026-05"])
]


class Points(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Points in hundredths: 8000 is 80 points."""

    value: Annotated[int, Meta(ge=0, le=limits.AMOUNT, examples=[8000])]
    unit: Literal["PTS"] = "PTS"


class PointsChange(Struct, frozen=True, gc=False):
    """Points in hundredths; negative: they came back."""

    value: Annotated[int, Meta(ge=-limits.BALANCE, le=limits.BALANCE, examples=[8000])]
    unit: Literal["PTS"] = "PTS"


class Money(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Money in fen: 20000 is 200 yuan."""

    value: Annotated[int, Meta(ge=-limits.AMOUNT, le=limits.AMOUNT, examples=[20000])]
    unit: Literal["CNY"] = "CNY"


class SignedPoints(Struct, frozen=True, forbid_unknown_fields=True):
    """Points in hundredths, in either direction: -500 takes 5 points."""

    value: Annotated[int, Meta(ge=-limits.AMOUNT, le=limits.AMOUNT, examples=[-500])]
    unit: Literal["PTS"] = "PTS"


class MemberRef(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A member, named in exactly one way.

    ``issuer`` is the organisation that gave a card or an external id: of an external id yours,
    unless it is said; of a card none. ``code`` is the payment code on the phone.
    """

    id: Id | None = None
    phone: Annotated[str, Meta(max_length=40, examples=["+8613812345678"])] | None = None
    card: Annotated[str, Meta(max_length=80, examples=["6200 0000 0001"])] | None = None
    external: Annotated[str, Meta(max_length=limits.NAME)] | None = None
    code: Annotated[str, Meta(max_length=40, examples=["912345678988328889"])] | None = None
    issuer: Id | None = None


class LineIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a sale."""

    id: Annotated[str, Meta(min_length=1, max_length=limits.NAME, examples=["1"])]
    amount: Money
    item: Annotated[str, Meta(max_length=limits.NAME)] | None = None
    quantity: Annotated[int, Meta(ge=1)] = 1


class Common(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every money call may say."""

    effective_at: Time | None = None
    channel: Annotated[str, Meta(max_length=limits.NAME)] | None = None
    reference: Annotated[str, Meta(max_length=limits.NAME)] | None = None
    campaign: Annotated[str, Meta(max_length=limits.NAME)] | None = None
    terminal: Annotated[str, Meta(max_length=limits.CODE, examples=["t1"])] | None = None
    staff: Annotated[str, Meta(max_length=limits.NAME, examples=["mei"])] | None = None


class PurchaseIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pay points of a bill, the rest in cash; ``up_to``: as many points as there are.

    With ``quote``, on its terms: member, outlet, amount and points are those of the quote.
    """

    member: MemberRef
    outlet: Code
    amount: Money
    points: Points
    up_to: bool = False
    lines: tuple[LineIn, ...] = ()
    quote: Id | None = None


class AwardIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give points for a sale by contract, or exactly ``points``; pending with ``release_at``."""

    member: MemberRef
    outlet: Code
    amount: Money = Money(0)
    points: Points | None = None
    lines: tuple[LineIn, ...] = ()
    release_at: Time | None = None
    expires_at: Time | None = None


class HoldIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Set points aside for a purchase to come; ``up_to``: as many as there are."""

    member: MemberRef
    outlet: Code
    points: Points
    up_to: bool = False
    expires_at: Time | None = None


class CaptureIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Spend points of a hold on a bill of points and cash; ``final`` frees the rest."""

    points: Points
    cash: Money = Money(0)
    final: bool = True
    lines: tuple[LineIn, ...] = ()


class AdviceIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell what a till has already let happen, with its hold or without."""

    member: MemberRef
    outlet: Code
    points: Points
    cash: Money = Money(0)
    hold: Id | None = None
    lines: tuple[LineIn, ...] = ()


class RefundLineIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes back of one line of the original sale."""

    id: Annotated[str, Meta(min_length=1, max_length=limits.NAME)]
    amount: Money


class RefundIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take back a sale: by lines, by amount, or (neither) all that is left of it."""

    original: Id
    amount: Money | None = None
    lines: tuple[RefundLineIn, ...] = ()


class ReversalIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Undo whatever the request with ``original_key`` did, also before it arrives."""

    original_key: Annotated[str, Meta(min_length=1, max_length=limits.KEY)]


class GiftIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give points of one member to another."""

    member: MemberRef
    to: MemberRef
    points: Points


class PlainIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing but what every money call may say."""


class AdjustmentIn(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points that an organisation gives a member, or (negative) takes of its own."""

    member: MemberRef
    points: SignedPoints
    reason: Reason
    organisation: Id | None = None


class BalancesOut(Struct, frozen=True, gc=False):
    """A member's points: spendable, held for a purchase, pending, and owed back."""

    available: Points
    held: Points
    pending: Points
    owing: Points


class SliceOut(Struct, frozen=True, gc=False):
    """Points of one lot, with their issuer."""

    lot: Id
    issuer: Id
    points: Points


class ClaimOut(Struct, frozen=True, gc=False):
    """What an issuer owes a redeemer by this operation; negative: a counter-claim."""

    issuer: Id
    redeemer: Id
    amount: Money


class OperationOut(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The answer to a money call; ``position`` is the place in the journal it is true as of."""

    id: Id
    kind: str
    status: Literal["posted", "exception"]
    position: Id
    written_at: Time
    effective_at: Time
    window: int
    member: Id | None = None
    balances: BalancesOut | None = None
    spent: PointsChange = PointsChange(0)
    earned: PointsChange = PointsChange(0)
    cash: Money = Money(0)
    lots: tuple[SliceOut, ...] = ()
    claims: tuple[ClaimOut, ...] = ()
    lot: Id | None = None
    withheld: str | None = None


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal as RFC 9457 has it, with our code and the facts."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    facts: dict[str, Any] = {}
