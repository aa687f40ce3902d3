"""Whom an event concerns, what of it each may see, and how it is written for them."""

import re
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from tongbao.events.outbox import Read
from tongbao.events.types import OPERATION_TYPES, WINDOW_CLOSED, OperationPosted

_OPERATIONS: Final = frozenset(OPERATION_TYPES.values())
_ID: Final = re.compile(r"evt_([1-9][0-9]{0,17})_([1-9][0-9]{0,17})")

_encode = msgspec.json.Encoder().encode
_operation = msgspec.json.Decoder(OperationPosted).decode


class Envelope(Struct, frozen=True, kw_only=True):
    """An event as it is told: the attributes of CloudEvents 1.0.

    ``timestamp`` repeats ``time`` under the name that Standard Webhooks has for it.
    """

    specversion: str = "1.0"
    id: str
    source: str = "/tongbao"
    type: str
    subject: str | UnsetType = UNSET
    time: datetime
    timestamp: datetime
    data: Raw


class _Whom(Struct, frozen=True, gc=False):
    organisation: int | None = None
    issuers: dict[int, int] = {}


_whom = msgspec.json.Decoder(_Whom).decode


def seen_by(event: Read, organisation: int | None) -> str | None:
    """Give the data of an event as an organisation may see it; None if it does not concern it.

    Without an organisation: as the operator does, who sees all. The owner of the outlet sees the
    whole; an issuer, how many of its own points moved, not what was bought nor who else paid.
    """
    if organisation is None or event.type == WINDOW_CLOSED:
        return event.data
    whom = _whom(event.data)
    if whom.organisation == organisation:
        return event.data
    moved = whom.issuers.get(organisation)
    if moved is None or event.type not in _OPERATIONS:
        return None
    whole = _operation(event.data)
    own = OperationPosted(
        operation=whole.operation,
        original=whole.original,
        member=whole.member,
        organisation=whole.organisation,
        day=whole.day,
        written=whole.written,
        effective=whole.effective,
        points=moved,
        issuers={organisation: moved},
        status=whole.status,
    )
    return _encode(own).decode()


def tell(event: Read, data: str) -> Envelope:
    """Write an event with the data that somebody may see."""
    return Envelope(
        id=id_of(event.xid, event.id),
        type=event.type,
        subject=str(event.owner) if event.owner else UNSET,
        time=event.at,
        timestamp=event.at,
        data=Raw(data.encode()),
    )


def id_of(xid: int, event_id: int) -> str:
    """Give the id of an event: its place in the stream, the same for whoever is told."""
    return f"evt_{xid}_{event_id}"


def place_of(given: str) -> tuple[int, int] | None:
    """Give the place in the stream that an event's id says; None if it is no such id."""
    found = _ID.fullmatch(given)
    return None if found is None else (int(found[1]), int(found[2]))
