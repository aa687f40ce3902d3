"""All event types on one page, with their one schema.

The attributes are those of CloudEvents 1.0: ``id``, ``type``, ``source``, ``subject``, ``time``
come from the row; what is here is ``data``. Times are microseconds since 1970 UTC, amounts are
fen, and everybody is a number.
"""

from typing import Final

from msgspec import Struct

OPERATION_TYPES: Final = {
    "award": "tongbao.points.awarded.v1",
    "purchase": "tongbao.purchase.posted.v1",
    "hold": "tongbao.hold.placed.v1",
    "capture": "tongbao.hold.captured.v1",
    "void": "tongbao.hold.voided.v1",
    "expire_hold": "tongbao.hold.expired.v1",
    "advice": "tongbao.advice.received.v1",
    "refund": "tongbao.sale.refunded.v1",
    "reversal": "tongbao.operation.reversed.v1",
    "gift": "tongbao.points.gifted.v1",
    "propose_adjustment": "tongbao.adjustment.proposed.v1",
    "decide_adjustment": "tongbao.adjustment.decided.v1",
    "expire_lots": "tongbao.points.expired.v1",
    "release_pending": "tongbao.points.released.v1",
    "cancel_pending": "tongbao.award.cancelled.v1",
    "merge": "tongbao.member.merged.v1",
    "close": "tongbao.member.closed.v1",
}
"""Event type by kind of operation."""


class EventLine(Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of a sale or refund."""

    id: str
    amount: int
    points: int = 0
    item: str | None = None
    quantity: int = 1


class OperationPosted(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The data of every operation's event.

    ``day`` is the business day (YYYY-MM-DD) in the alliance's time zone. ``issuers`` are the
    points moved by issuer. ``offer``, ``coupon``, ``arm``, ``exposure`` and ``propensity`` (parts
    per million) are room for campaigns and experiments.
    """

    operation: int
    original: int | None = None
    member: int | None = None
    organisation: int | None = None
    outlet: int | None = None
    format: str | None = None
    region: str | None = None
    channel: str | None = None
    day: str
    written: int
    effective: int
    points: int = 0
    cash: int = 0
    earned: int = 0
    issuers: dict[int, int] = {}
    lines: tuple[EventLine, ...] = ()
    status: str = "posted"
    withheld: str | None = None
    campaign: str | None = None
    offer: str | None = None
    coupon: str | None = None
    arm: str | None = None
    exposure: str | None = None
    propensity: int | None = None
