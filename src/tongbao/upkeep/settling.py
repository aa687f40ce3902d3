"""Jobs of the settlement day: payment files and the bank's answers, statements, liability.

Files are exchanged through folders, and only if settings name them. What breaks off is done again:
a payment file is noted as written after it has its name, a file of the bank is moved away after it
was booked, statements have their names when they are whole.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tongbao.bank import files, importing
from tongbao.clearing import settlements, windows
from tongbao.clearing.types import Settlement, State
from tongbao.desk import exceptions
from tongbao.kernel.errors import Refusal
from tongbao.liability import estimates, months
from tongbao.liability import periods as books
from tongbao.statements import periods, summing, writing
from tongbao.upkeep.types import Bench, Facts

TO_BANK: Final = "to-bank"
FROM_BANK: Final = "from-bank"
DONE: Final = "done"
REFUSED: Final = "refused"
"""Where the bank's files go in their folder, when they are booked or cannot be."""

FILE_REFUSED: Final = "bank-file-refused"
PERIOD_OPEN: Final = "period-to-close"
RECENT: Final = 31
"""So many windows back statements are written that are not there."""

_WORKER: Final = "worker"
_UNDER_WAY: Final[tuple[State, ...]] = ("instructed", "partly_paid")


def pay(bench: Bench) -> Facts:
    """Instruct what two people have approved, and write its payment files for the bank."""
    if bench.settings.bank_folder is None:
        return {}
    folder = bench.settings.bank_folder / TO_BANK
    conn, zone = bench.conn, ZoneInfo(bench.settings.time_zone)
    instructed, written = [], []
    for one in settlements.listed(conn, state="approved"):
        with conn.transaction():
            settlements.instruct(conn, one.id, at=bench.now(), by=_WORKER)
        instructed.append(one.id)
    for one in _under_way(bench):
        with conn.transaction():
            planned = files.plan(conn, one.id, zone=zone, at=bench.now()).files
        for file in planned:
            if file.digest is None:
                with conn.transaction():
                    written.append(Path(files.write(conn, file, folder).path).name)
    return {"instructed": instructed, "files": written}


def take(bench: Bench) -> Facts:
    """Book what the bank has sent; a file that cannot be used waits on the work list."""
    if bench.settings.bank_folder is None:
        return {}
    folder = bench.settings.bank_folder / FROM_BANK
    taken, refused = [], []
    for path in sorted(folder.glob("*.xml")):
        try:
            importing.import_file(bench.conn, path, bench.now())
        except Refusal as refusal:
            _refuse(bench, path, refusal)
            refused.append(path.name)
        else:
            _move(path, DONE)
            taken.append(path.name)
    return {"imported": taken, "refused": refused}


def state(bench: Bench) -> Facts:
    """Sum the windows that were closed, and write everybody's statements of each."""
    with bench.conn.transaction():
        summed = summing.sum_windows(bench.conn, bench.settings.fee_vat)
    folder = bench.settings.statements_folder
    written = 0
    if folder is not None:
        for window in windows.newest(bench.conn, limit=RECENT + 1):
            if window.closed_at is not None and not (folder / _name(window.id)).exists():
                with bench.conn.transaction():
                    period = periods.of_windows(bench.conn, window.id, window.id)
                    written += writing.write_all(
                        bench.conn, period, folder, ["csv", "json"]
                    ).statements
    return {"windows": summed, "statements": written}


def estimate(bench: Bench) -> Facts:
    """When a month is over, propose what will be redeemed, and ask for its books to be closed."""
    zone, now = bench.settings.time_zone, bench.now()
    month = months.last_complete(now, zone)
    with bench.conn.transaction():
        if books.find(bench.conn, month):
            reason = f"period {months.show(month)} was closed"
            exceptions.close_subjects(
                bench.conn, PERIOD_OPEN, [months.show(month)], by=_WORKER, how="closed",
                reason=reason, at=now,
            )  # fmt: skip
            return {}
        if any(one.through == month for one in estimates.newest(bench.conn)):
            return {}
        return {"proposed": _propose(bench, month)}


def _propose(bench: Bench, month: date) -> list[str]:
    zone, now = bench.settings.time_zone, bench.now()
    try:
        with bench.conn.transaction():
            made = estimates.propose(
                bench.conn, zone, month, by=_WORKER, reason="the month is over", at=now
            )  # fmt: skip
    except estimates.EstimateEmpty:
        return []
    facts = {"month": months.show(month), "estimate": made.id, "proposal": made.proposal_id}
    exceptions.raise_item(bench.conn, PERIOD_OPEN, None, months.show(month), facts, now)
    return [months.show(month)]


def _under_way(bench: Bench) -> Iterator[Settlement]:
    for state_of in _UNDER_WAY:
        yield from settlements.listed(bench.conn, state=state_of)


def _refuse(bench: Bench, path: Path, refusal: Refusal) -> None:
    """Put a file aside and say so; one put right may come again under its name."""
    now = bench.now()
    facts = {"file": path.name, "code": refusal.code, "text": str(refusal)}
    subject = f"{path.name}, {now.isoformat()}"
    with bench.conn.transaction():
        exceptions.raise_item(bench.conn, FILE_REFUSED, None, subject, facts, now)
    _move(path, REFUSED)


def _move(path: Path, where: str) -> None:
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    path.replace(folder / path.name)


def _name(window: int) -> str:
    return f"statements-{window:06d}-{window:06d}.jsonl"
