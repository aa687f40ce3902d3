"""The session of a command: settings, the migrated database, a connection, the time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from tongbao.kernel import clock, db, migrate, settings
from tongbao.kernel.settings import Settings


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What a command works with. ``at`` is the time at which it began (UTC)."""

    settings: Settings
    url: str
    conn: db.Connection
    at: datetime


@contextmanager
def open_session() -> Iterator[Session]:
    """Start the database if it is the embedded one, migrate it, connect, and read the clock.

    The connection is autocommit: the command says where a transaction begins. Refuses what
    ``settings.load``, ``migrate.apply`` and ``db.connect`` refuse.
    """
    chosen = settings.load(os.environ)
    url = db.url(chosen)
    migrate.apply(url)
    with db.connect(chosen) as conn:
        yield Session(settings=chosen, url=url, conn=conn, at=clock.now())
