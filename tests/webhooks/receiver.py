"""A receiver of webhooks that does as it is told: answers, fails, hangs; and says what it got."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct

NETWORKS = "127.0.0.0/8"


class Got(Struct):
    """A call as it arrived."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Keeps what it got; ``decide`` gives the status of each answer, and may take its time."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.decide: Callable[[Got], int] = lambda _: 204
        self.location: str | None = None
        self.url = ""

    def ids(self) -> list[str]:
        """Give the ids of the events it got, in the order in which they came."""
        return [one.id for one in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive at a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(headers, body, time.time())
            receiver.got.append(got)
            self.send_response(receiver.decide(got))
            self.send_header("Content-Length", "0")
            if receiver.location is not None:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of callers that went away."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()
