"""Proposals: one person proposes, another decides, once; the caller does what was approved.

Whoever has proposed something may take it back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from tongbao.desk import facts, people
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused

Q = sql.load(__package__)


class ProposalNotFound(NotFound):
    code = "proposal-not-found"
    text = "there is no proposal {proposal}"


class ProposalDecided(Conflict):
    code = "proposal-decided"
    text = "proposal {proposal} was {state} by {by}"


class SamePerson(Refused):
    code = "same-person"
    text = "{by} has proposed it; somebody else must decide"


class Proposal(Struct, frozen=True, kw_only=True):
    """What one person wants done; ``state`` is ``proposed``, ``approved`` or ``rejected``.

    ``terms`` is what the package whose ``kind`` it is needs to do it, ``operation_id`` what it
    became in the journal.
    """

    id: int
    kind: str
    organisation_id: int | None
    terms: dict[str, Any]
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    operation_id: int | None = None


def propose(
    conn: Connection,
    kind: str,
    organisation_id: int | None,
    terms: Mapping[str, Any],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> Proposal:
    """Write a proposal down; it does nothing until somebody else approves.

    Refuses ``text-malformed``, ``code-malformed`` and ``facts-too-long``.
    """
    values = {
        "kind": texts.code("kind", kind),
        "organisation": organisation_id,
        "terms": facts.encode(terms),
        "reason": texts.line("reason", reason, limits.TEXT),
        "by": people.name(by),
        "at": at,
    }
    (proposal_id,) = conn.execute(Q.write_proposal, values).fetchone() or (0,)
    return get(conn, proposal_id)


def approve(conn: Connection, proposal_id: int, *, by: str, at: datetime) -> Proposal:
    """Approve a proposal; the caller does what it stands for in the same transaction.

    If that is refused and the transaction undone, nothing is decided. Of two who decide at once
    the second waits for the first. Refuses ``proposal-not-found``, ``proposal-decided``,
    ``same-person`` and ``text-malformed``.
    """
    return _decide(conn, proposal_id, "approved", by, None, at)


def reject(conn: Connection, proposal_id: int, *, by: str, reason: str, at: datetime) -> Proposal:
    """Reject a proposal with a reason; whoever proposed it may take it back so.

    Refuses what ``approve`` refuses, but not ``same-person``.
    """
    reason = texts.line("reason", reason, limits.TEXT)
    return _decide(conn, proposal_id, "rejected", by, reason, at)


def note_operation(conn: Connection, proposal_id: int, operation_id: int) -> None:
    """Note the operation that an approved proposal became."""
    values = {"id": proposal_id, "operation": operation_id}
    assert conn.execute(Q.note_operation, values).rowcount == 1, "it has just been approved"


def get(conn: Connection, proposal_id: int) -> Proposal:
    """Give a proposal by its id; refuses ``proposal-not-found``."""
    row = None
    if 0 < proposal_id < 2**63:
        row = conn.execute(Q.get_proposal, {"id": proposal_id}).fetchone()
    if row is None:
        raise ProposalNotFound(proposal=proposal_id)
    return _proposal(row)


def waiting(conn: Connection, kind: str | None = None, limit: int = limits.PAGE) -> list[Proposal]:
    """Give at most ``limit`` proposals that nobody has decided, oldest first."""
    return listed(conn, kind, state="proposed", limit=limit)


def listed(
    conn: Connection,
    kind: str | None = None,
    organisation: int | None = None,
    *,
    state: str | None = None,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Proposal]:
    """Give at most ``limit`` proposals with ids above ``after``, oldest first."""
    values = {
        "kind": kind,
        "organisation": organisation,
        "state": state,
        "after": after,
        "limit": min(limit, limits.PAGE),
    }
    return [_proposal(row) for row in conn.execute(Q.list_proposals, values)]


def _decide(
    conn: Connection, proposal_id: int, state: str, by: str, reason: str | None, at: datetime
) -> Proposal:
    by = people.name(by)
    if 0 < proposal_id < 2**63:
        conn.execute(Q.lock_proposal, {"id": proposal_id})
    proposal = get(conn, proposal_id)
    if proposal.state != "proposed":
        raise ProposalDecided(proposal=proposal.id, state=proposal.state, by=proposal.decided_by)
    if state == "approved" and people.same(by, proposal.proposed_by):
        raise SamePerson(by=by)
    values = {"id": proposal_id, "state": state, "by": by, "reason": reason, "at": at}
    conn.execute(Q.decide_proposal, values)
    return get(conn, proposal_id)


def _proposal(row: tuple[Any, ...]) -> Proposal:
    values = dict(zip(Proposal.__struct_fields__, row, strict=True))
    return Proposal(**values | {"terms": facts.decode(values["terms"])})
