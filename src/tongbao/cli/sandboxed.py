"""The session of a command that works in a sandbox: a database made anew beside the real one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from tongbao.kernel import db, settings
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.sandbox import database, load


class Sandbox(Struct, frozen=True, kw_only=True):
    """A sandbox to work in; its connection is autocommit."""

    settings: Settings
    conn: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction that ends with the block."""
        with self.conn.transaction():
            yield self.conn


@contextmanager
def open_sandbox(name: str, begins: datetime = load.FIRST) -> Iterator[Sandbox]:
    """Make the sandbox ``name``, whose time is made up, anew on the configured server; connect."""
    made = database.renew(settings.load(os.environ), name, begins)
    with db.connect(made) as conn:
        yield Sandbox(settings=made, conn=conn)
