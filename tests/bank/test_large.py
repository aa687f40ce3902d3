"""A settlement of 30,000 organisations: written, answered and booked in bounded time and memory."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bank.desk import OPENED, OWN, open_account
from tests.bank.schemas import check_valid
from tests.world import SECRET, broken_laws
from tongbao.clearing import settlements, windows
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.sandbox import full_window
from tongbao.sandbox.load import FIRST

MANY = 30_000
CLAIMS = 300_000

# Runs one command and prints its seconds and the peak of its resident memory in MiB. What getrusage
# says would begin at the size of the process that started it.
PROGRAM = """
import re, sys, time
from pathlib import Path
from tongbao import cli
began = time.monotonic()
try:
    cli.main()
finally:
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", status)[1]) // 1024
    print(f"{time.monotonic() - began:.1f} {peak}", file=sys.stderr)
"""


def run(url: str, *arguments: object) -> tuple[float, int]:
    """Run a command; give its seconds and its MiB."""
    environ = {**os.environ, "TONGBAO_DATABASE_URL": url, "TONGBAO_IDENTITY_SECRET": SECRET}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    seconds, peak = ended.stderr.split()[-2:]
    print(f"{arguments[0]} {arguments[1]}: {seconds} s, {peak} MiB")
    return float(seconds), int(peak)


def instructed(conn: Connection, url: str) -> int:
    """Make a settlement with a leg for nearly each of many organisations; give its id."""
    with conn.transaction():
        operator = full_window.found(conn, MANY, CLAIMS, SECRET)
    with database.connect_as_owner(url) as owner:
        full_window.fill(owner, operator, MANY, CLAIMS, 7, lambda *_: None)
    open_account(conn, operator, OWN)
    conn.execute(
        """
        INSERT INTO bank.account (
          organisation_id, valid_from, number, name, cnaps, mandate, signed_on, proposal_id,
          written_at
        )
        SELECT id, %(day)s, '6222' || (1000000000 + id), '上海星光影城有限公司 ' || id,
          '103100000026', 'M-' || id, %(day)s, 1000000 + id, %(at)s
        FROM alliance.organisation
        WHERE id <> %(operator)s
        """,
        {"day": OPENED, "at": FIRST, "operator": operator},
    )
    at = FIRST + timedelta(days=1)
    with conn.transaction():
        window = windows.close(conn, at).id
        made = settlements.propose(
            conn, business_date=at.date(), through_window=window, by="Lin", at=at
        )
    with conn.transaction():
        settlements.approve(conn, made.id, by="Wu", at=at)
        settlements.instruct(conn, made.id, at=at)
    return made.id


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_settlement_of_30_000_organisations_goes_to_the_bank_and_back(
    db: Connection, database_url: str, tmp_path: Path
) -> None:
    settlement = instructed(db, database_url)
    out, back = tmp_path / "out", tmp_path / "back"
    seconds, peak = run(database_url, "bank", "files", "write", settlement, "--to", out)
    assert (seconds < 60, peak < 300) == (True, True)
    again = {path.name: path.read_bytes() for path in out.iterdir()}
    run(database_url, "bank", "files", "write", settlement, "--to", out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == again
    assert sum(data.count(b"<EndToEndId>") for data in again.values()) > MANY / 2
    for path in out.iterdir():
        check_valid(path)
    run(database_url, "sandbox", "bank", *sorted(out.iterdir()), "--to", back, "--rejects", 10_000)
    reports = sorted(back.glob("*pain.002*")), sorted(back.glob("*camt.053*"))
    for paths in reports:
        for path in paths:
            check_valid(path)
        _, peak = run(database_url, "bank", "import", *paths)
        assert peak < 300
    made = settlements.get(db, settlement)
    rejected = [leg for leg in settlements.legs(db, settlement) if leg.state == "rejected"]
    assert made.unfinished == len(rejected) > 0
    assert broken_laws(db) == {}
