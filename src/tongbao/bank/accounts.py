"""Bank accounts of organisations: proposed by one person, approved by another, dated."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from psycopg.rows import TupleRow

from tongbao.alliance import organisations
from tongbao.bank import numbers
from tongbao.bank.types import Account, Details
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal, ProposalNotFound
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "account_queries.sql")

KIND: Final = "bank-account"
"""The kind of the proposals."""


class _Terms(Struct, frozen=True, kw_only=True):
    """What a proposal keeps of an account."""

    valid_from: date
    details: Details


def propose(
    conn: Connection,
    organisation_id: int,
    details: Details,
    valid_from: date,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> Proposal:
    """Propose an account that counts from a day on; somebody else must approve.

    Also for changing one, its mandate included: versions are never changed. Refuses
    ``bank-account-malformed``, ``organisation-not-found``, ``organisation-closed`` and what
    ``proposals.propose`` refuses.
    """
    organisations.lock_open(conn, organisation_id)
    terms = msgspec.to_builtins(_Terms(valid_from=valid_from, details=numbers.check(details)))
    return proposals.propose(conn, KIND, organisation_id, terms, by=by, reason=reason, at=at)


def approve(conn: Connection, proposal_id: int, *, by: str, at: datetime) -> Account:
    """Approve a proposed account; it counts from its day on.

    Payment files that were made before keep the account they were made with. Refuses
    ``proposal-not-found``, ``proposal-decided``, ``same-person``, ``organisation-closed``.
    """
    _check_kind(conn, proposal_id)
    approved = proposals.approve(conn, proposal_id, by=by, at=at)
    assert approved.organisation_id is not None, "accounts are of organisations"
    organisations.lock_open(conn, approved.organisation_id)
    terms = msgspec.convert(approved.terms, _Terms)
    row = conn.execute(
        Q.write_account,
        {
            **msgspec.structs.asdict(terms.details),
            "organisation": approved.organisation_id,
            "valid_from": terms.valid_from,
            "proposal": approved.id,
            "at": at,
        },
    ).fetchone()
    assert row is not None, "it has just been written"
    return Account(
        id=row[0],
        organisation_id=approved.organisation_id,
        valid_from=terms.valid_from,
        details=terms.details,
        proposal_id=approved.id,
        written_at=at,
    )


def reject(conn: Connection, proposal_id: int, *, by: str, reason: str, at: datetime) -> Proposal:
    """Reject a proposed account; refuses what ``proposals.reject`` refuses."""
    _check_kind(conn, proposal_id)
    return proposals.reject(conn, proposal_id, by=by, reason=reason, at=at)


def at_day(conn: Connection, organisation_ids: Collection[int], day: date) -> dict[int, Account]:
    """Give the accounts that count at a day, by organisation; those without one are left out."""
    values = {"organisations": arrays.ints(organisation_ids), "day": day}
    found = [_account(row) for row in conn.execute(Q.accounts_at, values)]
    return {account.organisation_id: account for account in found}


def listed(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Account]:
    """Give at most ``limit`` versions with ids above ``after``, of one organisation or of all."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    return [_account(row) for row in conn.execute(Q.list_accounts, values)]


def is_own(conn: Connection, number: str) -> bool:
    """Say whether an account is or was the operator's."""
    operator = organisations.operator(conn).id
    values = {"operator": operator, "number": number}
    (found,) = conn.execute(Q.is_own_account, values).fetchone() or (False,)
    return bool(found)


def details_of(columns: Sequence[Any]) -> Details:
    """Make details of the columns number, name, bic, cnaps, mandate, signed_on."""
    number, name, bic, cnaps, mandate, signed_on = columns
    return Details(
        number=number, name=name, bic=bic, cnaps=cnaps, mandate=mandate, signed_on=signed_on
    )


def _check_kind(conn: Connection, proposal_id: int) -> None:
    if proposals.get(conn, proposal_id).kind != KIND:
        raise ProposalNotFound(proposal=proposal_id)


def _account(row: TupleRow) -> Account:
    return Account(
        id=row[0],
        organisation_id=row[1],
        valid_from=row[2],
        details=details_of(row[3:9]),
        proposal_id=row[9],
        written_at=row[10],
    )
