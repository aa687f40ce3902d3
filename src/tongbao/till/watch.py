"""The watch: reads what happened from the event stream and notes what staff and refunds look like.

It finds what one operation alone does not show: staff who give points to themselves, a member to
whom the same hands give again and again, goods that are bought and returned all day. What it finds
waits for a person (``review``); it stops nothing by itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct
from psycopg import Connection

from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.events import outbox
from tongbao.events.types import OPERATION_TYPES, OperationPosted
from tongbao.kernel import arrays, sql

Q = sql.load(__package__)

READER: Final = "till.watch"
PAGE: Final = 1_000

SELF_AWARD: Final = "risk-self-award"
FAVOURITE: Final = "risk-favourite"
REFUND_CYCLE: Final = "risk-refund-cycle"
KINDS: Final = (SELF_AWARD, FAVOURITE, REFUND_CYCLE)

_EARNING: Final = {OPERATION_TYPES[kind] for kind in ("award", "purchase", "capture", "advice")}
_UNDOING: Final = {OPERATION_TYPES[kind] for kind in ("refund", "cancel_pending")}
_decode = msgspec.json.Decoder(OperationPosted).decode


class Thresholds(Struct, frozen=True, kw_only=True):
    """From how many in a day on somebody should look."""

    awards_to_one: int = 5
    refunds_of_member: int = 3
    refunds_by_staff: int = 10


class Seen(Struct, frozen=True, kw_only=True):
    """How many events were read, and how many items were raised by them at most.

    ``more``: there may be events that were not read.
    """

    events: int
    found: int
    more: bool = False


class _Row(NamedTuple):
    """What is counted: a pattern of one organisation and day, about a member, by whom."""

    organisation: int
    pattern: str
    day: str
    member: int
    who: str


def look(
    conn: Connection[Any],
    at: datetime,
    thresholds: Thresholds = Thresholds(),  # noqa: B008
) -> Seen:
    """Read the next page of events and note what is in it; in the caller's transaction.

    Two who look at once take turns. Nothing is left when ``events`` is 0.
    """
    conn.execute(Q.lock_watch)
    place = outbox.place_of(conn, READER)
    page = outbox.after(conn, *place, PAGE)
    if not page:
        return Seen(events=0, found=0)
    given = [_decode(event.data) for event in page if event.type in _EARNING]
    undone = [_decode(event.data) for event in page if event.type in _UNDOING]
    given = [one for one in given if one.earned > 0 and one.staff]
    items = [*_self_awards(conn, given), *_patterns(conn, [*_rows(given, undone)], thresholds)]
    exceptions.raise_items(conn, items, at)
    outbox.move(conn, READER, page[-1].xid, page[-1].id, at)
    return Seen(events=len(page), found=len(items))


def look_at_all(
    conn: Connection[Any], now: Callable[[], datetime], until: datetime | None = None
) -> Seen:
    """Read all events that were not read, each page in a transaction of its own.

    No page is begun after ``until``.
    """
    events = found = 0
    while until is None or now() < until:
        with conn.transaction():
            seen = look(conn, now())
        if not seen.events:
            return Seen(events=events, found=found)
        events, found = events + seen.events, found + seen.found
    return Seen(events=events, found=found, more=True)


def forget(conn: Connection[Any], before: date) -> int:
    """Forget what was counted before a day; give how many rows."""
    return conn.execute(Q.forget_tallies, {"before": before}).rowcount


def _self_awards(conn: Connection[Any], given: Sequence[OperationPosted]) -> list[NewItem]:
    """Give an item for each earning that staff gave to the member that they are themselves."""
    if not given:
        return []
    own = set(
        conn.execute(
            Q.own_members,
            {
                "organisations": arrays.ints([one.organisation or 0 for one in given]),
                "staff": arrays.texts([one.staff for one in given]),
                "members": arrays.ints([one.member or 0 for one in given]),
            },
        ).fetchall()
    )
    return [
        NewItem(
            kind=SELF_AWARD,
            organisation_id=one.organisation,
            subject=str(one.operation),
            facts={
                "operation": one.operation,
                "member": one.member,
                "staff": one.staff,
                "outlet": one.outlet,
                "points": one.earned,
                "cash": one.cash,
            },
        )
        for one in given
        if (one.organisation, one.staff, one.member) in own
    ]


def _rows(
    given: Iterable[OperationPosted], undone: Iterable[OperationPosted]
) -> Iterator[tuple[_Row, int]]:
    """Give what each operation counts for, with its points."""
    for one in given:
        organisation, member = one.organisation or 0, one.member or 0
        yield _Row(organisation, FAVOURITE, one.day, member, one.staff or ""), one.earned
    for one in undone:
        organisation, member = one.organisation or 0, one.member or 0
        moved = abs(one.points) + abs(one.earned)
        yield _Row(organisation, REFUND_CYCLE, one.day, member, ""), moved
        if one.staff:
            yield _Row(organisation, REFUND_CYCLE, one.day, 0, one.staff), moved


def _patterns(
    conn: Connection[Any], rows: Iterable[tuple[_Row, int]], thresholds: Thresholds
) -> list[NewItem]:
    """Count a page into the days' tallies; give an item for each that has come to its threshold."""
    counts: Counter[_Row] = Counter()
    points: Counter[_Row] = Counter()
    for row, moved in rows:
        counts[row] += 1
        points[row] += moved
    if not counts:
        return []
    ordered = sorted(counts)
    told = conn.execute(
        Q.add_tallies,
        {
            "organisations": arrays.ints([row.organisation for row in ordered]),
            "patterns": arrays.words([row.pattern for row in ordered]),
            "days": arrays.words([row.day for row in ordered]),
            "members": arrays.ints([row.member for row in ordered]),
            "who": arrays.texts([row.who for row in ordered]),
            "counts": arrays.ints([counts[row] for row in ordered]),
            "points": arrays.ints([points[row] for row in ordered]),
        },
    )
    found = []
    for organisation, pattern, day, member, who, count, total in told:
        row = _Row(organisation, pattern, day.isoformat(), member, who)
        if count >= _threshold(row, thresholds):
            found.append(_item(row, count, total))
    return found


def _threshold(row: _Row, thresholds: Thresholds) -> int:
    if row.pattern == FAVOURITE:
        return thresholds.awards_to_one
    return thresholds.refunds_by_staff if row.who else thresholds.refunds_of_member


def _item(row: _Row, count: int, points: int) -> NewItem:
    subject = f"{row.organisation}:{row.day}:{row.member}:{row.who}"
    facts: dict[str, Any] = {"day": row.day, "count": count, "points": points}
    if row.member:
        facts["member"] = row.member
    if row.who:
        facts["staff"] = row.who
    return NewItem(
        kind=row.pattern, organisation_id=row.organisation, subject=subject[:255], facts=facts
    )
