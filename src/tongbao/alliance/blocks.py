"""Blocks: money that an organisation pays in advance, for points it will issue."""

from datetime import datetime

from msgspec import Struct

from tongbao.alliance import contracts, deposits, two_people
from tongbao.alliance.contracts import NoContract
from tongbao.alliance.deposits import Moved
from tongbao.alliance.positions import Position
from tongbao.alliance.types import Organisation, Terms
from tongbao.desk.proposals import Proposal
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.ledger.movements import M

PURCHASE, RETURN = "block-purchase", "block-return"


class NoBlock(Refused):
    code = "no-block"
    text = "the contract of organisation {organisation} knows no blocks"


class BlockNotWhole(Refused):
    code = "block-not-whole"
    text = "{amount} fen are no whole number of blocks of {block} fen"


class PrepaidTooLittle(Refused):
    code = "prepaid-too-little"
    text = "organisation {organisation} may take back {left} fen of its block, not {wanted}"


class BlockMoved(Struct, frozen=True, kw_only=True):
    """Blocks bought or (negative ``amount``) paid back, and the ``prepaid`` that left, in fen."""

    organisation_id: int
    operation_id: int
    amount: int
    prepaid: int
    at: datetime
    replayed: bool = False


def wanted(terms: Terms, prepaid: int) -> int:
    """Give what is to be bought so that no less than ``replenish_below`` is left: whole blocks.

    Zero when enough is left, or the contract knows no blocks or no such level.
    """
    if terms.block is None or terms.replenish_below is None:
        return 0
    missing = max(0, terms.replenish_below - prepaid)
    return -(-missing // terms.block) * terms.block


def propose_purchase(
    conn: Connection, organisation_id: int, amount: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to book ``amount`` fen of blocks that the organisation buys; another decides.

    Refuses ``no-block``, ``block-not-whole``, ``amount-out-of-range``, ``text-malformed``,
    ``organisation-not-found`` and ``organisation-closed``.
    """
    deposits.check_amount(amount)
    _check_whole(conn, organisation_id, amount, at)
    return two_people.propose(conn, PURCHASE, organisation_id, amount, by=by, reason=reason, at=at)


def propose_return(
    conn: Connection, organisation_id: int, amount: int, *, by: str, reason: str, at: datetime
) -> Proposal:
    """Propose to pay ``amount`` fen of what is left of its blocks back; another decides.

    Refuses ``prepaid-too-little`` and what ``propose_purchase`` refuses of amounts and
    organisations. What is left is looked at again when it is decided.
    """
    return two_people.propose(
        conn, RETURN, organisation_id, amount, by=by, reason=reason, at=at, check=_check_left
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
    """Decide on blocks bought or paid back; what is approved is booked in the same transaction.

    Refuses ``proposal-not-found``, ``proposal-decided``, ``same-person``, without a ``reason`` to
    reject ``reason-missing``, and what ``buy`` and ``give_back`` refuse; then nothing is decided.
    """
    ways = {PURCHASE: _buy, RETURN: _give_back}
    return two_people.decide(conn, ways, proposal_id, approve=approve, by=by, at=at, reason=reason)


def buy(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> BlockMoved:
    """Book whole blocks that the organisation has paid; the same key again does nothing.

    ``key`` is one of the organisation's own. Refuses ``no-block``, ``block-not-whole`` and what
    ``collateral.deposit`` refuses.
    """
    return _tell(organisation_id, _buy(conn, organisation_id, amount, key, at, by))


def give_back(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> BlockMoved:
    """Book what is paid back of its blocks, never more than is left of them; once for each key.

    Of a defaulted organisation everything stays. Refuses ``prepaid-too-little`` and what
    ``collateral.deposit`` refuses.
    """
    return _tell(organisation_id, _give_back(conn, organisation_id, amount, key, at, by))


def _buy(conn: Connection, who: int, amount: int, key: str, at: datetime, by: str) -> Moved:
    def check(organisation: Organisation, now: Position, wanted: int) -> None:  # noqa: ARG001
        _check_whole(conn, organisation.id, wanted, at)

    return deposits.move(conn, M.BUY_BLOCK, who, amount, key, at, by, check)


def _give_back(conn: Connection, who: int, amount: int, key: str, at: datetime, by: str) -> Moved:
    return deposits.move(conn, M.RETURN_BLOCK, who, amount, key, at, by, _check_left)


def _check_whole(conn: Connection, who: int, amount: int, at: datetime) -> None:
    try:
        block = contracts.terms_at(conn, who, at).block
    except NoContract:
        block = None
    if block is None:
        raise NoBlock(organisation=who)
    if amount % block:
        raise BlockNotWhole(amount=amount, block=block)


def _check_left(organisation: Organisation, now: Position, amount: int) -> None:
    left = 0 if organisation.status == "defaulted" else now.prepaid
    if amount > left:
        raise PrepaidTooLittle(organisation=organisation.id, left=left, wanted=amount)


def _tell(who: int, moved: Moved) -> BlockMoved:
    return BlockMoved(
        organisation_id=who,
        operation_id=moved.operation_id,
        amount=moved.amount,
        prepaid=moved.balance,
        at=moved.at,
        replayed=moved.replayed,
    )
