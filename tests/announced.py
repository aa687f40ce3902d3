"""Wait for events on a busy server: they are read when every older transaction of it has ended."""

import time

from tongbao.kernel.db import Connection

PATIENCE = 5.0
"""Seconds; a test that keeps a transaction open itself waits no longer."""


def wait(conn: Connection) -> None:
    """Wait until what was announced can be read, whatever other databases of the server do."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        waiting = conn.execute(
            "SELECT 1 FROM events.event"
            " WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1"
        ).fetchone()
        if waiting is None:
            return
        time.sleep(0.01)
