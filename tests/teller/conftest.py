"""What tests of the teller stand on: a database for each file, and a desk in it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.conftest import named
from tests.points.desk import Desk
from tests.teller.troubles import Admin
from tests.world import broken_laws
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection


@pytest.fixture(scope="module")
def desk(module_db: Connection) -> Iterator[Desk]:
    """Give the desk that the tests of a file share; at the end, every law holds."""
    yield Desk(module_db)
    assert broken_laws(module_db) == {}


@pytest.fixture(scope="module")
def url(server_url: str, module_db: Connection) -> str:
    """Give the URL of the database that the desk is in."""
    return named(server_url, module_db.info.dbname)


@pytest.fixture
def admin(url: str) -> Iterator[Admin]:
    """Give a connection of the database's owner, who may do what the product may not."""
    with psycopg.connect(url, autocommit=True) as conn:
        yield conn


@pytest.fixture
def connect(url: str) -> Callable[[], Connection]:
    """Give what opens a connection as the product does; it is called ``teller``."""

    def connect() -> Connection:
        conn = database.connect(url)
        conn.execute("SET application_name = 'teller'")
        return conn

    return connect
