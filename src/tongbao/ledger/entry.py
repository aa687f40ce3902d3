"""Enter operations of organisations: money paid in and out, which no member takes part in.

Collateral and settlement go through here, so that they are in the journal like everything else:
sealed, verified, and found again by their key.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from tongbao.kernel import limits, once, sql
from tongbao.kernel.once import KeyReused
from tongbao.ledger import lock
from tongbao.ledger.books import Books
from tongbao.ledger.journal import Answer, record
from tongbao.ledger.types import Posting, Stamp

Q = sql.load(__package__)


class Entry(Struct, frozen=True, kw_only=True):
    """One operation to enter, under the ``key`` of the organisation ``scope``.

    ``fingerprint`` is of what the caller asked for, ``answer`` the JSON text kept for whoever
    asks again.
    """

    scope: int
    key: str
    fingerprint: bytes
    answer: str
    posting: Posting


class Known(Struct, frozen=True):
    """What a key was used for before: the operation, when it was written, the stored answer."""

    operation: int
    written_at: datetime
    answer: bytes


def fingerprint(*asked: object) -> bytes:
    """Give the fingerprint of what a caller asked for."""
    return once.fingerprint(asked)


def hold(conn: Connection[Any], organisations: Collection[int]) -> None:
    """Hold the open window open, and lock those of ``organisations`` whose issuing is bounded.

    What is read afterwards stays true until the end of the transaction.
    """
    lock.fence(conn)
    lock.organisations(conn, organisations, (), ())


def find(conn: Connection[Any], scope: int, key: str, mark: bytes) -> Known | None:
    """Give what ``key`` was used for before, if it was; refuse ``key-reused`` if for another thing.

    Ask after the locks: whoever used the key for the same organisation has committed by then.
    """
    row = conn.execute(Q.read_once, {"scope": scope, "key": key}).fetchone()
    if row is None:
        return None
    operation, refused, before, answer, written_at = row
    if refused or before != mark:
        raise KeyReused
    return Known(operation, written_at, answer)


def enter(conn: Connection[Any], entries: Sequence[Entry], at: datetime) -> list[int]:
    """Write ``entries`` into the journal at server time ``at``; give their operation ids in order.

    Call ``hold`` first. However many there are: they become as many batches as needed. Raises
    KeyTaken when another transaction has just used one of the keys.
    """
    ids: list[int] = []
    for start in range(0, len(entries), limits.BATCH):
        batch = entries[start : start + limits.BATCH]
        batch_id, window = conn.execute(Q.next_batch).fetchone() or (0, None)
        assert window is not None, "a window is closed and the next one opened at once"
        books = Books(batch_id, at, window)
        answers = []
        for place, entry in enumerate(batch):
            stamp = Stamp(books.operation_id(place), at, at, window)
            books.enter(stamp, entry.posting)
            asked = (entry.scope, entry.key, stamp.id)
            answers.append(Answer(*asked, False, entry.fingerprint, entry.answer))
            ids.append(stamp.id)
        record(conn, books, answers)
    return ids
