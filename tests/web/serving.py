"""The pages served for tests: people of every role, signed in without a password."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct
from playwright.sync_api import Browser

from tests.world import World
from tongbao.access import bearer, sessions, staff
from tongbao.access.roles import Role
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.web import app, who

KEY = re.compile(r'name="_key" value="([^"]+)"')


class Served(Struct):
    """A client of the pages, the alliance behind them, and somebody in each role by its name."""

    client: TestClient[Litestar]
    db: Connection
    world: World
    people: dict[str, int]

    def sign_in(self, role: str | None) -> str:
        """Be somebody in ``role`` from now on, or nobody; give the token."""
        self.client.cookies.clear()
        if role is None:
            return ""
        token = open_session(self.db, self.people[role])
        self.client.cookies.set(who.COOKIE, token)
        return token

    def get(self, path: str, *, language: str = "en") -> Response:
        """Ask for a page, and follow nothing."""
        return self.client.get(path, headers={"Accept-Language": language}, follow_redirects=False)

    def send(self, path: str, fields: dict[str, Any], *, key: str | None = None) -> Response:
        """Send a form as its page does, and follow nothing."""
        hidden = {
            "_key": key or secrets.token_urlsafe(18),
            "_proof": who.proof(self.client.cookies.get(who.COOKIE) or ""),
        }
        return self.client.post(
            path,
            data=hidden | fields,
            headers={"Accept-Language": "en"},
            follow_redirects=False,
        )


class Live(Struct):
    """The pages on a port, a browser, the alliance behind them, and somebody in each role."""

    chromium: Browser
    base: str
    db: Connection
    world: World
    people: dict[str, int]


@contextmanager
def run(settings: Settings) -> Iterator[TestClient[Litestar]]:
    """Serve the pages in this process."""
    with TestClient(app.make(settings)) as client:
        yield client


def url_of(conn: Connection) -> str:
    """Give the URL of the database that a connection is to."""
    info = conn.info
    return f"postgresql:///{info.dbname}?host={info.host}&user={info.user}&port={info.port}"


def people(conn: Connection, world: World) -> dict[str, int]:
    """Add somebody in each role: the operator's people, and those of the first organisation."""
    at = clock.now()
    merchant = next(iter(world.organisations.values()))
    outlet = next(iter(world.outlets.values()))
    found: dict[str, int] = {}
    for role in who.STAFF:
        mine = world.operator if role in who.OPERATOR else merchant
        place = outlet if role == "cashier" else None
        found[role] = staff.add(
            conn, mine, f"{role}@test", NAMES[role], role, by="Lin", at=at, outlet_id=place
        ).id
    return found


NAMES: dict[Role, str] = {
    "admin": "林晓明",
    "settlement": "陈静",
    "marketer": "Wang Fang",
    "auditor": "赵磊",
    "manager": "Liu Yang",
    "finance": "孙丽",
    "cashier": "周杰",
}


def open_session(conn: Connection, staff_id: int) -> str:
    """Open the session of somebody who has given password and code."""
    return sessions.open_session(
        conn,
        staff_id,
        secrets.token_urlsafe(bearer.BYTES),
        means="password",
        entered=True,
        device="test",
        address="127.0.0.1",
        at=clock.now(),
    )
