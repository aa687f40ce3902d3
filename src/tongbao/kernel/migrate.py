"""Migrations: forward only, each applied once, by one process at a time.

``yoyo`` runs them and keeps the record. Its own lock is a row that a killed process leaves
behind; an advisory lock around it goes with its connection, so a row found under it is stale.
The job queue's own tables follow (``job_queue``).
"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import psycopg
from psycopg import errors

from tongbao.kernel import db, job_queue
from tongbao.kernel.errors import Conflict, Refused

LOCK: Final = 0x746F6E67
"""Key of the advisory lock: the first letters of our name."""

QUEUE: Final = "procrastinate"
"""What stands for the queue among the names of migrations: when it is made, this alone."""


class DatabaseTooNew(Conflict):
    code = "database-too-new"
    text = "the database has migrations that this program does not know: {unknown}"


class MigrationFailed(Refused):
    code = "migration-failed"
    text = "the database could not be migrated: {reason}"


def apply(url: str) -> list[str]:
    """Apply to the database at ``url`` what it lacks and give the names of it, in order.

    Each migration is one transaction. Refuses ``database-too-new``, ``queue-too-new`` and
    ``migration-failed``.
    """
    with as_file(files("tongbao") / "migrations") as folder, db.connect_as_owner(url) as conn:
        if not (_lacking(conn, folder) or job_queue.lacking(conn)):
            return []
        conn.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        ours = _lacking(conn, folder)  # another process may have been here meanwhile
        theirs = job_queue.lacking(conn)
        new = not job_queue.applied(conn)
        if ours:
            _apply(url, folder)
        if theirs:
            _bring_queue(conn, theirs)
        return ours + _name_queue(theirs, new=new)


def pending(conn: db.Connection) -> list[str]:
    """Name the migrations that a database lacks, in order; the queue's come last."""
    with as_file(files("tongbao") / "migrations") as folder:
        ours = _lacking(conn, folder)
    return ours + _name_queue(job_queue.lacking(conn), new=not job_queue.applied(conn))


def applied(conn: db.Connection) -> set[str]:
    """Name our migrations that a database has; ``job_queue.applied`` names the queue's."""
    try:
        return {name for (name,) in conn.execute("SELECT migration_id FROM _yoyo_migration")}
    except errors.UndefinedTable:
        return set()


def _lacking(conn: db.Connection, folder: Path) -> list[str]:
    known = sorted(path.stem for path in folder.glob("*.sql"))
    done = applied(conn)
    unknown = sorted(done.difference(known))
    if unknown:
        raise DatabaseTooNew(unknown=", ".join(unknown))
    return [name for name in known if name not in done]


def _name_queue(lacking: list[str], *, new: bool) -> list[str]:
    return [QUEUE] if new and lacking else [f"{QUEUE} {name}" for name in lacking]


def _bring_queue(conn: db.Connection, lacking: list[str]) -> None:
    try:
        job_queue.bring(conn, lacking)
    except psycopg.Error as error:
        raise MigrationFailed(reason=" ".join(str(error).split())) from error


def _apply(url: str, folder: Path) -> None:
    # yoyo takes a tenth of a second to import, and nearly every start has nothing to apply.
    from yoyo import get_backend, read_migrations

    scheme, rest = url.split("://", 1)
    assert scheme in ("postgresql", "postgres"), "settings let no other through"
    try:
        with get_backend(f"postgresql+psycopg://{rest}") as backend:
            backend.break_lock()
            with backend.lock():
                backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))
    except psycopg.Error as error:
        raise MigrationFailed(reason=" ".join(str(error).split())) from error
