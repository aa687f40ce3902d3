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
    terminal: str | None = None
    staff: str | None = None
    offer: str | None = None
    coupon: str | None = None
    arm: str | None = None
    exposure: str | None = None
    propensity: int | None = None


WINDOW_CLOSED: Final = "tongbao.window.closed.v1"
"""Event type of a clearing window that was closed."""

SETTLEMENT_TYPES: Final = {
    "proposed": "tongbao.settlement.proposed.v1",
    "approved": "tongbao.settlement.approved.v1",
    "instructed": "tongbao.settlement.instructed.v1",
    "settled": "tongbao.settlement.settled.v1",
    "failed": "tongbao.settlement.failed.v1",
    "rejected": "tongbao.settlement.rejected.v1",
}
"""Event type by the state that a settlement has come to."""

LEG_TYPES: Final = {
    "paid": "tongbao.leg.paid.v1",
    "rejected": "tongbao.leg.rejected.v1",
    "failed": "tongbao.leg.failed.v1",
}
"""Event type by the state that a leg of a settlement has come to."""


class WindowClosed(Struct, frozen=True, kw_only=True):
    """The data of a closed window's event."""

    window: int
    opened: int
    closed: int


class SettlementChanged(Struct, frozen=True, kw_only=True):
    """The data of a settlement's events; ``through_window`` is the last window it pays."""

    settlement: int
    state: str
    day: str
    through_window: int
    collections: int
    to_collect: int
    payouts: int
    to_pay: int
    paid_in: int
    paid_out: int
    failed: int
    written: int


class LegChanged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of a leg's events; ``amount`` is negative where the organisation pays."""

    settlement: int
    organisation: int
    state: str
    amount: int
    paid: int
    attempt: int
    written: int
    reason: str | None = None


HEADROOM_NARROWED: Final = "tongbao.headroom.narrowed.v1"
"""Event type of an organisation that has reached a level of its limit."""

PREPAID_LOWERED: Final = "tongbao.prepaid.lowered.v1"
"""Event type of an organisation whose block is nearly used up."""


class HeadroomNarrowed(Struct, frozen=True, kw_only=True, gc=False):
    """The data of a level reached: ``used`` of ``limit``, and what both are made of.

    ``level`` is the highest of its contract's levels that was reached, in parts per million.
    """

    organisation: int
    level: int
    used: int
    limit: int
    headroom: int
    collateral: int
    clearing: int
    circulation: int
    reserve: int


class PrepaidLowered(Struct, frozen=True, kw_only=True, gc=False):
    """The data of a block nearly used up: less than ``below`` is left; buy ``wanted``."""

    organisation: int
    prepaid: int
    below: int
    wanted: int


ORGANISATION_JOINED: Final = "tongbao.organisation.joined.v1"
"""Event type of an organisation whose application was accepted."""


class OrganisationJoined(Struct, frozen=True, kw_only=True):
    """The data of an organisation that takes part from now on."""

    organisation: int
    written: int


WEBHOOK_PINGED: Final = "tongbao.webhook.pinged.v1"
"""Event type of an endpoint that somebody tries: it alone is sent it, whatever types it wants."""

WEBHOOK_DISABLED: Final = "tongbao.webhook.disabled.v1"
"""Event type of an endpoint that is not called any more, because it does not answer."""


class WebhookChanged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of an endpoint's events."""

    endpoint: int
    organisation: int
    written: int
    because: str | None = None


TYPES: Final = (
    *OPERATION_TYPES.values(),
    WINDOW_CLOSED,
    *SETTLEMENT_TYPES.values(),
    *LEG_TYPES.values(),
    HEADROOM_NARROWED,
    PREPAID_LOWERED,
    ORGANISATION_JOINED,
    WEBHOOK_PINGED,
    WEBHOOK_DISABLED,
)
"""Every event type."""
