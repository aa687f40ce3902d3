"""The queue of jobs: procrastinate's own tables, in a PostgreSQL schema of their own.

procrastinate brings its SQL with it: the schema as it is now, and a migration for each change that
led there. A new database gets the schema, an older one the migrations it lacks; which it has is
kept in ``kernel.queue_migration``, where procrastinate itself keeps no record. Nothing of it is
copied here.
"""

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from psycopg import errors

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import ROLE, Connection
from tongbao.kernel.errors import Conflict

SCHEMA: Final = "procrastinate"
SEARCH: Final = f"SET search_path = {SCHEMA}".encode()
"""What a connection needs that works on the queue's tables: procrastinate names no schema."""

Q = sql.load(__package__, "job_queue_queries.sql")


class QueueTooNew(Conflict):
    code = "queue-too-new"
    text = "the job queue has migrations of a later procrastinate than {version}: {unknown}"


def lacking(conn: Connection) -> list[str]:
    """Name the migrations of procrastinate that the queue lacks, in order; refuses queue-too-new.

    Of a database without a queue, all of them.
    """
    done = applied(conn)
    shipped = _shipped()
    unknown = sorted(done.difference(shipped))
    if unknown:
        raise QueueTooNew(version=version(), unknown=", ".join(unknown))
    return [name for name in shipped if name not in done]


def applied(conn: Connection) -> set[str]:
    """Name the migrations of procrastinate that the queue has."""
    try:
        return {name for (name,) in conn.execute(Q.queue_migrations)}
    except errors.UndefinedTable:
        return set()


def version() -> str:
    """Give the version of procrastinate that is installed."""
    return metadata.version("procrastinate")


def bring(conn: Connection, names: list[str]) -> None:
    """Make the queue, or apply to it the migrations that ``lacking`` has named.

    ``conn`` is the owner's. Each migration is a transaction of its own: a value that one adds to
    an enumeration can be used only after its commit.
    """
    if applied(conn):
        for name in names:
            _run(conn, (_folder() / f"{name}.sql").read_text("utf-8"), [name])
    else:
        from procrastinate.schema import SchemaManager

        _run(conn, SchemaManager.get_schema(), names, fresh=True)


def _run(conn: Connection, script: str, names: list[str], *, fresh: bool = False) -> None:
    with conn.transaction():
        if fresh:
            conn.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        conn.execute(f"SET LOCAL search_path = {SCHEMA}".encode())
        conn.execute(script.encode())
        conn.execute("RESET search_path")
        for grant in (
            "USAGE ON SCHEMA",
            "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA",
            "SELECT, USAGE ON ALL SEQUENCES IN SCHEMA",
        ):
            conn.execute(f"GRANT {grant} {SCHEMA} TO {ROLE}".encode())
        conn.execute(Q.record_queue_migrations, {"names": arrays.texts(names)})


def _shipped() -> list[str]:
    return sorted(path.stem for path in _folder().glob("*.sql"))


def _folder() -> Path:
    """Find the migrations without importing procrastinate, which takes longer than all else."""
    spec = find_spec("procrastinate")
    assert spec is not None, "it is installed with this package"
    assert spec.origin is not None, "it is a package with files"
    return Path(spec.origin).parent / "sql" / "migrations"
