"""A line to PostgreSQL that may stop to forward, as a proxy does; it closes nothing then."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg


class Line:
    """What is between the service and its database; it forwards until it is told not to."""

    def __init__(self, host: str, port: int) -> None:
        self._far = host, port
        self._flows = threading.Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        return int(self._listening.getsockname()[1])

    @property
    def flows(self) -> bool:
        """Whether it forwards."""
        return self._flows.is_set()

    def stall(self) -> None:
        """Forward nothing from now on, of new connections neither."""
        self._flows.clear()

    def go_on(self) -> None:
        """Forward again, and first what was held up."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection there is, whatever was held up in it; new ones are forwarded."""
        ends, self._ends = self._ends, []
        for end in ends:
            _end(end)
        self._flows.set()

    def serve(self) -> None:
        """Accept connections until the line is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = self._reach()
                self._ends += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._relay, args=(source, target), daemon=True).start()

    def close(self) -> None:
        """End all."""
        _end(self._listening)
        self._listening.close()
        self.cut()

    def _reach(self) -> socket.socket:
        host, port = self._far
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{host}/.s.PGSQL.{port}")
        return far

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._flows.wait()
                target.sendall(data)
        _end(source)
        _end(target)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[tuple[str, Line]]:
    """Put a line before the database at ``url``; give the URL at its near end, and the line."""
    with psycopg.connect(url) as conn:
        info = conn.info
        line = Line(info.host, info.port)
        near = f"postgresql://{info.user}@127.0.0.1:{line.port}/{info.dbname}"
    threading.Thread(target=line.serve, daemon=True).start()
    try:
        yield near, line
    finally:
        line.close()
