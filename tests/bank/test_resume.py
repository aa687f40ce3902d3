"""An import that is killed, or races with another, ends as if nothing had happened."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bank.desk import answer, items, settle, take, took, write
from tests.clearing.desk import EXAMPLE
from tests.world import AT, World, broken_laws
from tongbao.bank import importing, matching, reading, statuses
from tongbao.clearing import settlements
from tongbao.clearing.types import Settlement
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection

# Kills itself as soon as the n-th statement of the bank's or of clearing's has run.
PROGRAM = """
import os, signal, sys
import psycopg
from tongbao import cli

left = int(sys.argv.pop(1))
execute = psycopg.Connection.execute

def count(self, query, *args, **kwargs):
    global left
    done = execute(self, query, *args, **kwargs)
    if b"bank." in (query if isinstance(query, bytes) else str(query).encode()):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return done

psycopg.Connection.execute = count
cli.main()
"""


def state(conn: Connection) -> list[Any]:
    """Give all that an import may change, without numbers and times of writing."""
    return [
        conn.execute(query).fetchall()
        for query in (
            b"SELECT number, state, how, organisation_id, attempt FROM bank.line ORDER BY 1",
            b"SELECT end_to_end_id, state FROM bank.payment ORDER BY 1",
            b"SELECT organisation_id, paid, state FROM clearing.leg ORDER BY 1",
            b"SELECT kind, subject, state FROM desk.exception_item ORDER BY 1, 2",
            b"SELECT owner_id, kind, balance FROM ledger.account WHERE balance <> 0 ORDER BY 1, 2",
        )
    ]


def kill_at(url: str, path: Path, statement: int) -> int:
    environ = {**os.environ, "TONGBAO_DATABASE_URL": url}
    command = [sys.executable, "-c", PROGRAM, str(statement), "bank", "import", str(path)]
    return subprocess.run(command, env=environ, capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, -1])
def test_killed_at_any_statement_the_same_command_finishes_it(
    db: Connection,
    database_url: str,
    world: World,
    made: Settlement,
    tmp_path: Path,
    which: int,
) -> None:
    path = answer(write(db, made.id, tmp_path), tmp_path, rejects=400_000).files[which]
    killed = 0
    while kill_at(database_url, path, killed + 1) == -9:
        killed += 1
        assert broken_laws(db) == {}
    assert killed >= 5
    with database.connect(database_url) as conn:
        assert importing.import_file(conn, path, AT).replayed
    interrupted = state(db)
    assert sum(leg.paid for leg in settlements.legs(db, made.id)) == sum(
        row[1] for row in interrupted[2]
    )
    assert interrupted[0 if which else 1]
    reports = db.execute("SELECT count(*), count(done_at) FROM bank.report").fetchone()
    assert reports == (1, 1)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_stopped_between_two_chunks_it_goes_on(
    db: Connection,
    world: World,
    made: Settlement,
    tmp_path: Path,
    chunks: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = answer(write(db, made.id, tmp_path), tmp_path).files[-1]
    with db.transaction():
        report = reading.take_in(db, reading.examine(path), AT)
    for _ in range(chunks):
        with db.transaction():
            assert matching.match_some(db, report, AT, limit=1) == 1
    assert took(take(db, path)) == {"matched by end_to_end": 4}
    assert take(db, path).replayed
    assert settlements.get(db, made.id).state == "settled"
    assert items(db) == []


def test_a_rejected_file_is_worked_through_in_chunks(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    answered = answer(write(db, made.id, tmp_path), tmp_path, rejects=1_000_000)
    path = answered.files[1]
    with db.transaction():
        report = reading.take_in(db, reading.examine(path), AT)
    steps = 0
    while True:
        with db.transaction():
            if not statuses.work_some(db, report, AT, limit=1):
                break
        steps += 1
    assert steps == 7  # a rejected file: 3 payments and its end, then 3 payments by themselves
    states = [leg.state for leg in settlements.legs(db, made.id)]
    assert states == ["rejected", "rejected", "instructed", "rejected"]
    assert items(db) == []


def test_two_who_import_one_file_at_once_book_it_once(
    db: Connection, database_url: str, world: World, made: Settlement, tmp_path: Path
) -> None:
    answered = answer(write(db, made.id, tmp_path), tmp_path)
    paths = [answered.files[1], answered.files[3], answered.files[4]] * 2
    faults: list[BaseException] = []

    def run(work: Callable[[Connection], object]) -> None:
        try:
            with database.connect(database_url) as conn:
                work(conn)
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion
            faults.append(fault)

    threads = [
        threading.Thread(target=run, args=(lambda conn, path=path: take(conn, path),))
        for path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert settlements.get(db, made.id).state == "settled"
    assert items(db) == []
    count = db.execute("SELECT count(*) FROM bank.line WHERE state = 'matched'").fetchone()
    assert count == (4,)
    assert broken_laws(db) == {}


def test_an_error_in_a_chunk_leaves_nothing_of_it(
    db: Connection,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = settle(db, world, EXAMPLE)
    path = answer(write(db, made.id, tmp_path), tmp_path).files[-1]
    monkeypatch.setattr(matching, "raise_troubles", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(db, path)
    assert settlements.get(db, made.id).state == "instructed"
    assert broken_laws(db) == {}
    monkeypatch.undo()
    assert took(take(db, path)) == {"matched by end_to_end": 4}
    assert settlements.get(db, made.id).state == "settled"
