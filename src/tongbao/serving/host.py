"""The parent process: it keeps the port, Granian's processes and the worker, and ends them.

See ``docs/decisions/granian-serves-in-processes-of-its-own.md``.
"""

import multiprocessing
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.mp import MPServer
from msgspec import Struct

from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings
from tongbao.serving import app, gate, work
from tongbao.serving.companion import Companion
from tongbao.serving.exposition import exposed

_IDLE: Final = 75_000
"""Milliseconds in which a header has to arrive, the next one of an idle connection, too. Proxies
keep theirs for a minute, so that they close first."""

_CONNECTIONS: Final = 16_384
"""Connections of one process."""

_FILES: Final = 2 * _CONNECTIONS
"""Files that a process may have open, if the system lets it."""

_BACKLOG: Final = 4_096
"""Connections that wait to be accepted; the system may allow fewer."""

_END: Final = 60
"""Seconds in which a process has to answer what it has taken; then it is killed."""

_LOOK: Final = 0.02


class AddressUnusable(Refused):
    code = "address-unusable"
    text = "{host}:{port} cannot be listened on: {reason}"


class Plan(Struct, frozen=True, kw_only=True):
    """What to serve: where, in how many processes, with a worker or without.

    ``iso8583``: the port of the gateway for terminals; None: without.
    """

    host: str
    port: int
    processes: int = 1
    worker: bool = True
    iso8583: int | None = None


Tell = Callable[[str, int | None], None]


def serve(settings: Settings, plan: Plan, tell: Tell, warn: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``tell`` hears URL and gateway's port when they answer.

    The database is there and migrated. Refuses ``address-unusable``.
    """
    _allow_files()
    # Its processes begin anew: neither threads nor open files of this one are theirs.
    multiprocessing.set_start_method("spawn", force=True)
    held, rope = multiprocessing.Pipe(duplex=False)
    worker = Companion("worker", work.work, (settings, held), warn)
    companions = [worker] if plan.worker else []
    with ExitStack() as stack:
        stack.enter_context(exposed(settings))
        host, port = stack.enter_context(_reserve(plan.host, plan.port)).getsockname()[:2]
        ports = [port]
        if plan.iso8583 is not None:
            reserved = stack.enter_context(_reserve(plan.host, plan.iso8583))
            ports.append(reserved.getsockname()[1])
            given = (settings, held, host, ports[1])
            companions.append(Companion("gateway", gate.keep, given, warn))
        server = _server(host, port, plan.processes)

        def begin() -> None:
            def end(*_: object) -> None:
                rope.close()
                # All are told at once. What a handler of signals has interrupted may hold the lock.
                for companion in companions:
                    threading.Thread(target=companion.tell, daemon=True).start()
                server.signal_handler_interrupt()  # type: ignore[no-untyped-call]

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, end)
            for companion in companions:
                companion.start()
            threading.Thread(target=_tell_when_there, args=(host, ports, tell), daemon=True).start()

        def stop() -> None:
            for companion in companions:
                companion.stop()

        server.on_startup(begin)
        server.on_shutdown(stop)
        server.serve(target_loader=partial(app.load, settings, held), wrap_loader=False)


def _server(host: str, port: int, processes: int) -> MPServer:
    return MPServer(
        "tongbao",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=processes,
        # Its automatic mode waits without end for whoever connects and says nothing.
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE),
        respawn_failed_workers=True,
        workers_kill_timeout=_END,
        log_enabled=False,
    )


def _reserve(host: str, port: int) -> socket.socket:
    """Bind the port without listening: it stays ours while processes that listen come and go.

    Granian's processes share it by SO_REUSEPORT, with which another service of the same account
    could share it, too; so it is bound without first.
    """
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        if port:
            with socket.socket(family, kind) as alone:
                alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                alone.bind(where)
        reserved = socket.socket(family, kind)
        try:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.bind(where)
        except BaseException:
            reserved.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise AddressUnusable(host=host, port=port, reason=reason) from error
    return reserved


def _allow_files() -> None:
    """Let this process and its children have as many connections as they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _tell_when_there(host: str, ports: Sequence[int], tell: Tell) -> None:
    """Tell the URL, and the port of the gateway if there is one, once a process answers at each."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    for port in ports:
        while True:
            try:
                with socket.create_connection((near, port), timeout=1):
                    break
            except OSError:
                time.sleep(_LOOK)
    shown = f"[{host}]" if ":" in host else host
    tell(f"http://{shown}:{ports[0]}", ports[1] if len(ports) > 1 else None)
