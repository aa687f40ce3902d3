"""``tongbao serve`` as a process of its own, and plain HTTP to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

COMMAND = (sys.executable, "-m", "tongbao", "serve", "--port", "0", "--json")


class Running(Struct):
    """A service that answers at ``host`` and ``port``; ``process`` is the parent of all.

    ``iso8583`` is the port of the gateway for terminals, if there is one.
    """

    process: subprocess.Popen[str]
    host: str
    port: int
    iso8583: int | None = None

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        """Give a connection to it."""
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Ask, and give status and body."""
        return call(self.connect(), "GET", path, headers)

    def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[int, Any]:
        """Send JSON, and give status and body of the answer."""
        return call(self.connect(), "POST", path, headers, json.dumps(body))

    def children(self) -> set[int]:
        """Give the processes that answer or work, apart from Python's own helper."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        ids = [int(one) for thread in threads for one in thread.read_text("ascii").split()]
        return {one for one in ids if b"spawn_main" in command(one)}

    def stop(self) -> tuple[int, str]:
        """Ask it to end, as a supervisor does; give its exit code and what it complained of."""
        self.process.send_signal(signal.SIGTERM)
        _, complaints = self.process.communicate(timeout=90)
        return self.process.returncode, complaints


def call(
    conn: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: str | None = None,
) -> tuple[int, Any]:
    """Send one request on ``conn``; give status and decoded body of the answer."""
    sent = dict(headers) if body is None else {"Content-Type": "application/json", **headers}
    conn.request(method, path, body, sent)
    answer = conn.getresponse()
    said = answer.read()
    return answer.status, json.loads(said) if said else None


def command(pid: int) -> bytes:
    """Give the command line of a process; of one that is not there, or has ended, nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def serving(url: str, *arguments: str, **environ: str) -> Iterator[Running]:
    """Serve the database at ``url``; end the service with the block if it has not ended."""
    quiet = {"TONGBAO_LOG_LEVEL": "warning"}
    given = {**os.environ, **quiet, "TONGBAO_DATABASE_URL": url, **environ}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, process.communicate()[1]
        told = json.loads(said)
        where = urlsplit(told["url"])
        assert where.hostname is not None
        assert where.port is not None
        yield Running(process, where.hostname, where.port, told.get("iso8583"))
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
