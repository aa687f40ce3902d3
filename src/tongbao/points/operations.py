"""The operations: what may be asked, and nothing else.

Amounts are fen. ``key`` is the caller's idempotency key, ``scope`` the calling organisation.
``effective_at`` is the business time; none: the server's. ``reference`` is the caller's own
number (a receipt), ``terminal`` the till at its outlet, ``staff`` who served. ``proof`` is what
the door has checked of the member: a PIN, or a one-time code. Operations that follow another one
name it by its operation id.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from tongbao.kernel import once

LotKind = Literal["earned", "bought", "goodwill"]
Proof = Literal["pin", "otp"]


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a sale: its id on the receipt, its amount, and what was sold."""

    id: str
    amount: int
    item: str | None = None
    quantity: int = 1


class RefundLine(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes back of one line of the original sale."""

    id: str
    amount: int


class Scope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where points may be spent; an empty list does not limit.

    A region is a GB/T 2260 code; ``310000`` takes in all of Shanghai.
    """

    regions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()


class CodeUse(Struct, frozen=True, forbid_unknown_fields=True):
    """The payment code that was shown: of which device, for which minute since 1970.

    Whoever gives it has checked that it is genuine, and that the device is the member's.
    """

    device: int
    step: int


class Asked(Struct, frozen=True):
    """The request that an operation came with: its fingerprint (16 bytes), and its id."""

    mark: bytes
    request_id: str


class Operation(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True,
    tag_field="kind",
):  # fmt: skip
    """What all operations have in common.

    ``asked`` is the request that it came with, when that names things otherwise than by ids.
    """

    key: str
    scope: int
    asked: Asked | None = None
    effective_at: datetime | None = None
    channel: str | None = None
    reference: str | None = None
    campaign: str | None = None
    terminal: str | None = None
    staff: str | None = None


def fingerprint(op: Operation) -> bytes:
    """Give the fingerprint (16 bytes) of what the client sent."""
    return once.fingerprint(op) if op.asked is None else op.asked.mark


class Award(Operation, frozen=True, kw_only=True, tag="award"):
    """Give points for a sale of ``amount`` by contract, or exactly ``points``.

    With ``release_at`` they are pending until then. ``limited_to`` says where they may be spent.
    """

    member: int
    outlet: int
    amount: int = 0
    points: int | None = None
    lines: tuple[Line, ...] = ()
    lot_kind: LotKind = "earned"
    release_at: datetime | None = None
    expires_at: datetime | None = None
    limited_to: Scope | None = None
    code: CodeUse | None = None


class Purchase(Operation, frozen=True, kw_only=True, tag="purchase"):
    """Pay ``points`` of a bill of ``amount``, the rest in cash; ``up_to``: as many as there are.

    With ``quote`` on the terms of that quote, whatever the contract says by now.
    """

    member: int
    outlet: int
    amount: int
    points: int
    up_to: bool = False
    lines: tuple[Line, ...] = ()
    code: CodeUse | None = None
    proof: Proof | None = None
    quote: int | None = None


class Hold(Operation, frozen=True, kw_only=True, tag="hold"):
    """Set points aside for a purchase to come, at the latest until ``expires_at``."""

    member: int
    outlet: int
    points: int
    up_to: bool = False
    expires_at: datetime | None = None
    code: CodeUse | None = None
    proof: Proof | None = None


class Capture(Operation, frozen=True, kw_only=True, tag="capture"):
    """Spend ``points`` of a hold on a bill of ``points + cash``; ``final`` frees the rest."""

    hold: int
    points: int
    cash: int = 0
    final: bool = True
    lines: tuple[Line, ...] = ()


class Void(Operation, frozen=True, kw_only=True, tag="void"):
    """Free what remains of a hold."""

    hold: int


class ExpireHold(Operation, frozen=True, kw_only=True, tag="expire_hold"):
    """Free what remains of a hold whose time is over."""

    hold: int


class Advice(Operation, frozen=True, kw_only=True, tag="advice"):
    """Post what a till has already let happen, with its hold or without.

    Where the points are not there any more it becomes an exception item, not a refusal.
    """

    member: int
    outlet: int
    points: int
    cash: int = 0
    hold: int | None = None
    lines: tuple[Line, ...] = ()
    code: CodeUse | None = None


class Refund(Operation, frozen=True, kw_only=True, tag="refund"):
    """Take back a sale: by ``lines``, by ``amount``, or (neither) all that is left of it."""

    original: int
    amount: int | None = None
    lines: tuple[RefundLine, ...] = ()


class Reversal(Operation, frozen=True, kw_only=True, tag="reversal"):
    """Undo whatever the operation with ``original_key`` did, also before it arrives."""

    original_key: str


class Gift(Operation, frozen=True, kw_only=True, tag="gift"):
    """Give points to another member; each slice keeps its issuer and its expiry."""

    member: int
    to: int
    points: int
    proof: Proof | None = None


class ProposeAdjustment(Operation, frozen=True, kw_only=True, tag="propose_adjustment"):
    """Propose to add (or, negative, to take) points of ``organisation``."""

    member: int
    organisation: int
    points: int
    reason: str
    by: str


class DecideAdjustment(Operation, frozen=True, kw_only=True, tag="decide_adjustment"):
    """Approve a proposal, as another person than the one who made it, or reject it."""

    proposal: int
    by: str
    approve: bool


class ExpireLots(Operation, frozen=True, kw_only=True, tag="expire_lots"):
    """End what is spendable of a member's lots past their date."""

    member: int


class ReleasePending(Operation, frozen=True, kw_only=True, tag="release_pending"):
    """Make a pending award spendable."""

    award: int


class CancelPending(Operation, frozen=True, kw_only=True, tag="cancel_pending"):
    """Take a pending award back before it was released."""

    award: int


class Merge(Operation, frozen=True, kw_only=True, tag="merge"):
    """Let membership ``member`` live on in ``into``: lots, holds, debts and history follow."""

    member: int
    into: int


class Close(Operation, frozen=True, kw_only=True, tag="close"):
    """End a membership; its points go to ``give_to``, or are given up by ``forfeit``.

    Both: what is spendable is given, what is pending is given up.
    """

    member: int
    give_to: int | None = None
    forfeit: bool = False


AnyOperation = (
    Award | Purchase | Hold | Capture | Void | ExpireHold | Advice | Refund | Reversal | Gift
    | ProposeAdjustment | DecideAdjustment | ExpireLots | ReleasePending | CancelPending
    | Merge | Close
)  # fmt: skip
