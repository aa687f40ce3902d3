"""Turn a posted operation into its event."""

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


def event_of(
    stamp: Stamp, op: Operation, decision: Decision, books: Books, zone: ZoneInfo
) -> Event:
    """Give the event that announces a posted operation."""
    posting = decision.posting
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
        day=stamp.effective_at.astimezone(zone).date().isoformat(),
        written=micros(stamp.at),
        effective=micros(stamp.effective_at),
        points=posting.points,
        cash=decision.cash,
        earned=decision.earned,
        issuers=issuers,
        lines=_lines(op, decision),
        status=decision.status,
        withheld=decision.withheld,
        campaign=op.campaign,
    )
    kind = OPERATION_TYPES[posting.kind]
    return Event(posting.owner, kind, stamp.effective_at, _encode(data).decode())


def _lines(op: Operation, decision: Decision) -> tuple[EventLine, ...]:
    given = getattr(op, "lines", ())
    sold = {line.id: line for line in given if isinstance(line, Line)}
    lines = []
    for line_id, amount, points in decision.detail.lines:
        if line_id != WHOLE_SALE:
            line = sold.get(line_id)
            item, quantity = (None, 1) if line is None else (line.item, line.quantity)
            lines.append(EventLine(line_id, amount, points, item, quantity))
    return tuple(lines)
