"""The small alliance behind a gateway, with a key for each organisation."""

import secrets
from collections.abc import Iterator, Sequence

import pytest
from msgspec import Struct

from tests.gateway.terminals import Open, gateway, url_of
from tests.world import AT, World, build
from tongbao.access import keys
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection


class Served(Struct):
    """A gateway, the alliance behind it, and a token for each organisation by name."""

    open: Open
    world: World
    tokens: dict[str, str]
    db: Connection

    @property
    def port(self) -> int:
        """Where terminals are answered."""
        return self.open.port


@pytest.fixture(scope="module")
def served(module_db: Connection) -> Iterator[Served]:
    """Serve an alliance of A and B to all tests of a file."""
    world = build(module_db, {name: Terms() for name in "AB"}, people=40)
    tokens = {name: token(module_db, who) for name, who in world.organisations.items()}
    with gateway(url_of(module_db)) as opened:
        yield Served(opened, world, tokens, module_db)


def token(conn: Connection, organisation: int, scopes: Sequence[str] | None = None) -> str:
    """Make a key, and give its token."""
    with conn.transaction():
        return keys.create(
            conn, organisation, "manager", "till", secrets.token_urlsafe(32), by="tests", at=AT,
            scopes=scopes,
        )[1]  # fmt: skip
