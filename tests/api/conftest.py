"""The API in this process, with the small alliance behind it and a key for each organisation."""

import secrets
from collections.abc import Iterator, Sequence

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from tests.world import AT, World, build
from tongbao.access import keys
from tongbao.access.roles import Role
from tongbao.alliance.types import Terms
from tongbao.api import app
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings


class Served(Struct):
    """A client of the API, the alliance behind it, and a token for each organisation by name."""

    client: TestClient[Litestar]
    world: World
    tokens: dict[str, str]
    db: Connection

    def headers(self, name: str, key: str | None = None) -> dict[str, str]:
        """Give the headers with which an organisation calls."""
        said = {"Authorization": f"Bearer {self.tokens[name]}"}
        return said if key is None else said | {"Idempotency-Key": key}


@pytest.fixture
def served(db: Connection, database_url: str) -> Iterator[Served]:
    """Serve an alliance of A, B and C in this process."""
    yield from _serve(db, database_url)


@pytest.fixture(scope="module")
def shared(module_db: Connection) -> Iterator[Served]:
    """Serve one to all tests of a file."""
    info = module_db.info
    url = f"postgresql://{info.user}@/{info.dbname}?host={info.host}&port={info.port}"
    yield from _serve(module_db, url)


def _serve(db: Connection, url: str) -> Iterator[Served]:
    world = build(db, {name: Terms() for name in "ABC"})
    tokens = {name: token(db, who) for name, who in world.organisations.items()}
    tokens["operator"] = token(db, world.operator, "admin")
    with TestClient(app.make(Settings(database_url=url))) as client:
        yield Served(client, world, tokens, db)


def token(
    conn: Connection,
    organisation: int,
    role: Role = "manager",
    scopes: Sequence[str] | None = None,
) -> str:
    """Make a key, with all its role allows or with ``scopes``, and give its token."""
    secret = secrets.token_urlsafe(32)
    return keys.create(conn, organisation, role, "till", secret, by="Lin", at=AT, scopes=scopes)[1]
