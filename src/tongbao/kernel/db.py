"""Connections to PostgreSQL: autocommit, in UTC, as a role that may only append to the journal."""

from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from tongbao.kernel import server
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

_MAJOR: Final = 10_000
OLDEST: Final = 15
ROLE: Final = "tongbao_app"

_PATIENCE: Final = {
    "application_name": "tongbao",
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""Seconds, and of the last one milliseconds, as libpq calls them."""

Connection = psycopg.Connection[TupleRow]
Pool = ConnectionPool[Connection]


class DatabaseUnreachable(Refused):
    code = "database-unreachable"
    text = "the database does not answer: {reason}"


class DatabaseTooOld(Refused):
    code = "database-too-old"
    text = "the database is PostgreSQL {found}; {wanted} or later is needed"


class DatabaseNotMigrated(Refused):
    code = "database-not-migrated"
    text = "the database has no role {role}: run `tongbao migrate` first"


def url(settings: Settings) -> str:
    """Give the URL of the database; the embedded server is started if it is the one to use."""
    where = settings.database_url or server.ensure(settings)
    if settings.database is None:
        return where
    return urlsplit(where)._replace(path=f"/{settings.database}").geturl()


def connect(target: Settings | str) -> Connection:
    """Open a connection to the database of some settings, or of a URL (then with their defaults).

    It is autocommit, so that the doors say where a transaction begins, and works as the
    application's role. Refuses ``database-unreachable``, ``database-too-old`` and
    ``database-not-migrated``.
    """
    settings = target if isinstance(target, Settings) else Settings(database_url=target)
    conn = connect_as_owner(url(settings))
    try:
        _take_role(conn, settings.statement_timeout)
    except BaseException:
        conn.close()
        raise
    return conn


def connect_as_owner(where: str) -> Connection:
    """Open a connection as whoever the URL names: for migrations and looking around only."""
    try:
        conn = psycopg.connect(patient(where), autocommit=True, prepare_threshold=2)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=" ".join(str(error).split())) from error
    try:
        conn.execute("SET timezone = 'UTC'")
        found = conn.info.server_version // _MAJOR
        if found < OLDEST:
            raise DatabaseTooOld(found=found, wanted=OLDEST)
    except BaseException:
        conn.close()
        raise
    return conn


def pool(settings: Settings, *, sure: bool = True) -> Pool:
    """Make a pool of connections like those of ``connect``; open and close it by ``with``.

    Unless ``sure`` is false, what is wrong is refused here and not retried in the background.
    """
    where = url(settings)
    if sure:
        with connect(settings):
            pass
    return ConnectionPool(
        patient(where),
        min_size=1,
        max_size=settings.pool_size,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 2},
        configure=lambda conn: _take_role(conn, settings.statement_timeout),
        check=None,
        name="tongbao",
    )


def patient(where: str) -> str:
    """Give the connection string of a URL, with how long a server that says nothing is waited for.

    What the URL says itself holds. A server that is gone without a word (a cable, a firewall that
    forgets) is noticed by the network; one that hangs is waited for, but not by new connections.
    """
    try:
        given: dict[str, Any] = {**_PATIENCE, **conninfo_to_dict(where)}
        return make_conninfo(**given)
    except psycopg.Error as error:
        raise DatabaseUnreachable(reason=" ".join(str(error).split())) from error


def _take_role(conn: Connection, statement_timeout: int) -> None:
    """Set what every connection has, in one round trip.

    Plans are generic: our statements take whole batches as arrays, whose estimate is the same for
    every value, and planning a statement anew costs more than running it for one operation.
    """
    try:
        conn.execute(
            "SELECT set_config('role', %s, false), set_config('timezone', 'UTC', false),"
            " set_config('statement_timeout', %s, false),"
            " set_config('plan_cache_mode', 'force_generic_plan', false)",
            (ROLE, str(statement_timeout)),
            prepare=False,
        )
    except (errors.InvalidParameterValue, errors.UndefinedObject) as error:
        raise DatabaseNotMigrated(role=ROLE) from error
