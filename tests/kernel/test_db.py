"""Connections work as the product's role and say clearly why they cannot be had."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tongbao.kernel import db as database
from tongbao.kernel.db import DatabaseNotMigrated, DatabaseTooOld, DatabaseUnreachable
from tongbao.kernel.settings import Settings

pytestmark = pytest.mark.postgres


def test_a_connection_is_autocommit_in_utc_as_the_role_of_the_product(
    db: database.Connection,
) -> None:
    row = db.execute(
        "SELECT current_user, now(), current_setting('application_name'),"
        " current_setting('statement_timeout')"
    ).fetchone()
    assert row is not None
    assert (row[0], row[2], row[3]) == ("tongbao_app", "tongbao", "10min")
    assert row[1].tzinfo == UTC or row[1].utcoffset().total_seconds() == 0
    assert db.autocommit


def test_the_role_may_not_change_the_journal(db: database.Connection) -> None:
    for statement in (
        "DELETE FROM ledger.transfer",
        "UPDATE ledger.operation SET points = 0",
        "TRUNCATE ledger.batch",
        "DROP TABLE ledger.seal",
        "UPDATE kernel.once SET refused = true",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement.encode())


def test_not_even_its_owner_may_change_the_journal(database_url: str) -> None:
    with database.connect_as_owner(database_url) as conn:
        for table in ("ledger.operation", "ledger.transfer", "kernel.once", "events.event"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                conn.execute(f"DELETE FROM {table}".encode())


def test_a_pool_gives_the_same_connections_and_no_more_than_allowed(database_url: str) -> None:
    settings = Settings(database_url=database_url, pool_size=2, statement_timeout=5_000)
    with database.pool(settings) as pool, pool.connection() as one, pool.connection() as two:
        for conn in (one, two):
            found = conn.execute("SELECT current_user, current_setting('statement_timeout')")
            assert found.fetchone() == ("tongbao_app", "5s")
            assert conn.autocommit
        assert pool.max_size == 2


def test_times_come_back_in_utc(db: database.Connection) -> None:
    at = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
    assert db.execute("SELECT %s::timestamptz", (at,)).fetchone() == (at,)


def test_a_database_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    for url in ("postgresql://127.0.0.1:1/none", f"postgresql:///none?host={tmp_path}"):
        with pytest.raises(DatabaseUnreachable):
            database.connect(url)


def test_a_database_that_does_not_exist_is_refused(server_url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="no_such_database"):
        database.connect(make_conninfo(server_url, dbname="no_such_database"))


def test_an_old_server_is_refused(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(DatabaseTooOld) as refused:
        database.connect(server_url)
    assert refused.value.facts["wanted"] == 99


def test_a_server_without_our_role_is_refused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ROLE", "nobody_made_this_role")
    with pytest.raises(DatabaseNotMigrated):
        database.connect(database_url)


def test_another_database_of_the_same_server_is_named_by_a_setting(database_url: str) -> None:
    other, _, name = database_url.partition("?")[0].rpartition("/")
    elsewhere = database_url.replace(f"{other}/{name}", f"{other}/nothing", 1)
    settings = Settings(database_url=elsewhere, database=name)
    assert database.url(settings) == database_url
    with database.connect(settings) as conn:
        assert conn.info.dbname == name
