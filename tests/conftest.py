"""Databases for the tests: one server for the session, a fresh migrated database for each test.

The server is the embedded one, in a temporary folder that all workers of pytest-xdist share;
with ``TONGBAO_DATABASE_URL`` it is the one named there, whose databases are left alone.
"""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tongbao.kernel import db as database
from tongbao.kernel import migrate, server
from tongbao.kernel.settings import Settings

FOLDER = pytest.StashKey[Path]()
_ROOM = 4 << 30
"""Bytes that the tests' server may need, its log included."""

_numbers = count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's folder, or take the one that the controller made for its workers."""
    given = getattr(config, "workerinput", {}).get("tongbao_folder")
    config.stash[FOLDER] = Path(given or tempfile.mkdtemp(prefix="tongbao-tests-", dir=_memory()))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]  # of pytest-xdist
    node.workerinput["tongbao_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what an outside server was given and remove the folder; workers leave both alone."""
    folder = config.stash.get(FOLDER, None)
    if folder is None or hasattr(config, "workerinput"):
        return
    outside = os.environ.get("TONGBAO_DATABASE_URL")
    if outside and (folder / "template").exists():
        _administer(outside, f"DROP DATABASE IF EXISTS {_template(folder)} WITH (FORCE)")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of the session's server; its database is not for tests to write to."""
    folder = request.config.stash[FOLDER]
    outside = os.environ.get("TONGBAO_DATABASE_URL")
    if outside:
        yield outside
        return
    settings = Settings(data_dir=folder / "data", shared_buffers="128MB", max_wal_size="1GB")
    url = server.ensure(settings)
    # Copying a database for each test waits for the disk most of its time. The tests that end
    # servers have their own, as durable as the product's.
    _administer(url, "ALTER SYSTEM SET fsync = off")
    _administer(url, "SELECT pg_reload_conf()")
    yield url
    server.stop(settings)


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, server_url: str) -> str:
    """Give the name of the migrated database that the tests' databases are copies of."""
    folder = request.config.stash[FOLDER]
    name = _template(folder)
    with (folder / "template.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "template").exists():
            _administer(server_url, f"CREATE DATABASE {name}")
            migrate.apply(named(server_url, name))
            (folder / "template").touch()
    return name


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, server_url: str) -> Iterator[str]:
    """Give the URL of a database with nothing in it."""
    yield from _fresh(request.config.stash[FOLDER], server_url, "template0")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, server_url: str, template: str) -> Iterator[str]:
    """Give the URL of a fresh migrated database."""
    yield from _fresh(request.config.stash[FOLDER], server_url, template)


@pytest.fixture
def db(database_url: str) -> Iterator[database.Connection]:
    """Give a connection to a fresh migrated database, as the product connects."""
    with database.connect(database_url) as conn:
        yield conn


@pytest.fixture(scope="module")
def module_db(
    request: pytest.FixtureRequest, server_url: str, template: str
) -> Iterator[database.Connection]:
    """Give a connection to a migrated database that the tests of one file share."""
    for url in _fresh(request.config.stash[FOLDER], server_url, template):
        with database.connect(url) as conn:
            yield conn


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Give an empty folder with a path short enough for a socket; end servers left in it."""
    made = Path(tempfile.mkdtemp(prefix="tongbao-"))
    yield made
    for running in made.rglob("postmaster.pid"):
        with suppress(ProcessLookupError):  # it was killed, and left its file
            os.kill(int(running.read_text("ascii").split()[0]), signal.SIGQUIT)
    shutil.rmtree(made)


def named(url: str, name: str) -> str:
    """Give ``url`` with another database's name in it."""
    return urlsplit(url)._replace(path="/" + name).geturl()


def _memory() -> str | None:
    """Give a file system in memory with room enough, on which a database is copied in no time."""
    there = Path("/dev/shm")
    if not os.access(there, os.W_OK) or shutil.disk_usage(there).free < _ROOM:
        return None
    return str(there)


def _template(folder: Path) -> str:
    return folder.name.lower().replace("-", "_")


def _fresh(folder: Path, server_url: str, template: str) -> Iterator[str]:
    name = f"{_template(folder)}_{os.getpid()}_{next(_numbers)}"
    # Copying files costs half of what logging every page of a database does, which is the default.
    _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield named(server_url, name)
    _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())
