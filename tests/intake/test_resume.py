"""An import that is killed goes on where it was and ends as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.files import HEADER, rejects, state, take, write
from tests.world import AT, SECRET, World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.intake import checkpoint, mapping, source
from tongbao.intake.refusals import ImportRunning
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection

ROWS = 1_500
BATCH = 40
COMMAND = (sys.executable, "-m", "tongbao", "import", "sales", "--spend", "50")


def make(path: Path) -> Path:
    """Write sales, returns and rows of every kind of trouble, in order of time."""
    rows = []
    for n in range(ROWS):
        member = f"CARD{n * n % 20:06d}" if n % 19 else f"GONE{n:06d}"
        amount = "-20" if n % 11 == 10 else "x" if n % 23 == 22 else f"{n % 700}.{n % 100:02d}"
        when = f"2026-04-{1 + n // 75:02d}T{n // 60 % 24:02d}:{n % 60:02d}:00+08:00"
        outlet = "AB"[n % 2]
        rows.append([outlet, member, f"R{n}", amount, when][: 4 if n % 97 == 96 else 5])
    return write(path, rows)


def world(conn: Connection) -> World:
    return build(conn, {"A": Terms(earn_rate=100_000), "B": Terms()}, people=20)


@pytest.fixture
def expected(
    module_db: Connection, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[tuple[object, ...]]]:
    """Give what an import without an interruption ends with."""
    if not module_db.execute("SELECT 1 FROM intake.file").fetchone():
        world(module_db)
        path = make(tmp_path_factory.mktemp("whole") / "sales.csv")
        take(module_db, path, batch=BATCH, spend="50")
        refused = path.with_name("sales.csv.rejects.csv").read_text("utf-8")
        (tmp_path_factory.getbasetemp() / "refused").write_text(refused, "utf-8")
    return state(module_db)


@pytest.fixture
def refused(expected: object, tmp_path_factory: pytest.TempPathFactory) -> str:
    return (tmp_path_factory.getbasetemp() / "refused").read_text("utf-8")


def start(path: Path, url: str, *more: str) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ, "TONGBAO_DATABASE_URL": url, "TONGBAO_IDENTITY_SECRET": SECRET,
        "TONGBAO_BATCH_LIMIT": str(BATCH),
    }  # fmt: skip
    return subprocess.Popen([*COMMAND, str(path), *more], env=environ, stdout=subprocess.PIPE)


def wait_for_rows(conn: Connection, rows: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until so many rows are committed."""
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        found = conn.execute("SELECT sum(count) FROM intake.tally WHERE subject = 'rows'")
        row = found.fetchone()
        if row and (row[0] or 0) >= rows:
            return
        time.sleep(0.002)
    raise AssertionError("the import ended before it could be killed")


def kill_at(conn: Connection, url: str, path: Path, points: Iterator[int]) -> int:
    """Start the import once for each point and kill it there; then let it end."""
    killed = 0
    for rows in points:
        running = start(path, url)
        wait_for_rows(conn, rows, running)
        running.send_signal(signal.SIGKILL)
        running.wait()
        killed += 1
    ended = start(path, url, "--json")
    out, _ = ended.communicate(timeout=120)
    assert ended.returncode == 0
    assert b'"resumed":true' in out
    return killed


@pytest.mark.slow
def test_killed_at_many_points_it_ends_like_one_that_was_not(
    db: Connection, database_url: str, tmp_path: Path,
    expected: dict[str, list[tuple[object, ...]]], refused: str,
) -> None:  # fmt: skip
    world(db)
    path = make(tmp_path / "sales.csv")
    assert kill_at(db, database_url, path, iter((1, 150, 151, 500, 900, 1_300))) == 6
    assert state(db) == expected
    assert path.with_name("sales.csv.rejects.csv").read_text("utf-8") == refused
    assert broken_laws(db) == {}


def test_what_was_written_after_the_last_commit_is_cut_off(
    db: Connection, tmp_path: Path, expected: dict[str, list[tuple[object, ...]]], refused: str
) -> None:
    world(db)
    path = make(tmp_path / "sales.csv")
    path.with_name("sales.csv.rejects.csv").write_text("line,code\n7,half a ro", "utf-8")
    take(db, path, batch=BATCH, spend="50")
    assert path.with_name("sales.csv.rejects.csv").read_text("utf-8") == refused
    assert state(db) == expected


def test_two_processes_do_not_import_one_file(
    db: Connection, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(db)
    path = write(tmp_path / "sales.csv", [["A", "CARD000000", "1", "1", "2026-04-01"]], HEADER)
    one = source.examine(path, mapping.load(None, {}, {}))
    monkeypatch.setattr(checkpoint, "WAIT", "50ms")
    with (
        database.connect(database_url) as other,
        checkpoint.locked(other, one, AT),
        pytest.raises(ImportRunning),
    ):
        take(db, path)
    assert take(db, path).sales.count == 1
    assert rejects(path) == []


def test_a_file_with_another_mapping_begins_anew(db: Connection, tmp_path: Path) -> None:
    world(db)
    path = write(tmp_path / "sales.csv", [["A", "CARD000000", "1", "1", "2026-04-01"]], HEADER)
    take(db, path)
    take(db, path, amounts="fen")
    assert rejects(path) == [(2, "key-reused")]
    count = db.execute("SELECT count(*) FROM intake.file").fetchone()
    assert count == (2,)
