"""Checkpoints: how far a file has come, written in the transaction of each chunk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from msgspec import Struct
from psycopg import errors

from tongbao.intake.refusals import ImportRunning
from tongbao.intake.source import Source
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

LOCKS: Final = 0x746F6E67
"""First half of the keys of the advisory locks of files; the second is the file's id."""


class Checkpoint(Struct, kw_only=True):
    """Where the next chunk of a file begins: place, lines before it, length of its rejects."""

    file: int
    position: int = 0
    line: int = 0
    rejects: int = 0


WAIT: Final = "10s"
"""How long to wait for whoever has the file: a killed import's connection takes a moment to end."""


@contextmanager
def locked(conn: Connection, source: Source, at: datetime) -> Iterator[Checkpoint]:
    """Keep others from importing the same file, and give where to begin.

    A file that was finished begins anew. Refuses ``import-running``.
    """
    known = {"digest": source.digest, "name": source.path.name, "size": source.size, "at": at}
    row = conn.execute(Q.know_file, known).fetchone()
    assert row is not None
    values = {"space": LOCKS, "file": row[0]}
    try:
        with conn.transaction():
            conn.execute(Q.limit_lock_wait, {"wait": WAIT})
            conn.execute(Q.lock_file, values)
    except errors.LockNotAvailable:
        raise ImportRunning(file=source.path.name) from None
    try:
        yield _read(conn, row[0]) or restart(conn, row[0], at)
    finally:
        if not conn.closed:
            conn.execute(Q.unlock_file, values)


def restart(conn: Connection, file: int, at: datetime) -> Checkpoint:
    """Let a file begin again."""
    with conn.transaction():
        conn.execute(Q.restart_file, {"file": file, "at": at})
        conn.execute(Q.forget_tally, {"file": file})
    return Checkpoint(file=file)


def advance(conn: Connection, to: Checkpoint, at: datetime) -> None:
    """Write where the next chunk begins."""
    values = {"position": to.position, "line": to.line, "rejects": to.rejects}
    conn.execute(Q.advance_file, {**values, "file": to.file, "at": at})


def finish(conn: Connection, file: int, at: datetime) -> None:
    """Say that a file has come to its end."""
    conn.execute(Q.finish_file, {"file": file, "at": at})


def _read(conn: Connection, file: int) -> Checkpoint | None:
    """Give the checkpoint of a file that is not finished."""
    row = conn.execute(Q.read_file, {"file": file}).fetchone()
    if row is None or row[3] is not None:
        return None
    return Checkpoint(file=file, position=row[0], line=row[1], rejects=row[2])
