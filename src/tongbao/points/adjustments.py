"""Adjustments as they wait for a second person, or were decided."""

from datetime import datetime

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.points.refusals import AdjustmentNotFound

Q = sql.load(__package__, "adjustment_queries.sql")


class Adjustment(Struct, frozen=True, kw_only=True):
    """Points (fen; negative: to be taken) that somebody proposes to give to a member.

    ``id`` is the operation that proposed it; ``state`` ``proposed``, ``approved`` or ``rejected``.
    """

    id: int
    member_id: int
    organisation_id: int
    points: int
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    state: str


def get(conn: Connection, adjustment_id: int) -> Adjustment:
    """Give an adjustment by the id of its proposal; refuses ``adjustment-not-found``."""
    found = None
    if 0 < adjustment_id < 2**63:
        with conn.cursor(row_factory=class_row(Adjustment)) as cursor:
            found = cursor.execute(Q.get_adjustment, {"id": adjustment_id}).fetchone()
    if found is None:
        raise AdjustmentNotFound(proposal=adjustment_id)
    return found


def listed(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    state: str | None = None,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Adjustment]:
    """Give at most ``limit`` adjustments with ids above ``after``, oldest first."""
    values = {
        "organisation": organisation_id,
        "state": state,
        "after": after,
        "limit": min(limit, limits.PAGE),
    }
    with conn.cursor(row_factory=class_row(Adjustment)) as cursor:
        return cursor.execute(Q.list_adjustments, values).fetchall()
