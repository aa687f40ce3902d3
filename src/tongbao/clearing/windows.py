"""Windows: one is open, into which all claims fall; closing it opens the next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from tongbao.clearing.types import Window
from tongbao.events.outbox import Event, announce
from tongbao.events.types import WINDOW_CLOSED, WindowClosed
from tongbao.kernel import limits, sql
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound
from tongbao.ledger import lock

Q = sql.load(__package__)
LEDGER = sql.load("tongbao.ledger")

_LAST: Final = 2**31 - 1
_FIELDS: Final = ("id", "opened_at", "closed_at")
_NOBODY: Final = 0
"""Windows are the alliance's: their events are about no organisation."""


class WindowNotFound(NotFound):
    code = "window-not-found"
    text = "there is no clearing window {window}"


def current(conn: Connection) -> Window:
    """Give the window that is open. Without the fence another may be open a moment later."""
    row = conn.execute(LEDGER.current_window).fetchone()
    assert row is not None, "closing a window opens the next"
    return _window(row)


def close(conn: Connection, at: datetime) -> Window:
    """Close the open window, open the next one and announce it; give the closed one.

    Waits for the postings under way and keeps others waiting until this transaction ends, so end
    it soon. Whatever was posted before is in the closed window, whatever comes later in the next.
    """
    lock.fence_closing(conn)
    closed = conn.execute(LEDGER.close_window, {"at": at}).fetchone()
    assert closed is not None, "closing a window opens the next"
    conn.execute(LEDGER.open_window, {"at": closed[2]})
    window = _window(closed)
    _announce(conn, window, at)
    return window


def newest_closed(conn: Connection) -> Window | None:
    """Give the window that was closed last; None before the first is."""
    row = conn.execute(Q.newest_closed).fetchone()
    return None if row is None else _window(row)


def get(conn: Connection, window_id: int) -> Window:
    """Give a window by its id; refuses ``window-not-found``."""
    row = None
    if 0 < window_id <= _LAST:
        row = conn.execute(Q.get_window, {"id": window_id}).fetchone()
    if row is None:
        raise WindowNotFound(window=window_id)
    return _window(row)


def newest(conn: Connection, before: int = _LAST, limit: int = limits.PAGE) -> list[Window]:
    """Give at most ``limit`` windows with ids below ``before``, newest first."""
    values = {"before": before, "limit": min(limit, limits.PAGE)}
    return [_window(row) for row in conn.execute(Q.newest_windows, values)]


def _announce(conn: Connection, window: Window, at: datetime) -> None:
    assert window.closed_at is not None, "it has just been closed"
    data = WindowClosed(
        window=window.id, opened=micros(window.opened_at), closed=micros(window.closed_at)
    )
    said = msgspec.json.encode(data).decode()
    announce(conn, [Event(_NOBODY, WINDOW_CLOSED, window.closed_at, said)], at)


def _window(row: Sequence[Any]) -> Window:
    return Window(**dict(zip(_FIELDS, row, strict=False)))
