"""What operations keep beside the journal: proposals, exception items, memberships that end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import arrays, sql
from tongbao.ledger.types import Stamp
from tongbao.members.members import mark_closed, mark_merged
from tongbao.points.operations import Operation
from tongbao.points.sheet import Decision

Q = sql.load(__package__)


def record(
    conn: Connection[Any],
    decisions: Sequence[tuple[Stamp, Operation, Decision]],
    at: datetime,
) -> None:
    """Write the rows that decisions ask for; proposals and ends are few, a statement each."""
    _work_on_exceptions(conn, decisions, at)
    _use_quotes(conn, decisions)
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
        if decision.ended is not None:
            member, into = decision.ended
            if into is None:
                mark_closed(conn, member)
            else:
                mark_merged(conn, member, into)


def _use_quotes(
    conn: Connection[Any], decisions: Sequence[tuple[Stamp, Operation, Decision]]
) -> None:
    used = [
        (decision.posting.owner, decision.quote, stamp.id)
        for stamp, _, decision in decisions
        if decision.quote is not None
    ]
    if used:
        conn.execute(
            Q.use_quotes,
            {
                "members": arrays.ints([member for member, _, _ in used]),
                "quotes": arrays.ints([quote for _, quote, _ in used]),
                "operations": arrays.ints([operation for _, _, operation in used]),
            },
        )


def _work_on_exceptions(
    conn: Connection[Any],
    decisions: Sequence[tuple[Stamp, Operation, Decision]],
    at: datetime,
) -> None:
    """Raise an item for each advice that could not be posted, close those that were reversed."""
    raised = [
        _item(stamp, decision) for stamp, _, decision in decisions if decision.exception is not None
    ]
    exceptions.raise_items(conn, raised, at)
    exceptions.close_subjects(
        conn,
        "advice",
        [str(decision.closed) for _, _, decision in decisions if decision.closed is not None],
        by="till",
        how="reversed",
        reason="the advice was reversed",
        at=at,
    )


def _item(stamp: Stamp, decision: Decision) -> NewItem:
    assert decision.exception is not None
    organisation, outlet, hold, points, reason = decision.exception
    facts = {
        "member": decision.posting.owner,
        "outlet": outlet,
        "points": points,
        "reason": reason,
        "effective_at": stamp.effective_at,
    }
    if hold is not None:
        facts["hold"] = hold
    return NewItem(kind="advice", organisation_id=organisation, subject=str(stamp.id), facts=facts)
