"""What travels in bulk: operations of all kinds, each with its own key."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tongbao.api import wire
from tongbao.api.wire import Id, OperationOut, Problem
from tongbao.kernel import limits

ItemKey = Annotated[
    str,
    Meta(
        pattern=r"^[!-~]{1,255}$",
        description="The idempotency key of this operation",
        examples=["till-7-000123"],
    ),
]


class PurchaseItem(wire.PurchaseIn, frozen=True, kw_only=True, tag="purchase", tag_field="kind"):
    """A purchase."""

    key: ItemKey


class AwardItem(wire.AwardIn, frozen=True, kw_only=True, tag="award", tag_field="kind"):
    """An award."""

    key: ItemKey


class HoldItem(wire.HoldIn, frozen=True, kw_only=True, tag="hold", tag_field="kind"):
    """A hold."""

    key: ItemKey


class AdviceItem(wire.AdviceIn, frozen=True, kw_only=True, tag="advice", tag_field="kind"):
    """An advice."""

    key: ItemKey


class GiftItem(wire.GiftIn, frozen=True, kw_only=True, tag="gift", tag_field="kind"):
    """A gift."""

    key: ItemKey


class CaptureItem(wire.CaptureIn, frozen=True, kw_only=True, tag="capture", tag_field="kind"):
    """A capture of ``hold``."""

    key: ItemKey
    hold: Id


class VoidItem(wire.PlainIn, frozen=True, kw_only=True, tag="void", tag_field="kind"):
    """A void of ``hold``."""

    key: ItemKey
    hold: Id


class ReleaseItem(wire.PlainIn, frozen=True, kw_only=True, tag="release", tag_field="kind"):
    """A release of the pending ``award``."""

    key: ItemKey
    award: Id


class CancelItem(wire.PlainIn, frozen=True, kw_only=True, tag="cancel", tag_field="kind"):
    """A cancelling of the pending ``award``."""

    key: ItemKey
    award: Id


class RefundItem(wire.RefundIn, frozen=True, kw_only=True, tag="refund", tag_field="kind"):
    """A refund."""

    key: ItemKey


class ReversalItem(wire.ReversalIn, frozen=True, kw_only=True, tag="reversal", tag_field="kind"):
    """A reversal."""

    key: ItemKey


Item = (
    PurchaseItem | AwardItem | HoldItem | AdviceItem | GiftItem | CaptureItem | VoidItem
    | ReleaseItem | CancelItem | RefundItem | ReversalItem
)  # fmt: skip


class BulkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Operations in their order: ``independent``, each for itself, or ``atomic``, all or none."""

    mode: Literal["atomic", "independent"]
    operations: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=limits.ITEMS)]


class ItemOut(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one operation: what a call of its own would have been answered."""

    key: str
    status: int
    operation: OperationOut | None = None
    problem: Problem | None = None


class BulkOut(Struct, frozen=True, kw_only=True):
    """What became of each operation, in the same order."""

    posted: int
    refused: int
    operations: tuple[ItemOut, ...]
