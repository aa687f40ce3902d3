"""Idempotency keys: what one may be, what one may be used for, and what was answered.

What posts has its records written with the journal; whatever else changes something keeps its
answer here, in the transaction of the change: ``begin``, do, ``keep``.
"""

import hashlib
import re
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from tongbao.kernel import limits, sql
from tongbao.kernel.errors import Conflict, Malformed

Q = sql.load(__package__, "once_queries.sql")

_KEY: Final = re.compile(f"[!-~]{{1,{limits.KEY}}}")


class KeyMalformed(Malformed):
    code = "key-malformed"
    text = "an idempotency key has 1 to {most} printable ASCII characters"


class KeyReused(Conflict):
    code = "key-reused"
    text = "this key was used before for a different request"


class KeyRunning(Conflict):
    code = "key-running"
    text = "a request with this key is being worked on; ask again for its answer"


def check(key: Any) -> None:
    """Refuse ``key-malformed`` unless ``key`` can be an idempotency key."""
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise KeyMalformed(most=limits.KEY)


_encode = msgspec.json.Encoder().encode


def fingerprint(asked: object) -> bytes:
    """Give the fingerprint (16 bytes) of what a caller asked for."""
    return hashlib.blake2b(_encode(asked), digest_size=16).digest()


def begin(conn: Connection[Any], scope: int, key: str, mark: bytes) -> bytes | None:
    """Take a caller's key until this transaction ends; give the answer kept under it, if any.

    ``mark`` is the fingerprint of what is asked now. Refuses ``key-malformed``, ``key-running``
    when another transaction has the key, and ``key-reused``.
    """
    check(key)
    digest = hashlib.blake2b(f"{scope}:{key}".encode(), digest_size=8).digest()
    lock = int.from_bytes(digest, signed=True)
    free = conn.execute(Q.try_key, {"lock": lock}).fetchone()
    if free != (True,):
        raise KeyRunning
    return kept(conn, scope, key, mark)


def kept(conn: Connection[Any], scope: int, key: str, mark: bytes) -> bytes | None:
    """Give the answer kept under a caller's key, if any; refuses ``key-reused``."""
    found = conn.execute(Q.kept, {"scope": scope, "key": key}).fetchone()
    if found is None:
        return None
    fingerprint_then, answer = found
    if fingerprint_then and bytes(fingerprint_then) != mark:
        raise KeyReused
    return bytes(answer)


def keep(
    conn: Connection[Any],
    scope: int,
    key: str,
    mark: bytes,
    answer: bytes,
    *,
    refused: bool,
    at: datetime,
) -> None:
    """Keep the answer of what is no operation of the journal, for whoever asks with the key again.

    Refuses ``key-running`` when an operation was posted under the key meanwhile.
    """
    values = {"scope": scope, "key": key, "refused": refused, "fingerprint": mark, "at": at}
    if not conn.execute(Q.keep, values | {"answer": answer}).rowcount:
        raise KeyRunning


def of_receipt(kind: str, outlet: str, receipt: str, line: str = "") -> str:
    """Give the idempotency key of a receipt, or of one line of it; any text gives a good key."""
    parts = [kind, outlet, receipt, line] if line else [kind, outlet, receipt]
    key = ":".join(parts)
    # A sale ends with its receipt; where something may follow, a colon in it could mislead.
    clear = kind == "sale" or ":" not in receipt + line
    if clear and _KEY.fullmatch(key):
        return key
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return f"{kind}:{outlet}:#{digest}"
