"""Migrations: forward only, each applied once, by one process at a time.

``yoyo`` runs them and keeps the record. Its own lock is a row that a killed process leaves
behind; an advisory lock around it goes with its connection, so a row found under it is stale.
"""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from psycopg import errors

from tongbao.kernel import db
from tongbao.kernel.errors import Conflict

LOCK: Final = 0x746F6E67
"""Key of the advisory lock: the first letters of our name."""


class DatabaseTooNew(Conflict):
    code = "database-too-new"
    text = "the database has migrations that this program does not know: {unknown}"


def apply(url: str) -> list[str]:
    """Apply to the database at ``url`` what it lacks and give the names of it, in order."""
    with as_file(files("tongbao") / "migrations") as folder, db.connect_as_owner(url) as conn:
        if not _lacking(conn, folder):
            return []
        conn.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        lacking = _lacking(conn, folder)
        if lacking:
            _apply(url, folder)
        return lacking


def pending(url: str) -> list[str]:
    """Name the migrations that the database at ``url`` lacks."""
    with as_file(files("tongbao") / "migrations") as folder, db.connect_as_owner(url) as conn:
        return _lacking(conn, folder)


def _lacking(conn: db.Connection, folder: Path) -> list[str]:
    known = sorted(path.stem for path in folder.glob("*.sql"))
    applied = _applied(conn)
    unknown = sorted(applied.difference(known))
    if unknown:
        raise DatabaseTooNew(unknown=", ".join(unknown))
    return [name for name in known if name not in applied]


def _applied(conn: db.Connection) -> set[str]:
    try:
        return {name for (name,) in conn.execute("SELECT migration_id FROM _yoyo_migration")}
    except errors.UndefinedTable:
        return set()


def _apply(url: str, folder: Path) -> None:
    # yoyo takes a tenth of a second to import, and nearly every start has nothing to apply.
    from yoyo import get_backend, read_migrations

    scheme, rest = url.split("://", 1)
    assert scheme in ("postgresql", "postgres"), "settings let no other through"
    with get_backend(f"postgresql+psycopg://{rest}") as backend:
        backend.break_lock()
        with backend.lock():
            backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))
