"""Troubles made on purpose, by PostgreSQL's own means and a line that breaks when told to."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

Admin = psycopg.Connection[TupleRow]

_COMMITS = 7_901_001

FAIL = """
CREATE SEQUENCE public.attempts;
CREATE FUNCTION public.fail() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  IF new.key = '{key}' AND nextval('public.attempts') <= {times} THEN
    RAISE EXCEPTION 'on purpose' USING ERRCODE = '{state}';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER fails BEFORE INSERT ON kernel.once FOR EACH ROW EXECUTE FUNCTION public.fail();
"""

WAIT = f"""
CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared({_COMMITS});
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON ledger.batch DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION public.wait();
"""


def number(conn: Admin, query: str) -> int:
    """Give the one number that a query finds."""
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def written(admin: Admin) -> int:
    """Tell how many batches were committed so far."""
    return number(admin, "SELECT count(*) FROM ledger.batch")


@contextmanager
def failing_first(admin: Admin, key: str, times: int, state: str) -> Iterator[None]:
    """Let the first ``times`` attempts to post an operation with ``key`` fail with ``state``."""
    admin.execute(FAIL.format(key=key, times=times, state=state).encode())
    yield
    admin.execute("DROP FUNCTION public.fail CASCADE")
    admin.execute("DROP SEQUENCE public.attempts")


def attempts(admin: Admin) -> int:
    """Tell how often the operation that fails was tried."""
    return number(admin, "SELECT last_value FROM public.attempts")


@contextmanager
def commits_waiting(admin: Admin) -> Iterator[None]:
    """Let every commit of a posting wait until the block ends."""
    admin.execute(WAIT.encode())
    admin.execute("SELECT pg_advisory_lock(%s)", (_COMMITS,))
    yield
    admin.execute("SELECT pg_advisory_unlock(%s)", (_COMMITS,))
    admin.execute("DROP FUNCTION public.wait CASCADE")


@contextmanager
def wallet_locked(url: str, member: int) -> Iterator[None]:
    """Let every posting for a member wait until the block ends."""
    query = "SELECT 1 FROM ledger.account WHERE owner_id = %s AND kind = 'wallet' FOR UPDATE"
    with psycopg.connect(url) as other:
        other.execute(query, (member,))
        yield


def waiting(admin: Admin) -> list[int]:
    """Give the processes of the connections that wait for a lock."""
    rows = admin.execute(
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return [pid for (pid,) in rows]


def terminate(admin: Admin) -> None:
    """End the connections that wait for a lock, once there is one."""
    eventually(lambda: bool(waiting(admin)))
    for pid in waiting(admin):
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds; fail when it takes too long."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "this did not happen"
        time.sleep(0.01)


@contextmanager
def line_that_loses_an_answer(url: str, folder: Path) -> Iterator[tuple[str, threading.Event]]:
    """Relay connections; once the event is set, the next commit arrives and its answer does not.

    Gives where to connect, and the event; it is cleared when the line has broken.
    """
    lose = threading.Event()
    with psycopg.connect(url) as conn:
        host, port = conn.info.host, conn.info.port
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / ".s.PGSQL.5432"))
        listening.listen()
        arguments = (listening, host, port, lose)
        threading.Thread(target=_accept, args=arguments, daemon=True).start()
        yield make_conninfo(url, host=str(folder), port=5432, sslmode="disable"), lose


def _accept(listening: socket.socket, host: str, port: int, lose: threading.Event) -> None:
    with suppress(OSError):  # the test is over
        while True:
            near, _ = listening.accept()
            if host.startswith("/"):
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{host}/.s.PGSQL.{port}")
            else:
                far = socket.create_connection((host, port))
            broken = threading.Event()
            for source, target in ((near, far), (far, near)):
                arguments = (source, target, lose if source is near else None, broken)
                threading.Thread(target=_relay, args=arguments, daemon=True).start()


def _relay(
    source: socket.socket,
    target: socket.socket,
    lose: threading.Event | None,
    broken: threading.Event,
) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            if lose is not None and lose.is_set() and b"COMMIT" in data:
                broken.set()
                lose.clear()
            elif lose is None and broken.is_set():
                break
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
