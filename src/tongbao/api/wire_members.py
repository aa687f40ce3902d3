"""What travels of members: who they are, what they are known by, what they have."""

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from tongbao.api.wire import BalancesOut, Id, MemberRef, Money, Points, PointsChange, Time
from tongbao.kernel import limits

Kind = Literal["phone", "card", "external"]


class IdentityIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a member is known by; ``issuer``: who gave a card or an external id, else yourself."""

    kind: Kind
    value: Annotated[
        str, Meta(min_length=1, max_length=limits.NAME, examples=["+86 138 1234 5678"])
    ]
    issuer: Id | None = None


class EnrolIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A new member, known by these."""

    identities: Annotated[tuple[IdentityIn, ...], Meta(min_length=1, max_length=limits.IDENTITIES)]


class FindIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to find, by what the member shows."""

    member: MemberRef


class MemberChange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be otherwise; what is left out stays as it is."""

    status: Literal["active", "suspended"] | None = None
    spend_locked: bool | None = None


class MergeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Into which member this one goes."""

    into: Id


class CloseIn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What becomes of the points: given to another member, or forfeited."""

    give_to: Id | None = None
    forfeit: bool = False


class IdentityOut(Struct, frozen=True, omit_defaults=True):
    """What may be shown of an identity: its end, ``hint``, and ``masked`` for people."""

    kind: Kind
    hint: str
    masked: str
    added_at: Time
    issuer: Id | None = None


class RevealIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody needs to see personal data; it is logged."""

    reason: Annotated[str, Meta(min_length=1, max_length=limits.TEXT, examples=["lost card"])]


class RevealedIdentity(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An identity whole; of a phone only ``masked`` is known to anybody."""

    kind: Kind
    masked: str
    value: str | None = None
    issuer: Id | None = None


class Revealed(Struct, frozen=True, kw_only=True):
    """What a member is known by, whole."""

    id: Id
    identities: tuple[RevealedIdentity, ...]


class ScopeOut(Struct, frozen=True, omit_defaults=True):
    """Where points may be spent; what is not named does not limit."""

    regions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    organisations: tuple[Id, ...] = ()


class LotOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Points of one issuer earned at one time, by state."""

    id: Id
    issuer: Id
    issuer_code: str
    kind: Literal["earned", "bought", "goodwill"]
    available: Points
    held: Points
    pending: Points
    earned_at: Time
    expires_at: Time | None = None
    release_at: Time | None = None
    scope: ScopeOut | None = None


class HoldOut(Struct, frozen=True, kw_only=True):
    """Points set aside for a purchase, as far as they are not captured yet."""

    id: Id
    organisation_code: str
    amount: Points
    remaining: Points
    expires_at: Time


class MemberOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member. ``merged_into`` is the member in which this one lives on.

    ``identities``, ``balances``, ``lots`` (the first of them) and ``holds`` if asked for.
    """

    id: Id
    status: Literal["active", "suspended", "merged", "closed"]
    spend_locked: bool
    enrolled_at: Time
    enrolled_by: Id | None = None
    merged_into: Id | None = None
    identities: tuple[IdentityOut, ...] | None = None
    balances: BalancesOut | None = None
    lots: tuple[LotOut, ...] | None = None
    holds: tuple[HoldOut, ...] | None = None


class BalancesAt(Struct, frozen=True, kw_only=True):
    """Balances as they were: what was written, or took effect, until then."""

    member: Id
    at: Time
    basis: Literal["written", "effective"]
    balances: BalancesOut


class OperationRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operation in a list."""

    id: Id
    kind: str
    member: Id
    points: PointsChange
    cash: Money
    written_at: Time
    effective_at: Time
    organisation: Id | None = None
    outlet: str | None = None
    original: Id | None = None
    reference: str | None = None


class AmountOut(Struct, frozen=True):
    """An amount of points (``PTS``) or money (``CNY``), in hundredths."""

    value: int
    unit: Literal["PTS", "CNY"]


class AccountOut(Struct, frozen=True, omit_defaults=True):
    """An account: whose, and which; ``code`` is an organisation's."""

    owner: Id
    kind: str
    code: str | None = None


class TransferOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One transfer, with the sentence that it stands for."""

    movement: str
    meaning: str
    amount: AmountOut
    source: AccountOut
    target: AccountOut
    from_lot: Id | None = None
    to_lot: Id | None = None


class TouchedLotOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the operation did to a lot, and what is in it now."""

    id: Id
    issuer: Id
    points: AmountOut
    remaining: Points
    earned_at: Time
    expires_at: Time | None = None


class RelativeOut(Struct, frozen=True, kw_only=True):
    """An operation that this one follows (``before``), or that follows it."""

    id: Id
    kind: str
    before: bool
    points: PointsChange
    cash: Money


class JournalOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Its batch in the journal, and the seal of that in the hash chain, once it has one."""

    batch: Id
    place: int
    digest: str
    position: Id | None = None
    seal: str | None = None
    sealed_at: Time | None = None


class Explained(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation explained. One that was refused has moved nothing: it has its key alone.

    ``answer`` is what is replayed for its key, ``detail`` what the transfers cannot say.
    """

    id: Id
    key: str | None = None
    refused: bool = False
    operation: OperationRow | None = None
    window: int | None = None
    transfers: tuple[TransferOut, ...] = ()
    lots: tuple[TouchedLotOut, ...] = ()
    relatives: tuple[RelativeOut, ...] = ()
    journal: JournalOut | None = None
    detail: Raw | None = None
    answer: Raw | None = None


class PartOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Spendable points of one issuer with one scope; the first of them end at ``expires_at``."""

    issuer: Id
    points: Points
    scope: ScopeOut | None = None
    expires_at: Time | None = None


class QuoteIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A sale to be: with ``points`` of it, or as many as there are."""

    member: MemberRef
    outlet: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["bj-01"])]
    amount: Money
    points: Points | None = None


class QuoteOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the sale would be: how much in points, how much in cash, what is earned.

    ``usable`` is the most that could be paid in points; ``here`` what the member has that is good
    at this outlet, ``elsewhere`` what is not. ``withheld``: why nothing is earned.
    """

    id: Id
    member: Id
    outlet: str
    amount: Money
    usable: Points
    points: Points
    cash: Money
    earned: Points
    here: tuple[PartOut, ...]
    elsewhere: tuple[PartOut, ...]
    made_at: Time
    expires_at: Time
    withheld: str | None = None
