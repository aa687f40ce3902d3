"""What operations keep beside the journal: proposals, exception items, memberships that end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import Connection

from tongbao.kernel import sql
from tongbao.ledger.types import Stamp
from tongbao.members.members import mark_closed, mark_merged
from tongbao.points.operations import Operation
from tongbao.points.sheet import Decision

Q = sql.load(__package__)


def record(
    conn: Connection[Any],
    decisions: Iterable[tuple[Stamp, Operation, Decision]],
    at: datetime,
) -> None:
    """Write the rows that decisions ask for; they are few, so one statement each."""
    for stamp, _, decision in decisions:
        if decision.proposal is not None:
            organisation, points, reason, by = decision.proposal
            row = {"id": stamp.id, "member": decision.posting.owner, "organisation": organisation}
            conn.execute(
                Q.write_proposals, {**row, "points": points, "reason": reason, "by": by, "at": at}
            )
        if decision.decided is not None:
            proposal, state, by = decision.decided
            conn.execute(Q.decide_proposal, {"id": proposal, "state": state, "by": by, "at": at})
        if decision.exception is not None:
            _raise_item(conn, stamp, decision)
        if decision.closed is not None:
            conn.execute(Q.close_exception, {"id": decision.closed})
        if decision.ended is not None:
            member, into = decision.ended
            if into is None:
                mark_closed(conn, member)
            else:
                mark_merged(conn, member, into)


def _raise_item(conn: Connection[Any], stamp: Stamp, decision: Decision) -> None:
    assert decision.exception is not None
    organisation, outlet, hold, points, reason = decision.exception
    conn.execute(
        Q.write_exception,
        {
            "id": stamp.id,
            "member": decision.posting.owner,
            "organisation": organisation,
            "outlet": outlet,
            "hold": hold,
            "points": points,
            "reason": reason,
            "at": stamp.at,
            "effective_at": stamp.effective_at,
        },
    )
