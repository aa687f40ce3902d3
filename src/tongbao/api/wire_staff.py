"""What travels of staff and of the log of what people did."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tongbao.api.wire import Code, Id, Time
from tongbao.kernel import limits

StaffRole = Literal["admin", "settlement", "marketer", "auditor", "manager", "finance", "cashier"]
Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME, examples=["韦玲"])]


class StaffIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody new; ``organisation`` is the caller's own unless the operator says another.

    ``outlet``: where a cashier works; ``member``: whose wallet is the person's own.
    """

    login: Annotated[str, Meta(min_length=2, max_length=64, examples=["wei@example.cn"])]
    name: Name
    role: StaffRole
    organisation: Id | None = None
    outlet: Code | None = None
    member: Id | None = None


class StaffChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise; what is left out stays as it is, and null takes it away."""

    name: Name | UnsetType = UNSET
    role: StaffRole | UnsetType = UNSET
    outlet: Code | UnsetType | None = UNSET
    member: Id | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class ResetIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``second_factor``: the one that was lost is taken away, too."""

    second_factor: bool = False


class LinkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address by which the provider of single sign-on knows the person."""

    email: Annotated[str, Meta(min_length=1, max_length=limits.NAME, examples=["wei@example.cn"])]


class LinkOut(Struct, frozen=True, kw_only=True):
    """Who somebody is at a provider; ``subject``: its own name, known after the first sign-in."""

    staff: Id
    issuer: str
    email: str
    subject: str | None
    linked_by: str
    linked_at: Time


class StaffOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody on the staff. ``second_factor``: one is set up."""

    id: Id
    organisation: Id
    login: str
    name: str
    role: StaffRole
    status: Literal["invited", "active", "disabled"]
    second_factor: bool
    created_at: Time
    outlet: Id | None = None
    member: Id | None = None
    signed_in_at: Time | None = None


class InvitedOut(Struct, frozen=True, kw_only=True):
    """Somebody, and the token of the link that sets a password; shown this once."""

    staff: StaffOut
    invitation: str | None


class EntryOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log: who did what to what, when and from where."""

    id: Id
    at: Time
    kind: str
    by: str
    subject: str
    address: str
    facts: dict[str, Any]
    organisation: Id | None = None
    staff: Id | None = None
    key: Id | None = None
    member: Id | None = None
