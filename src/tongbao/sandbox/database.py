"""Databases of the sandbox: beside the real one, marked, and made anew each time.

A mark (PostgreSQL's comment on the database) tells what may be dropped: a database of the same
name that somebody else made stays.
"""

from datetime import datetime
from typing import Final

import psycopg
from msgspec.structs import replace
from psycopg import sql

from tongbao.kernel import db, migrate
from tongbao.kernel.errors import Conflict, Refused
from tongbao.kernel.settings import Settings

MARK: Final = "sandbox of tongbao: dropped and made anew by its commands"


class SandboxNameTaken(Conflict):
    code = "sandbox-name-taken"
    text = "the database {database} is no sandbox; it is left as it is"


class SandboxFailed(Refused):
    code = "sandbox-failed"
    text = "the database {database} could not be made: {reason}"


def renew(settings: Settings, name: str, begins: datetime) -> Settings:
    """Drop the sandbox ``name`` if there is one, make it anew and migrated; give its settings.

    ``begins`` is when its made-up time begins: the first clearing window is open from then on.
    It is made on the server of ``settings``, whose own database is not touched. Refuses
    ``sandbox-name-taken``, ``sandbox-failed`` and what ``db.url`` and ``migrate.apply`` refuse.
    """
    made = _make(settings, name, "template1")
    migrate.apply(db.url(made))
    with db.connect_as_owner(db.url(made)) as conn:
        conn.execute("UPDATE ledger.clearing_window SET opened_at = %s", (begins,))
    return made


def copy(sandbox: Settings, name: str) -> Settings:
    """Make the sandbox ``name`` anew as a copy of another, to which nobody may be connected.

    Refuses ``sandbox-name-taken`` and ``sandbox-failed``.
    """
    assert sandbox.database is not None, "a sandbox has a name"
    return _make(sandbox, name, sandbox.database)


def drop(sandbox: Settings) -> None:
    """Drop a sandbox; refuses ``sandbox-name-taken`` where it is none."""
    assert sandbox.database is not None, "a sandbox has a name"
    with db.connect_as_owner(db.url(replace(sandbox, database=None))) as conn:
        _drop(conn, sandbox.database)


def _make(settings: Settings, name: str, template: str) -> Settings:
    with db.connect_as_owner(db.url(replace(settings, database=None))) as conn:
        known = sql.Identifier(name)
        try:
            _drop(conn, name)
            conn.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(known, sql.Identifier(template))
            )
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(known, sql.Literal(MARK)))
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise SandboxFailed(database=name, reason=reason) from error
    return replace(settings, database=name)


def _drop(conn: db.Connection, name: str) -> None:
    found = conn.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        (name,),
    ).fetchone()
    if found is not None and found[0] != MARK:
        raise SandboxNameTaken(database=name)
    conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
