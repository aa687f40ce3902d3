"""Collateral: what an organisation has deposited, so that it may issue."""

from datetime import datetime

from msgspec import Struct

from tongbao.alliance import deposits, two_people
from tongbao.alliance.deposits import Moved
from tongbao.alliance.positions import Position
from tongbao.alliance.types import Organisation
from tongbao.desk.proposals import Proposal
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.ledger.movements import M

DEPOSIT, WITHDRAWAL = "collateral-deposit", "collateral-withdrawal"


class CollateralInUse(Refused):
    code = "collateral-in-use"
    text = "organisation {organisation} may take out {free} fen of its collateral, not {wanted}"


class CollateralMoved(Struct, frozen=True, kw_only=True):
    """A deposit or (negative ``amount``) a withdrawal, and the ``collateral`` it left, in fen."""

    organisation_id: int
    operation_id: int
    amount: int
    collateral: int
    at: datetime
    replayed: bool = False


def propose_deposit(
    conn: Connection, organisation_id: int, amount: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to book ``amount`` fen that the organisation pays in; another person decides.

    Refuses ``amount-out-of-range``, ``text-malformed``, ``organisation-not-found`` and
    ``organisation-closed``.
    """
    return two_people.propose(conn, DEPOSIT, organisation_id, amount, by=by, reason=reason, at=at)


def propose_withdrawal(
    conn: Connection, organisation_id: int, amount: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose that the organisation takes ``amount`` fen out; another person decides.

    Refuses ``collateral-in-use`` and what ``propose_deposit`` refuses. What may be taken out is
    looked at again when it is decided.
    """
    return two_people.propose(
        conn, WITHDRAWAL, organisation_id, amount, by=by, reason=reason, at=at, check=_check_free
    )


def decide(
    conn: Connection,
    proposal_id: int,
    *,
    approve: bool,
    by: str,
    at: datetime,
    reason: str | None = None,
) -> Proposal:
    """Decide a deposit or a withdrawal; what is approved is booked in the same transaction.

    Refuses ``proposal-not-found``, ``proposal-decided``, ``same-person``, without a ``reason`` to
    reject ``reason-missing``, and what ``deposit`` and ``withdraw`` refuse; then all is undecided.
    """
    ways = {DEPOSIT: _deposit, WITHDRAWAL: _withdraw}
    return two_people.decide(conn, ways, proposal_id, approve=approve, by=by, at=at, reason=reason)


def deposit(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> CollateralMoved:
    """Book ``amount`` fen that the organisation has paid in; the same key again does nothing.

    ``key`` is one of the organisation's own. Refuses ``key-malformed``, ``key-reused``,
    ``amount-out-of-range``, ``text-malformed``, ``organisation-not-found``, ``organisation-closed``
    and ``balance-limit``.
    """
    return _tell(organisation_id, _deposit(conn, organisation_id, amount, key, at, by))


def withdraw(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> CollateralMoved:
    """Book ``amount`` fen that the organisation takes out; the same key again does nothing.

    What stands behind its points and its debt stays: headroom must not fall below zero, and of
    a defaulted organisation everything stays. Refuses ``collateral-in-use`` and what ``deposit``
    refuses; what was refused may be tried again with the same key.
    """
    return _tell(organisation_id, _withdraw(conn, organisation_id, amount, key, at, by))


def free(organisation: Organisation, now: Position) -> int:
    """Give how much of its collateral an organisation may take out (fen)."""
    if organisation.status == "defaulted":
        return 0
    if now.headroom is None:
        return now.collateral
    return min(now.collateral, max(0, now.headroom))


def _deposit(conn: Connection, who: int, amount: int, key: str, at: datetime, by: str) -> Moved:
    return deposits.move(conn, M.DEPOSIT, who, amount, key, at, by, deposits.anything)


def _withdraw(conn: Connection, who: int, amount: int, key: str, at: datetime, by: str) -> Moved:
    return deposits.move(conn, M.WITHDRAW, who, amount, key, at, by, _check_free)


def _check_free(organisation: Organisation, now: Position, amount: int) -> None:
    if amount > free(organisation, now):
        raise CollateralInUse(
            organisation=organisation.id, free=free(organisation, now), wanted=amount
        )


def _tell(who: int, moved: Moved) -> CollateralMoved:
    return CollateralMoved(
        organisation_id=who,
        operation_id=moved.operation_id,
        amount=moved.amount,
        collateral=moved.balance,
        at=moved.at,
        replayed=moved.replayed,
    )
