"""Kill a process at one exact write of it, or in its commit, by PostgreSQL's own means.

Every statement that changes a table of ours counts as a moment. The one with the wanted number
waits for a lock that the test holds; then the process is killed, and the lock let go.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.teller.troubles import Admin, eventually, number

ROOT = Path(__file__).parents[2]
COMMIT = 0
"""The moment of a commit: everything is written, nothing is answered."""

_LOCK = 7_901_017
_SCHEMAS = ("kernel", "events", "ledger", "desk", "alliance", "points", "clearing", "bank")

_STOP = f"""
CREATE SEQUENCE public.moment;
CREATE TABLE public.stop (moment bigint);
INSERT INTO public.stop VALUES (NULL);

CREATE FUNCTION public.pause() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('public.moment') = (SELECT moment FROM public.stop) THEN
    PERFORM pg_advisory_xact_lock_shared({_LOCK});
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.pause_commit() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT moment FROM public.stop) = {COMMIT} THEN
    PERFORM pg_advisory_xact_lock_shared({_LOCK});
  END IF;
  RETURN NULL;
END $$;
"""
_TABLES = f"""
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = ANY (ARRAY{list(_SCHEMAS)})
"""


def watch(admin: Admin) -> None:
    """Make every write of the database a moment; nothing stops until it is told to."""
    admin.execute(_STOP.encode())
    for (table,) in admin.execute(_TABLES.encode()).fetchall():
        what = f"INSERT OR UPDATE OR DELETE ON {table}"
        each = "FOR EACH STATEMENT EXECUTE FUNCTION public.pause()"
        admin.execute(f"CREATE TRIGGER a_moment BEFORE {what} {each}".encode())
        last = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pause_commit()"
        what = what.replace(" OR DELETE", "")
        admin.execute(f"CREATE CONSTRAINT TRIGGER at_commit AFTER {what} {last}".encode())


def run(url: str, command: Sequence[str]) -> None:
    """Run a command of this Python to its end; it must do what it is there for."""
    subprocess.run([sys.executable, *command], env=_environ(url), cwd=ROOT, check=True, timeout=120)


def kill_at(admin: Admin, url: str, command: Sequence[str], moment: int) -> bool:
    """Run a command and kill it at a moment; give whether it came to that moment at all."""
    before = _others(admin)
    with _stopping(admin, moment):
        process = subprocess.Popen([sys.executable, *command], env=_environ(url), cwd=ROOT)
        eventually(lambda: process.poll() is not None or bool(_waiting(admin)), 120)
        reached = process.poll() is None
        process.kill()
        process.wait()
        assert reached or process.returncode == 0, f"{command} failed by itself"
    eventually(lambda: _others(admin) == before, 60)  # the killed one's connection has ended
    return reached


@contextmanager
def _stopping(admin: Admin, moment: int) -> Iterator[None]:
    admin.execute("SELECT setval('public.moment', 1, false)")
    admin.execute("UPDATE public.stop SET moment = %s", (moment,))
    admin.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        yield
    finally:
        admin.execute("UPDATE public.stop SET moment = NULL")
        admin.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _waiting(admin: Admin) -> int:
    return number(
        admin,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND wait_event = 'advisory'",
    )


def _others(admin: Admin) -> int:
    """Count the product's connections."""
    return number(
        admin,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'tongbao'",
    )


def _environ(url: str) -> dict[str, str]:
    return {**os.environ, "TONGBAO_DATABASE_URL": url}


def connect(url: str) -> Admin:
    """Connect as the database's owner."""
    return psycopg.connect(url, autocommit=True)
