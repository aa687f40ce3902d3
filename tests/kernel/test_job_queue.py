"""The queue's tables are made once, brought forward, and refused when they are from the future."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from tongbao.kernel import db as database
from tongbao.kernel import job_queue, migrate
from tongbao.kernel.job_queue import QueueTooNew
from tongbao.kernel.migrate import MigrationFailed

pytestmark = pytest.mark.postgres

OLD = "03.01.00_50_post_add_heartbeat"
COLUMNS = """
    SELECT relname::text, attname::text, format_type(atttypid, atttypmod), attnotnull
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'procrastinate'::regnamespace AND relkind = 'r' AND attnum > 0
      AND NOT attisdropped
"""
FUNCTIONS = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'procrastinate'::regnamespace"


def look(url: str) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    with psycopg.connect(url) as conn:
        return set(conn.execute(COLUMNS)), set(conn.execute(FUNCTIONS.encode()))


def age(url: str) -> list[str]:
    """Make the queue anew as an older procrastinate had it; give what that one did not know."""
    folder = Path(SchemaManager.get_migrations_path())
    names = sorted(path.stem for path in folder.glob("*.sql"))
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA procrastinate CASCADE")
        conn.execute("CREATE SCHEMA procrastinate")
        conn.execute(job_queue.SEARCH)
        for name in names[: names.index(OLD) + 1]:
            conn.execute((folder / f"{name}.sql").read_bytes())
        conn.execute("DELETE FROM kernel.queue_migration WHERE name > %s", (OLD,))
    return names[names.index(OLD) + 1 :]


def test_the_queue_lives_in_a_schema_of_its_own_and_the_application_may_use_it(
    database_url: str,
) -> None:
    with database.connect(database_url) as conn:
        conn.execute(job_queue.SEARCH)
        args = "'{}'::jsonb, NULL"
        conn.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW("
            f"'q', 't', 0, NULL, NULL, {args})]::procrastinate_job_to_defer_v1[])".encode()
        )
        assert conn.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs").fetchone() == (
            1,
        )
        assert conn.execute("SELECT to_regclass('public.procrastinate_jobs')").fetchone() == (None,)


def test_an_older_queue_is_brought_forward_to_the_same_tables(database_url: str) -> None:
    fresh = look(database_url)
    lacking = age(database_url)
    assert look(database_url) != fresh
    with database.connect_as_owner(database_url) as conn:
        assert migrate.pending(conn) == [f"procrastinate {name}" for name in lacking]
    assert migrate.apply(database_url) == [f"procrastinate {name}" for name in lacking]
    assert look(database_url) == fresh
    assert migrate.apply(database_url) == []


def test_what_an_interrupted_upgrade_has_done_is_not_done_again(database_url: str) -> None:
    lacking = age(database_url)
    with database.connect_as_owner(database_url) as conn:
        job_queue.bring(conn, lacking[:2])
    assert migrate.apply(database_url) == [f"procrastinate {name}" for name in lacking[2:]]


def test_a_queue_of_a_later_procrastinate_is_refused(database_url: str) -> None:
    with database.connect_as_owner(database_url) as conn:
        conn.execute("INSERT INTO kernel.queue_migration (name) VALUES ('99.00.00_01_pre_later')")
    with pytest.raises(QueueTooNew, match=r"99\.00\.00_01_pre_later"):
        migrate.apply(database_url)


def test_a_schema_of_somebody_else_is_left_alone(empty_database_url: str) -> None:
    with database.connect_as_owner(empty_database_url) as conn:
        conn.execute("CREATE SCHEMA procrastinate CREATE TABLE procrastinate_jobs (mine int)")
    with pytest.raises(MigrationFailed, match="procrastinate"):
        migrate.apply(empty_database_url)
    with database.connect_as_owner(empty_database_url) as conn:
        conn.execute("SELECT mine FROM procrastinate.procrastinate_jobs")
        conn.execute("DROP SCHEMA procrastinate CASCADE")
    assert migrate.apply(empty_database_url) == ["procrastinate"]
