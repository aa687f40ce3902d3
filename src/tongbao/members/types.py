"""The nouns of membership."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Kind = Literal["phone", "card", "external"]
Status = Literal["active", "suspended", "merged", "closed"]


class Member(Struct, frozen=True, kw_only=True):
    """A membership; ``merged_into`` is the one in which it lives on."""

    id: int
    status: Status
    spend_locked: bool
    merged_into: int | None
    enrolled_by: int | None
    enrolled_at: datetime


class Identity(Struct, frozen=True):
    """What a member is known by, as it was given; ``issuer_id`` 0 is the alliance itself."""

    kind: Kind
    value: str
    issuer_id: int = 0


class Key(Struct, frozen=True):
    """An identity as it is kept: normalised, a phone as a keyed hash; ``hint`` may be shown."""

    kind: Kind
    issuer_id: int
    value: str
    hint: str


class WholeIdentity(Struct, frozen=True, kw_only=True):
    """An identity as it is kept; of a phone only the end is known to anybody."""

    kind: Kind
    issuer_id: int
    value: str | None
    hint: str


class ShownIdentity(Struct, frozen=True, kw_only=True):
    """What may be shown of an identity: the end of it."""

    kind: Kind
    issuer_id: int
    hint: str
    added_at: datetime
