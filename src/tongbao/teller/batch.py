"""Post one batch in a transaction of its own: retried when it collides, split when it fails."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import psycopg
from psycopg import errors

from tongbao.kernel.db import Connection
from tongbao.ledger.journal import KeyTaken
from tongbao.points.check import Rules
from tongbao.points.operations import Operation
from tongbao.points.outcome import Outcome
from tongbao.points.post import post

RETRIES: Final = 3
"""How often a collision (serialization failure, deadlock, key just taken) is tried again."""

_PAUSE: Final = 0.005
_COLLISIONS: Final = (errors.SerializationFailure, errors.DeadlockDetected, KeyTaken)


def post_batch(
    conn: Connection, operations: Sequence[Operation], at: datetime, rules: Rules
) -> list[Outcome | Exception]:
    """Post and commit ``operations``; give each its outcome, or the exception that kept it out.

    When the batch fails as a whole, its operations are posted one by one, so that only the
    culprit suffers. An exception says that nothing of that operation was committed; only when
    the connection broke is that not known, and the same key finds out. The connection must not
    be in a transaction.
    """
    try:
        return [*_commit(conn, operations, at, rules)]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is somebody's answer
        if len(operations) == 1 or conn.broken:
            return [error] * len(operations)
    results: list[Outcome | Exception] = []
    for operation in operations:
        results += post_batch(conn, [operation], at, rules)
    return results


def _commit(
    conn: Connection, operations: Sequence[Operation], at: datetime, rules: Rules
) -> list[Outcome]:
    for attempt in range(RETRIES):
        try:
            with conn.transaction():
                return post(conn, operations, at, rules)
        except _COLLISIONS:
            time.sleep(_PAUSE * (attempt + 1))
    with conn.transaction():
        return post(conn, operations, at, rules)


def is_lost(error: BaseException) -> bool:
    """Tell whether ``error`` means that the database went away, so that the outcome is unknown."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
