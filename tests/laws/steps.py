"""The steps of a settlement as commands: run as ``python -m tests.laws.steps STEP``.

Each is one call of the domain in one transaction, as a door makes it.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from tongbao.clearing import booking, settlements, windows
from tongbao.kernel import db
from tongbao.kernel.db import Connection

AT = datetime(2026, 5, 2, 2, 0, tzinfo=UTC)
DAY = date(2026, 5, 1)


def close(conn: Connection) -> None:
    if windows.newest_closed(conn) is None:
        windows.close(conn, AT)


def propose(conn: Connection) -> None:
    settlements.propose(conn, business_date=DAY, by="Lin", at=AT)


def approve(conn: Connection) -> None:
    settlements.approve(conn, _newest(conn), by="Wang", at=AT)


def instruct(conn: Connection) -> None:
    settlements.instruct(conn, _newest(conn), at=AT)


def book(conn: Connection) -> None:
    """Book every leg in two parts, as if the bank had."""
    newest = _newest(conn)
    for part in (1, 2):
        payments = [
            (newest, leg.organisation_id, _part(abs(leg.amount), part), f"S{part}")
            for leg in settlements.legs(conn, newest)
        ]
        assert not any(isinstance(a, Exception) for a in booking.book_many(conn, payments, AT))


def _newest(conn: Connection) -> int:
    """Give the settlement; a proposal that was killed has used up an id."""
    return settlements.listed(conn)[0].id


def _part(amount: int, part: int) -> int:
    return amount // 3 if part == 1 else amount - amount // 3


STEPS: Mapping[str, Callable[[Connection], None]] = {
    step.__name__: step for step in (close, propose, approve, instruct, book)
}

if __name__ == "__main__":
    with db.connect(os.environ["TONGBAO_DATABASE_URL"]) as opened, opened.transaction():
        STEPS[sys.argv[1]](opened)
