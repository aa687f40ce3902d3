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
    with db.connect_as_owner(db.url(replace(settings, database=None))) as conn:
        found = conn.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            (name,),
        ).fetchone()
        if found is not None and found[0] != MARK:
            raise SandboxNameTaken(database=name)
        known = sql.Identifier(name)
        try:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(known))
            conn.execute(sql.SQL("CREATE DATABASE {}").format(known))
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(known, sql.Literal(MARK)))
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise SandboxFailed(database=name, reason=reason) from error
    made = replace(settings, database=name)
    migrate.apply(db.url(made))
    with db.connect_as_owner(db.url(made)) as conn:
        conn.execute("UPDATE ledger.clearing_window SET opened_at = %s", (begins,))
    return made
