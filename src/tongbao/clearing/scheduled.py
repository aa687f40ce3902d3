"""What the calendar makes due: closing windows at the cut-over, proposing settlements after it.

Both look at what is there and not at when they are called, so they may be called at any time and
by any number; what was missed is made up for.
"""

from datetime import datetime
from typing import Final

from tongbao.clearing import calendar, cycles, settlements, windows
from tongbao.clearing.calendar import Cutover
from tongbao.clearing.types import Settlement, Window
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.ledger import lock

Q = sql.load(__package__, "scheduled_queries.sql")

_ONE: Final = 7_407_013
"""Key of the advisory lock of the one who proposes what is due."""


def close_due(conn: Connection, at: datetime, cutover: Cutover) -> Window | None:
    """Close the open window if it was opened on an earlier business date; give it, or None.

    Nobody has to wait unless there is something to close. A window that somebody has closed and
    opened meanwhile stays open.
    """
    if not _outdated(conn, at, cutover):
        return None
    lock.fence_closing(conn)
    return windows.close(conn, at) if _outdated(conn, at, cutover) else None


def propose_due(conn: Connection, at: datetime, cutover: Cutover, by: str) -> list[Settlement]:
    """Propose the settlements of the cycles that are due at ``at``; give those that are new.

    Each cycle once for a business date: what a person has rejected, or what has failed, is not
    proposed again by itself. Nothing is due before the windows of the dates to be settled are
    closed. Refuses ``calendar-not-announced`` and what ``settlements.propose`` refuses.
    """
    day = calendar.business_date(at, cutover)
    conn.execute(Q.one_scheduler, {"lock": _ONE})
    made = []
    for due in cycles.due_windows(conn, day, cutover):
        asked = {"business_date": day, "cycle": due.cycle}
        if conn.execute(Q.proposed_before, asked).fetchone() is None:
            made.append(
                settlements.propose(
                    conn,
                    business_date=day,
                    through_window=due.through_window,
                    cycles=[due.cycle],
                    by=by,
                    at=at,
                )
            )
    return made


def _outdated(conn: Connection, at: datetime, cutover: Cutover) -> bool:
    opened = calendar.business_date(windows.current(conn).opened_at, cutover)
    return opened < calendar.business_date(at, cutover)
