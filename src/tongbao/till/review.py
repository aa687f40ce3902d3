"""The review queue: what the watch has found, until a person has decided it, with a reason.

Confirming locks the member's spending at once. Points are taken back by an adjustment that one
person proposes here and another approves, as every adjustment.
"""

from datetime import datetime
from typing import Final

from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionItem, ExceptionNotFound
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.members import members
from tongbao.points.operations import ProposeAdjustment
from tongbao.till import watch

CLEARED: Final = "cleared"
CONFIRMED: Final = "confirmed"


class NothingToTakeBack(Refused):
    code = "nothing-to-take-back"
    text = "item {item} is not about points that one organisation gave to one member"


def waiting(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    now: datetime,
    state: str | None = "open",
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[ExceptionItem]:
    """List what the watch has found, oldest first: of one organisation, or of all."""
    found: list[ExceptionItem] = []
    for kind in watch.KINDS:
        found += exceptions.listed(
            conn, kind, organisation_id, limit, now=now, state=state, after=after
        )
    return sorted(found, key=lambda item: item.id)[:limit]


def get(
    conn: Connection, item_id: int, organisation_id: int | None = None, *, now: datetime
) -> ExceptionItem:
    """Give an item of the watch; refuses ``exception-not-found``, also when it is another's."""
    item = exceptions.get(conn, item_id, now=now)
    mine = organisation_id is None or item.organisation_id == organisation_id
    if item.kind not in watch.KINDS or not mine:
        raise ExceptionNotFound(item=item_id)
    return item


def clear(
    conn: Connection,
    item_id: int,
    *,
    by: str,
    reason: str,
    at: datetime,
    organisation_id: int | None = None,
) -> ExceptionItem:
    """Say that nothing is wrong; refuses what ``exceptions.close_item`` refuses."""
    get(conn, item_id, organisation_id, now=at)
    return exceptions.close_item(conn, item_id, by=by, how=CLEARED, reason=reason, at=at)


def confirm(
    conn: Connection,
    item_id: int,
    *,
    by: str,
    reason: str,
    at: datetime,
    organisation_id: int | None = None,
) -> ExceptionItem:
    """Say that it is what it looks like: the member's spending is locked.

    Refuses what ``exceptions.close_item`` refuses.
    """
    item = get(conn, item_id, organisation_id, now=at)
    closed = exceptions.close_item(conn, item_id, by=by, how=CONFIRMED, reason=reason, at=at)
    member = item.facts.get("member")
    if member is not None:
        living = members.resolve(conn, member)
        if living.status in ("active", "suspended"):
            members.set_spend_lock(conn, living.id, locked=True)
    return closed


def take_back(
    conn: Connection, item_id: int, *, by: str, reason: str, at: datetime
) -> ProposeAdjustment:
    """Give the proposal that takes back what the item says was given, for the teller.

    Its key follows from the item, so that it is proposed once; somebody else must approve it.
    Refuses ``exception-not-found`` and ``nothing-to-take-back``.
    """
    item = get(conn, item_id, now=at)
    member, points = item.facts.get("member"), item.facts.get("points", 0)
    given = item.kind in (watch.SELF_AWARD, watch.FAVOURITE)
    if not given or member is None or not points or item.organisation_id is None:
        raise NothingToTakeBack(item=item_id)
    return ProposeAdjustment(
        key=f"risk:{item.id}",
        scope=item.organisation_id,
        member=members.resolve(conn, member).id,
        organisation=item.organisation_id,
        points=-points,
        reason=reason,
        by=by,
    )
