"""Measure what comes after a window: close, net, settle, write files, read the bank, state.

Each stage is what the commands do, in the transactions in which they do it.
"""

import gc
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from tongbao.alliance import organisations
from tongbao.bank import files, importing
from tongbao.clearing import booking, homes, net, positions, settlements, windows
from tongbao.clearing.report import report
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.sandbox import bank, processes
from tongbao.sandbox.load import FIRST
from tongbao.sandbox.settling import APPROVER, PROPOSER
from tongbao.statements import periods, summing, writing

CLOSED: Final = FIRST + timedelta(days=1)
"""When the window is closed; everything else follows an hour later."""

STAGES: Final = 11
"""How many stages there are."""

_LATER: Final = CLOSED + timedelta(hours=1)
_DAY: Final = date(2026, 1, 3)
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_FORGET: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")
_CHUNK: Final = 10_000


class Stage(Struct, frozen=True, kw_only=True):
    """What one stage took: seconds, peak memory of this process (MB), and how many of what.

    ``cpu_seconds`` are this process's, ``database_cpu_seconds`` those of the connection's process
    if it can be seen from here: what the stage would take where nobody else wants the processors.
    """

    name: str
    seconds: float
    cpu_seconds: float
    database_cpu_seconds: float
    peak_memory_mb: float
    counts: dict[str, int]


class Meter(Struct):
    """The stages so far; ``tell`` hears of each. ``backend``: the process of the connection."""

    tell: Callable[[], object]
    backend: int = 0
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def measure(self, name: str) -> Iterator[dict[str, int]]:
        """Measure what the block does; in the mapping it is given it says how many of what."""
        counts: dict[str, int] = {}
        gc.collect()
        with suppress(OSError):  # without it the peak is that of the whole run so far
            _FORGET.write_text("5", "ascii")
        began, cpu, database = time.perf_counter(), time.process_time(), processes.cpu(self.backend)
        yield counts
        self.stages.append(
            Stage(
                name=name,
                seconds=round(time.perf_counter() - began, 3),
                cpu_seconds=round(time.process_time() - cpu, 3),
                database_cpu_seconds=round(processes.cpu(self.backend) - database, 3),
                peak_memory_mb=_peak(),
                counts=counts,
            )
        )
        self.tell()


def run(conn: Connection, meter: Meter, papers: int, seed: int) -> None:
    """Take the open window of a sandbox through all stages.

    Everybody has an account and a mandate; the bank takes every payment. ``papers``: so many
    statements are written as PDF, too.
    """
    with meter.measure("close") as counts, conn.transaction():
        window = windows.close(conn, CLOSED).id
        counts["windows"] = 1
    _net(conn, meter, window)
    with tempfile.TemporaryDirectory(prefix="tongbao-bench-") as made:
        folder = Path(made)
        settlement = _propose(conn, meter)
        told = _ask_bank(conn, meter, settlement, folder, seed)
        _book(conn, meter, settlement, told)
        _state(conn, meter, window, folder, papers)


def _net(conn: Connection, meter: Meter, window: int) -> None:
    """Net the window in each of the four ways, every time from what the database says."""
    with meter.measure("net gross and bilateral") as counts, conn.transaction():
        found = report(conn, window, 1)
        counts |= {"gross payments": found.gross.count, "gross amount": found.gross.amount}
        counts |= {"payments": found.bilateral.count, "amount": found.bilateral.amount}
    with meter.measure("net multilateral") as counts, conn.transaction():
        flat = positions.flat(conn, window)
        counts |= {"organisations": len(flat), "amount": _paid(flat)}
    with meter.measure("net regional") as counts, conn.transaction():
        by_region = net.regional(positions.owed(conn, window), homes.of_window(conn, window))
        counts |= {"regions": len(by_region.between), "amount": _paid(by_region.between)}
    same = all(flat.get(who, 0) == amount for who, amount in by_region.total.items())
    assert same, "netted claim by claim it is the same"


def _paid(nets: Mapping[Any, int]) -> int:
    return sum(amount for amount in nets.values() if amount > 0)


def _propose(conn: Connection, meter: Meter) -> int:
    with meter.measure("settle: propose, approve, instruct") as counts:
        with conn.transaction():
            made = settlements.propose(conn, business_date=_DAY, by=PROPOSER, at=_LATER)
        with conn.transaction():
            settlements.approve(conn, made.id, by=APPROVER, at=_LATER)
        with conn.transaction():
            legs = settlements.instruct(conn, made.id, at=_LATER)
        counts["legs"] = len(legs)
        counts["collections"] = made.collections
        counts["payouts"] = made.payouts
    return made.id


def _ask_bank(
    conn: Connection, meter: Meter, settlement: int, folder: Path, seed: int
) -> list[Path]:
    """Write the payment files and let the simulated bank answer; give the statement it sends."""
    with meter.measure("files: pain.001, pain.008") as counts:
        with conn.transaction():
            planned = files.plan(conn, settlement, zone=_ZONE, at=_LATER).files
        written = [files.write(conn, file, folder) for file in planned]
        counts["files"] = len(written)
        counts["payments"] = sum(one.file.count for one in written)
        counts["bytes"] = sum(one.size for one in written)
    answered = bank.respond(
        [Path(one.path) for one in written], folder / "bank", seed=seed, rejects=0
    )
    return [path for path in answered.files if path.name.endswith("camt.053.xml")]


def _book(conn: Connection, meter: Meter, settlement: int, statements: Sequence[Path]) -> None:
    """Book every leg, first without the bank's files and undone again, then as they say."""
    with (
        meter.measure("settle: book all, undone") as counts,
        conn.transaction(force_rollback=True),
    ):
        counts["legs"] = _book_all(conn, settlement)
    with meter.measure("camt.053 read and booked") as counts:
        for path in statements:
            imported = importing.import_file(conn, path, _LATER)
            counts["bytes"] = counts.get("bytes", 0) + path.stat().st_size
            for one in imported.counts:
                counts[one.what] = counts.get(one.what, 0) + one.count
    assert settlements.get(conn, settlement).state == "settled", "the bank has paid everything"


def _book_all(conn: Connection, settlement: int) -> int:
    legs = settlements.legs(conn, settlement)
    for start in range(0, len(legs), _CHUNK):
        payments = [
            (settlement, leg.organisation_id, leg.left, leg.end_to_end_id)
            for leg in legs[start : start + _CHUNK]
        ]
        for answer in booking.book_many(conn, payments, _LATER):
            assert not isinstance(answer, Refusal), answer
    return len(legs)


def _state(conn: Connection, meter: Meter, window: int, folder: Path, papers: int) -> None:
    """Write everybody's statement, and some of them as paper."""
    with meter.measure("statements: sum the window") as counts, conn.transaction():
        counts["windows"] = len(summing.sum_windows(conn, writing.FEE_VAT, window))
    period = periods.of_windows(conn, window, window)
    with meter.measure("statements: JSON and CSV of all") as counts, conn.transaction():
        made = writing.write_all(conn, period, folder / "all", ["json", "csv"])
        counts |= {"statements": made.statements, "lines": made.lines, "bytes": made.bytes}
    shutil.rmtree(folder / "all")
    with meter.measure(f"statements: PDF of {papers}") as counts:
        counts |= {"statements": 0, "bytes": 0}
        for one in organisations.list_after(conn, limit=papers):
            with conn.transaction():
                made = writing.write_all(
                    conn, period, folder / "pdf", ["pdf"], organisation_id=one.id
                )
            counts["statements"] += made.statements
            counts["bytes"] += made.bytes


def _peak() -> float:
    """Give the peak memory of this process (MB) since it was last forgotten."""
    with suppress(OSError):
        for line in _STATUS.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1_024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, 1)
