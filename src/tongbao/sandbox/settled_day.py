"""The demo's last day is settled as days are: two people, payment files, a bank, a statement.

Everything is dated by the made-up month, so that the same seed writes the same files, to the byte.
"""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.bank import importing
from tongbao.bank.files import Written
from tongbao.bank.importing import Imported
from tongbao.clearing import settlements, windows
from tongbao.clearing.types import Leg, Settlement
from tongbao.kernel.db import Connection
from tongbao.sandbox import banking
from tongbao.sandbox.alliance import Alliance
from tongbao.sandbox.month import FIRST, Begin
from tongbao.statements import periods, writing

DAY: Final = date(2026, 11, 2)
"""A Monday: the month ended on a Saturday."""

AT: Final = datetime(2026, 11, 2, 2, tzinfo=UTC)
"""Ten in the morning, in Shanghai."""

STATED: Final = "jinheng"
"""The merchant whose statement is written as paper."""


class SettledDay(Struct, frozen=True, kw_only=True):
    """How the day was settled, and where its files are.

    ``legs`` are as they were instructed. ``answer`` is the bank's camt.053, ``imported`` what
    became of it, ``paper`` the statement of ``STATED`` over the whole month.
    """

    settlement: Settlement
    legs: list[Leg]
    written: list[Written]
    answer: Path
    imported: Imported
    paper: Path


def settle(
    begin: Begin, conn: Connection, alliance: Alliance, folder: Path, seed: int, zone: ZoneInfo
) -> SettledDay:
    """Settle what is open through the simulated bank; ``folder`` is emptied and gets the files.

    ``conn`` is the connection behind ``begin``, without a transaction: importing opens its own.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with begin() as inside:
        names = {one.id: one.name for one in organisations.list_after(inside)}
        known = {one: names[one] for one in alliance.organisations.values()}
        banking.open_accounts(inside, alliance.operator, known, banking.SIGNED, FIRST)
    told = banking.tell(begin, conn, DAY, AT, folder, zone=zone, seed=seed)
    answer = told.answered.files[-1]
    imported = importing.import_file(conn, answer, AT)
    with begin() as inside:
        paper = _write_statement(inside, alliance.organisations[STATED], folder)
    return SettledDay(
        settlement=settlements.get(conn, told.settlement),
        legs=told.legs,
        written=told.written,
        answer=answer,
        imported=imported,
        paper=paper,
    )


def _write_statement(conn: Connection, organisation: int, folder: Path) -> Path:
    """Write a statement over all closed windows as PDF; give its path."""
    last = windows.newest_closed(conn)
    assert last is not None, "a month has days"
    period = periods.of_windows(conn, 1, last.id)
    writing.write_all(conn, period, folder, ["pdf"], organisation_id=organisation)
    (paper,) = folder.glob("*.pdf")
    return paper
