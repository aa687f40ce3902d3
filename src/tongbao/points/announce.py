"""Turn a posted operation into its event."""

from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from tongbao.events.outbox import Event
from tongbao.events.types import OPERATION_TYPES, EventLine, OperationPosted
from tongbao.kernel.clock import micros
from tongbao.ledger.types import Stamp
from tongbao.points.books import Books
from tongbao.points.detail import WHOLE_SALE
from tongbao.points.operations import Line, Operation
from tongbao.points.sheet import Decision

_encode = msgspec.json.Encoder().encode
_QUARTER: Final = 900_000_000


def event_of(
    stamp: Stamp, op: Operation, decision: Decision, books: Books, zone: ZoneInfo
) -> Event:
    """Give the event that announces a posted operation."""
    posting = decision.posting
    effective = micros(stamp.effective_at)
    outlet = None if posting.outlet is None else books.outlets.get(posting.outlet)
    issuers: dict[int, int] = {}
    for part in decision.slices:
        issuers[part.issuer] = issuers.get(part.issuer, 0) + part.points
    data = OperationPosted(
        operation=stamp.id,
        original=posting.original,
        member=posting.owner if posting.owner in books.members else None,
        organisation=posting.organisation,
        outlet=posting.outlet,
        format=None if outlet is None else outlet.format,
        region=None if outlet is None else outlet.region,
        channel=op.channel,
        day=_day(effective // _QUARTER, zone),
        written=micros(stamp.at),
        effective=effective,
        points=posting.points,
        cash=decision.cash,
        earned=decision.earned,
        issuers=issuers,
        lines=_lines(op, decision),
        status=decision.status,
        withheld=decision.withheld,
        campaign=op.campaign,
        terminal=op.terminal,
        staff=op.staff,
    )
    kind = OPERATION_TYPES[posting.kind]
    return Event(posting.owner, kind, stamp.effective_at, _encode(data).decode())


@lru_cache(maxsize=10_000)
def _day(quarter: int, zone: ZoneInfo) -> str:
    """Give the business day of a quarter of an hour: no zone changes its day within one."""
    return datetime.fromtimestamp(quarter * 900, zone).date().isoformat()


def _lines(op: Operation, decision: Decision) -> tuple[EventLine, ...]:
    lines = decision.detail.lines
    if not lines or lines[0][0] == WHOLE_SALE:
        return ()
    sold = {line.id: line for line in getattr(op, "lines", ()) if isinstance(line, Line)}
    told = []
    for line_id, amount, points in lines:
        line = sold.get(line_id)
        item, quantity = (None, 1) if line is None else (line.item, line.quantity)
        told.append(EventLine(line_id, amount, points, item, quantity))
    return tuple(told)
