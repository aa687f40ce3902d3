"""Deposits: money that an organisation pays in to stand there, and takes out again.

What collateral and blocks have in common. The package's files say what may be taken out.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.alliance.positions import Position, position
from tongbao.alliance.types import Organisation
from tongbao.kernel import limits, once, texts
from tongbao.kernel.amounts import AmountOutOfRange, BalanceLimit
from tongbao.kernel.db import Connection
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import MOVEMENTS, M
from tongbao.ledger.types import Posting, Transfer

Check = Callable[[Organisation, Position, int], None]
"""Refuses an amount, of an organisation that is locked and stands as it says."""


class Moved(Struct, frozen=True, kw_only=True):
    """What was paid in or (negative ``amount``) out, and the ``balance`` it left, in fen."""

    operation_id: int
    amount: int
    balance: int
    at: datetime
    replayed: bool = False


def anything(organisation: Organisation, now: Position, amount: int) -> None:
    """Refuse nothing."""


def check_amount(amount: int) -> None:
    """Refuse ``amount-out-of-range`` unless ``amount`` is one of an operation's."""
    if type(amount) is not int or not 1 <= amount <= limits.AMOUNT:
        shown = repr(amount)[:40]
        raise AmountOutOfRange(name="amount", amount=shown, least=1, most=limits.AMOUNT)


def move(
    conn: Connection,
    movement: M,
    who: int,
    amount: int,
    key: str,
    at: datetime,
    by: str,
    check: Check,
) -> Moved:
    """Book ``amount`` fen between the bank and an account of ``who``; the same key again: once.

    ``check`` is asked when nothing can change any more. Refuses ``key-malformed``, ``key-reused``,
    ``text-malformed``, ``amount-out-of-range``, ``organisation-not-found``,
    ``organisation-closed``, ``balance-limit``, and what ``check`` refuses; that may be tried again
    with the same key.
    """
    once.check(key)
    by = texts.line("by", by)
    check_amount(amount)
    kind, rule = movement.name.lower(), MOVEMENTS[movement]
    pays_in = rule.from_kind == "bank"
    account = rule.to_kind if pays_in else rule.from_kind
    mark = entry.fingerprint(kind, amount, by)
    before = _find(conn, who, key, mark, account)  # a key is answered whatever became of its owner
    if before is not None:
        return before
    organisation = organisations.lock_open(conn, who)
    entry.hold(conn, [who])
    before = _find(conn, who, key, mark, account)
    if before is not None:
        return before
    now = position(conn, who, at)
    check(organisation, now, amount)
    change = amount if pays_in else -amount
    left: int = getattr(now, account) + change
    if left > limits.BALANCE:
        raise BalanceLimit(kind=account, most=limits.BALANCE)
    text = msgspec.json.encode({"amount": change, account: left, "by": by}).decode()
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
    return Moved(operation_id=operation, amount=change, balance=left, at=at)


def _find(conn: Connection, who: int, key: str, mark: bytes, account: str) -> Moved | None:
    known = entry.find(conn, who, key, mark)
    if known is None:
        return None
    said = msgspec.json.decode(known.answer)
    return Moved(
        operation_id=known.operation,
        amount=said["amount"],
        balance=said[account],
        at=known.written_at,
        replayed=True,
    )
