"""Collateral: what an organisation has deposited, so that it may issue."""

from datetime import datetime

import msgspec
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.alliance.positions import Position, position
from tongbao.alliance.types import Organisation
from tongbao.kernel import limits, once, texts
from tongbao.kernel.amounts import AmountOutOfRange, BalanceLimit
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer


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


class _Answer(Struct, frozen=True):
    """What is kept for whoever asks again with the same key."""

    amount: int
    collateral: int
    by: str


def deposit(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> CollateralMoved:
    """Book ``amount`` fen that the organisation has paid in; the same key again does nothing.

    ``key`` is one of the organisation's own. Refuses ``key-malformed``, ``key-reused``,
    ``amount-out-of-range``, ``text-malformed``, ``organisation-not-found``, ``organisation-closed``
    and ``balance-limit``.
    """
    return _move(conn, M.DEPOSIT, organisation_id, amount, key, at, by)


def withdraw(
    conn: Connection, organisation_id: int, amount: int, key: str, at: datetime, by: str
) -> CollateralMoved:
    """Book ``amount`` fen that the organisation takes out; the same key again does nothing.

    What stands behind its points and its debt stays: headroom must not fall below zero, and of
    a defaulted organisation everything stays. Refuses ``collateral-in-use`` and what ``deposit``
    refuses; what was refused may be tried again with the same key.
    """
    return _move(conn, M.WITHDRAW, organisation_id, amount, key, at, by)


def _move(
    conn: Connection, movement: M, who: int, amount: int, key: str, at: datetime, by: str
) -> CollateralMoved:
    once.check(key)
    by = texts.line("by", by)
    if type(amount) is not int or not 1 <= amount <= limits.AMOUNT:
        shown = repr(amount)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=1, most=limits.AMOUNT)
    kind = movement.name.lower()
    mark = entry.fingerprint(kind, amount, by)
    before = _find(conn, who, key, mark)  # a key is answered whatever has become of its owner
    if before is not None:
        return before
    organisation = organisations.lock_open(conn, who)
    entry.hold(conn, [who])
    before = _find(conn, who, key, mark)
    if before is not None:
        return before
    now = position(conn, who, at)
    if movement is M.WITHDRAW:
        _check_free(organisation, now, amount)
    elif now.collateral + amount > limits.BALANCE:
        raise BalanceLimit(kind="collateral", most=limits.BALANCE)
    change = amount if movement is M.DEPOSIT else -amount
    said = _Answer(change, now.collateral + change, by)
    text = msgspec.json.encode(said).decode()
    posting = Posting(
        kind=kind,
        owner=who,
        organisation=who,
        cash=change,
        data=text,
        transfers=[Transfer(movement, who, who, amount)],
    )
    made = Entry(scope=who, key=key, fingerprint=mark, answer=text, posting=posting)
    (operation,) = entry.enter(conn, [made], at)
    return _tell(who, operation, said, at)


def _check_free(organisation: Organisation, now: Position, amount: int) -> None:
    free = now.collateral if now.headroom is None else min(now.collateral, max(0, now.headroom))
    if organisation.status == "defaulted":
        free = 0
    if amount > free:
        raise CollateralInUse(organisation=organisation.id, free=free, wanted=amount)


def _find(conn: Connection, who: int, key: str, mark: bytes) -> CollateralMoved | None:
    known = entry.find(conn, who, key, mark)
    if known is None:
        return None
    said = msgspec.json.decode(known.answer, type=_Answer)
    return msgspec.structs.replace(
        _tell(who, known.operation, said, known.written_at), replayed=True
    )


def _tell(who: int, operation: int, said: _Answer, at: datetime) -> CollateralMoved:
    return CollateralMoved(
        organisation_id=who,
        operation_id=operation,
        amount=said.amount,
        collateral=said.collateral,
        at=at,
    )
