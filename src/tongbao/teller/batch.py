"""Post one batch in a transaction of its own: retried when it collides, halved when it fails."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Final

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from tongbao.kernel import tracing
from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.kernel.errors import Refused
from tongbao.ledger.journal import KeyTaken
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.points.post import post

RETRIES: Final = 3
"""How often a collision (serialization failure, deadlock, key just taken) is tried again."""

_PAUSE: Final = 0.005
_COLLISIONS: Final = (errors.SerializationFailure, errors.DeadlockDetected, KeyTaken)
_GONE: Final = ("08", "57P")


class OutcomeUnknown(Refused):
    code = "outcome-unknown"
    text = "the database went away while this was committed; ask again with the same key"


class PostingCollided(Refused):
    code = "posting-collided"
    text = "others were posting to the same accounts {times} times; ask again with the same key"


def post_batch(
    conn: Connection, operations: Sequence[Operation], at: datetime, rules: Rules
) -> list[Outcome | Exception]:
    """Post and commit ``operations``; give each its outcome, or the exception that kept it out.

    When the batch fails as a whole, its halves are posted by themselves, and so on down to the
    one operation that is the culprit: only that one suffers, the others keep their order. An
    exception says that nothing of that operation was committed (``posting-collided``,
    ``database-unreachable`` or whatever it was), except ``outcome-unknown``: the connection broke
    during the commit. With the last two the connection is of no use any more. It must not be in
    a transaction.
    """
    try:
        return [*_commit(conn, operations, at, rules)]
    except OutcomeUnknown as unknown:
        return [unknown] * len(operations)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is somebody's answer
        if is_lost(conn, error):
            reason = " ".join(str(error).split())
            return [DatabaseUnreachable(reason=reason)] * len(operations)
        if len(operations) == 1:
            return [error]
    half = len(operations) // 2
    first = post_batch(conn, operations[:half], at, rules)
    return first + post_batch(conn, operations[half:], at, rules)


def is_lost(conn: Connection, error: Exception) -> bool:
    """Tell whether the connection is gone, or ``error`` says that it is about to be."""
    state = error.sqlstate if isinstance(error, psycopg.OperationalError) else None
    return conn.broken or conn.closed or (state is not None and state.startswith(_GONE))


def _commit(
    conn: Connection, operations: Sequence[Operation], at: datetime, rules: Rules
) -> list[Outcome]:
    for attempt in range(RETRIES):
        try:
            return _try(conn, operations, at, rules)
        except _COLLISIONS:
            time.sleep(_PAUSE * (attempt + 1))
    try:
        return _try(conn, operations, at, rules)
    except _COLLISIONS as error:
        raise PostingCollided(times=RETRIES + 1) from error


def _try(
    conn: Connection, operations: Sequence[Operation], at: datetime, rules: Rules
) -> list[Outcome]:
    """Post once. What fails before the commit is sent is certain not to be committed."""
    decided = False
    try:
        with ExitStack() as stack, conn.transaction():
            with tracing.span("post"):
                outcomes = post(conn, operations, at, rules)
            # PostgreSQL answers the commit of a failed transaction with a quiet rollback.
            status = conn.info.transaction_status
            assert status == TransactionStatus.INTRANS, f"this would commit nothing: {status.name}"
            decided = True
            stack.enter_context(tracing.span("commit"))
    except psycopg.Error as error:
        if decided and is_lost(conn, error):
            raise OutcomeUnknown from error
        raise
    return outcomes
