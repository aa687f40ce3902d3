"""Databases for the tests: a server for each worker, a fresh migrated database for each test.

The server is the embedded one, in a temporary folder of the worker's own; with
``TONGBAO_DATABASE_URL`` it is the one named there, whose databases are left alone. ``{worker}`` in
that URL stands for the worker's name (gw0, gw1, …; gw0 where there is but one process). Workers
share no server, because a transaction that runs in any database of a server holds back the
events of all of them, and the making of a database is such a transaction.
"""

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
    """Make the session's folder, or in a worker its own inside the one that the controller made."""
    given = getattr(config, "workerinput", {}).get("tongbao_folder")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    folder = Path(given or tempfile.mkdtemp(prefix="tongbao-tests-", dir=_memory()))
    config.stash[FOLDER] = folder / worker if given else folder
    config.stash[FOLDER].mkdir(exist_ok=True)
    outside = os.environ.get("TONGBAO_DATABASE_URL")
    if outside and (given or not config.getoption("numprocesses", None)):
        os.environ["TONGBAO_DATABASE_URL"] = outside.replace("{worker}", worker)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]  # of pytest-xdist
    node.workerinput["tongbao_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's folder."""
    if (folder := config.stash.get(FOLDER, None)) and not hasattr(config, "workerinput"):
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
def template(request: pytest.FixtureRequest, server_url: str) -> Iterator[str]:
    """Give the name of the migrated database that the tests' databases are copies of."""
    name = _template(request.config.stash[FOLDER])
    _administer(server_url, f"CREATE DATABASE {name}")
    migrate.apply(named(server_url, name))
    yield name
    _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


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
    return "_".join(folder.parts[-2:]).lower().replace("-", "_")


def _fresh(folder: Path, server_url: str, template: str) -> Iterator[str]:
    name = f"{_template(folder)}_{os.getpid()}_{next(_numbers)}"
    # Copying files costs half of what logging every page of a database does, which is the default.
    _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield named(server_url, name)
    _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())
