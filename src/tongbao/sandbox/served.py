"""Services as processes of their own, for the benchmark over HTTP: Tongbao's, and the bare one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 60.0
_LOOK: Final = 0.05


class ServiceNotStarted(Refused):
    code = "service-not-started"
    text = "the service to be measured did not start: {reason}"


class Service(Struct, frozen=True, kw_only=True):
    """Where a service answers, and its first process."""

    host: str
    port: int
    pid: int


@contextmanager
def tongbao(settings: Settings, processes: int) -> Iterator[Service]:
    """Serve a sandbox by ``tongbao serve`` while the block runs; without worker and rate limits.

    Wallets that were opened in a sandbox's time do not sleep. Refuses ``service-not-started``.
    """
    assert settings.database is not None, "a sandbox has a name"
    environ = {
        **os.environ,
        "TONGBAO_DATABASE": settings.database,
        "TONGBAO_RATE_LIMIT": "0",
        "TONGBAO_DORMANT_DAYS": "0",
        "TONGBAO_LOG_LEVEL": "warning",
    }
    if settings.database_url is not None:
        environ["TONGBAO_DATABASE_URL"] = settings.database_url
    command = [sys.executable, "-m", "tongbao", "serve", "--host", _HOST, "--port", "0", "--json"]
    with _running([*command, "--no-worker", "--processes", str(processes)], environ) as process:
        assert process.stdout is not None, "it is read"
        said = process.stdout.readline()
        if not said:
            raise ServiceNotStarted(reason=f"it ended with {process.wait()}")
        where = urlsplit(json.loads(said)["url"])
        assert where.hostname is not None
        assert where.port is not None
        yield Service(host=where.hostname, port=where.port, pid=process.pid)


@contextmanager
def bare(processes: int) -> Iterator[Service]:
    """Serve the bare endpoint by Granian while the block runs; refuses ``service-not-started``."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--http", "1"]
    command += ["--host", _HOST, "--port", str(port), "--workers", str(processes)]
    command += ["--no-log", "tongbao.sandbox.bare:app"]
    with _running(command, dict(os.environ)) as process:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection((_HOST, port), timeout=1).close()
                break
            except OSError as error:
                if process.poll() is not None or time.monotonic() > until:
                    raise ServiceNotStarted(reason=str(error)) from error
                time.sleep(_LOOK)
        yield Service(host=_HOST, port=port, pid=process.pid)


@contextmanager
def _running(command: Sequence[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
