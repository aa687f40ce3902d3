"""Memory does not grow with the file: ten times the lines take no more of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.intake.files import write
from tests.world import SECRET, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection

# Imports one file and prints the peak of its resident memory in MiB.
PROGRAM = """
import resource, sys
from tongbao import cli
try:
    cli.main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""
LINES = 20
HEADER = ("outlet", "member", "receipt", "amount", "time", "item")


def peak(folder: Path, url: str, receipts: int, *options: str) -> int:
    """Import a file of so many receipts; give the peak in MiB."""
    rows = (
        ("A", f"CARD{n % 50:06d}", f"{receipts}-{n}", "3.50", "2026-04-01T12:00:00", f"sku-{line}")
        for n in range(receipts)
        for line in range(LINES)
    )
    path = write(folder / f"sales-{receipts}.csv", rows, HEADER)
    environ = {**os.environ, "TONGBAO_DATABASE_URL": url, "TONGBAO_IDENTITY_SECRET": SECRET}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "import", "sales", str(path), "--lines", *options],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(ended.stderr.split()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--group-by-receipt",)])
def test_a_file_ten_times_as_long_takes_no_more_memory(
    db: Connection, database_url: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    build(db, {"A": Terms()}, people=50)
    small = peak(tmp_path, database_url, 1_500, *options)
    large = peak(tmp_path, database_url, 15_000, *options)
    assert large < 500
    assert large < small + 100, (small, large)
