"""The nouns of webhooks: an endpoint, a delivery, a call that was made."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from tongbao.events.outbox import Read

EndpointState = Literal["active", "disabled"]
DeliveryState = Literal["waiting", "delivered", "given_up"]


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where an organisation wants to be told of events; ``types`` is empty where of all.

    ``failing_since``: when the first of the calls failed that have failed in a row.
    """

    id: int
    organisation_id: int
    url: str
    types: list[str]
    name: str
    state: EndpointState
    version: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    reached_at: datetime | None
    failures_in_row: int
    failing_since: datetime | None
    paused_until: datetime | None
    disabled_because: str | None


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one endpoint: ``event`` is its id, which is the same each time it is sent."""

    event: str
    type: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    queued_at: datetime
    ended_at: datetime | None


class Attempt(Struct, frozen=True, kw_only=True):
    """A call that was made: the status of the answer, or why there was none."""

    at: datetime
    status: int | None
    milliseconds: int
    error: str | None


class Due(Struct, frozen=True, kw_only=True):
    """A delivery whose time has come, with its event."""

    attempts: int
    event: Read


class Answer(Struct, frozen=True, kw_only=True):
    """What became of a call. ``wait``: for how many seconds the receiver wants to be left alone."""

    status: int | None
    milliseconds: int
    error: str | None = None
    wait: int = 0

    @property
    def good(self) -> bool:
        """Tell whether the receiver has taken it."""
        return self.error is None and self.status is not None and 200 <= self.status < 300
