"""The steps of a settlement as commands: run as ``python -m tests.laws.steps STEP FOLDER``.

Each is what a door does: calls of the domain in transactions, and files in the folder.
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tongbao.bank import files, importing
from tongbao.clearing import booking, settlements, windows
from tongbao.kernel import db
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.sandbox import bank

AT = datetime(2026, 5, 2, 2, 0, tzinfo=UTC)
DAY = date(2026, 5, 1)
ZONE = ZoneInfo("Asia/Shanghai")

Step = Callable[[Connection, Path], None]


def close(conn: Connection, folder: Path) -> None:
    with conn.transaction():
        if windows.newest_closed(conn) is None:
            windows.close(conn, AT)


def propose(conn: Connection, folder: Path) -> None:
    with conn.transaction():
        settlements.propose(conn, business_date=DAY, by="Lin", at=AT)


def approve(conn: Connection, folder: Path) -> None:
    with conn.transaction():
        settlements.approve(conn, newest(conn), by="Wang", at=AT)


def instruct(conn: Connection, folder: Path) -> None:
    with conn.transaction():
        settlements.instruct(conn, newest(conn), at=AT)


def book(conn: Connection, folder: Path) -> None:
    """Book every leg in two parts, as if the bank had."""
    with conn.transaction():
        settlement = newest(conn)
        for part in (1, 2):
            payments = [
                (settlement, leg.organisation_id, _part(abs(leg.amount), part), f"S{part}")
                for leg in settlements.legs(conn, settlement)
            ]
            answers = booking.book_many(conn, payments, AT)
            assert not any(isinstance(answer, Refusal) for answer in answers)


def write(conn: Connection, folder: Path) -> None:
    """Plan the payment files and write them."""
    with conn.transaction():
        planned = files.plan(conn, newest(conn), zone=ZONE, at=AT).files
    for file in planned:
        files.write(conn, file, folder)


def answer(conn: Connection, folder: Path) -> None:
    """Let the bank answer; it has no part in our database."""
    bank.respond(sorted(folder.glob("TB*.xml")), folder / "bank", seed=7, rejects=0)


def take(conn: Connection, folder: Path) -> None:
    """Import all that the bank has sent: status reports, notifications, the statement."""
    for path in sorted((folder / "bank").glob("*.xml")):
        importing.import_file(conn, path, AT)


def newest(conn: Connection) -> int:
    """Give the settlement; a proposal that was killed has used up an id."""
    return settlements.listed(conn)[0].id


def _part(amount: int, part: int) -> int:
    return amount // 3 if part == 1 else amount - amount // 3


_ALL: tuple[Step, ...] = (close, propose, approve, instruct, book, write, answer, take)
STEPS: Mapping[str, Step] = {step.__name__: step for step in _ALL}
BY_HAND = ("close", "propose", "approve", "instruct", "book")
BY_BANK = ("close", "propose", "approve", "instruct", "write", "take")

if __name__ == "__main__":
    with db.connect(os.environ["TONGBAO_DATABASE_URL"]) as opened:
        STEPS[sys.argv[1]](opened, Path(sys.argv[2]))
