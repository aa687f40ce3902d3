"""The guarantee fund and the operator's first loss: money that stands behind defaults."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.kernel import limits, once, sql
from tongbao.kernel.amounts import AmountOutOfRange, BalanceLimit
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.ledger import accounts, entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer
from tongbao.losses import caps

Q = sql.load(__package__)

CONTRIBUTE: Final = "contribute"
RETURN: Final = "return-contribution"
SET_FIRST_LOSS: Final = "set-first-loss"
RETURN_FIRST_LOSS: Final = "return-first-loss"

_MOVEMENTS: Final = {
    CONTRIBUTE: M.CONTRIBUTE,
    RETURN: M.RETURN_CONTRIBUTION,
    SET_FIRST_LOSS: M.SET_FIRST_LOSS,
    RETURN_FIRST_LOSS: M.RETURN_FIRST_LOSS,
}
KINDS: Final = frozenset(_MOVEMENTS)
"""The kinds of proposals that move money of the fund."""

_IN: Final = frozenset({CONTRIBUTE, SET_FIRST_LOSS})
_FIRST_LOSS: Final = frozenset({SET_FIRST_LOSS, RETURN_FIRST_LOSS})


class FundInUse(Refused):
    code = "fund-in-use"
    text = "organisation {organisation} may take {free} fen out of the fund, not {wanted}"


class OperatorContributes(Refused):
    code = "operator-contributes"
    text = "the operator's part is the first loss; it takes no part in the guarantee fund"


class FundMoved(Struct, frozen=True, kw_only=True):
    """What came in (negative ``amount``: went out), and what is there then, in fen."""

    organisation_id: int
    operation_id: int
    amount: int
    balance: int
    at: datetime
    replayed: bool = False


class _Answer(Struct, frozen=True):
    """What is kept for whoever asks again with the same key."""

    amount: int
    balance: int


def propose(
    conn: Connection,
    kind: str,
    organisation_id: int,
    amount: int,
    key: str,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> Proposal:
    """Propose to book ``amount`` fen that the bank has moved; ``kind`` is one of ``KINDS``.

    ``key`` is one of the organisation's own; the same money is booked once. Refuses
    ``amount-out-of-range``, ``key-malformed``, ``organisation-not-found``,
    ``organisation-closed``, ``operator-contributes``, ``fund-in-use`` and ``text-malformed``.
    """
    assert kind in KINDS
    _check(conn, kind, organisation_id, amount, key)
    terms = {"amount": amount, "key": key}
    return proposals.propose(conn, kind, organisation_id, terms, by=by, reason=reason, at=at)


def move(conn: Connection, proposal: Proposal, at: datetime) -> FundMoved:
    """Do what was approved: book the money, once for each key.

    Refuses what ``propose`` refuses, as things stand now, and ``key-reused`` and
    ``balance-limit``.
    """
    assert proposal.organisation_id is not None
    kind, who = proposal.kind, proposal.organisation_id
    amount, key = proposal.terms["amount"], proposal.terms["key"]
    mark = entry.fingerprint(kind, amount)
    before = _find(conn, who, key, mark)  # answered whatever has become of its owner
    if before is not None:
        return before
    organisations.lock_open(conn, who)
    entry.hold(conn, [who])
    before = _find(conn, who, key, mark)
    if before is not None:
        return before
    balance = _check(conn, kind, who, amount, key)
    change = amount if kind in _IN else -amount
    if balance + change > limits.BALANCE:
        raise BalanceLimit(kind="guarantee", most=limits.BALANCE)
    said = _Answer(change, balance + change)
    text = msgspec.json.encode(said).decode()
    posting = Posting(
        kind=kind.replace("-", "_"),
        owner=who,
        organisation=who,
        cash=change,
        data=text,
        transfers=[Transfer(_MOVEMENTS[kind], who, who, amount)],
    )
    made = Entry(scope=who, key=key, fingerprint=mark, answer=text, posting=posting)
    (operation,) = entry.enter(conn, [made], at)
    return _tell(who, operation, said, at)


def _check(conn: Connection, kind: str, who: int, amount: int, key: str) -> int:
    """Give what is in the account now, if so much may be moved."""
    once.check(key)
    if type(amount) is not int or not 1 <= amount <= limits.AMOUNT:
        shown = repr(amount)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=1, most=limits.AMOUNT)
    organisation = organisations.lock_open(conn, who)
    balances = accounts.balances(conn, who)
    if kind in _FIRST_LOSS:
        assert organisation.role == "operator", "the caller asks for the operator"
        balance = balances["first_loss"]
        free = balance
    else:
        if organisation.role == "operator":
            raise OperatorContributes
        balance = balances["guarantee"]
        required = caps.get(conn, who).required
        free = 0 if organisation.status == "defaulted" else max(0, balance - required)
    if kind not in _IN and amount > free:
        raise FundInUse(organisation=who, free=free, wanted=amount)
    return balance


def _find(conn: Connection, who: int, key: str, mark: bytes) -> FundMoved | None:
    known = entry.find(conn, who, key, mark)
    if known is None:
        return None
    said = msgspec.json.decode(known.answer, type=_Answer)
    told = _tell(who, known.operation, said, known.written_at)
    return msgspec.structs.replace(told, replayed=True)


def _tell(who: int, operation: int, said: _Answer, at: datetime) -> FundMoved:
    return FundMoved(
        organisation_id=who,
        operation_id=operation,
        amount=said.amount,
        balance=said.balance,
        at=at,
    )
