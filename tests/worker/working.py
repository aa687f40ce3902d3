"""Workers as processes of their own, and what the tests look at."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tongbao.kernel.db import Connection

COMMAND = (sys.executable, "-m", "tongbao", "worker")


@contextmanager
def worker(url: str, *arguments: str, skip: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a worker, and end it with the block if it has not ended by then."""
    environ = {**os.environ, "TONGBAO_DATABASE_URL": url, "TONGBAO_WORKER_SKIP": skip}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ask a worker to end, as a supervisor does; give its exit code and what it complained of."""
    process.send_signal(signal.SIGTERM)
    _, complaints = process.communicate(timeout=60)
    return process.returncode, complaints


def runs(conn: Connection, name: str) -> int:
    """Tell how often a job has run to its end."""
    row = conn.execute("SELECT runs FROM upkeep.job WHERE name = %s", (name,)).fetchone()
    return int(row[0]) if row else 0


def unsealed(conn: Connection) -> int:
    """Tell how many batches wait for their seal."""
    row = conn.execute("SELECT count(*) FROM ledger.unsealed").fetchone()
    assert row is not None
    return int(row[0])
