"""The load of the benchmark over HTTP: connections that ask, wait for the answer and ask again.

It runs in a process of its own and is light, because it shares the machine with what it measures:
one loop over plain sockets, requests made before the clock runs, answers looked at no more than
needed to know that they are good.
"""

import heapq
import select
import socket
import time
from collections import Counter
from typing import Final

from msgspec import Struct, field

MARK: Final = b"000000000000"
"""Where each request has a number of its own, in as many digits: its idempotency key."""

_READ: Final = 262_144
_PATIENCE: Final = 30.0
"""Seconds after which an answer that has not come will not come."""


class Order(Struct, frozen=True, kw_only=True):
    """What to ask, and for how long; what is answered in the first ``warm`` seconds is left out.

    ``requests``: for each connection, whole requests, asked in turn; each ``MARK`` becomes a number
    above ``first``. ``status`` and ``begins``: what a good answer has. ``rate``: requests a second
    of all connections together, each at its time; none: each as soon as the last was answered.
    """

    host: str
    port: int
    requests: list[list[bytes]]
    first: int
    seconds: float
    warm: float = 1.0
    rate: float | None = None
    status: int = 201
    begins: bytes = b"{"


class Answered(Struct, frozen=True, kw_only=True):
    """What came of it: the seconds that each good answer took, and what the others were.

    ``seconds``: from the first that counts to the last. Of a rate, an answer's time begins when it
    was to be asked, so that a service that keeps callers waiting is seen to.
    """

    latencies: list[float]
    others: dict[str, int]
    seconds: float
    cpu_seconds: float


class _Line(Struct):
    """A connection: what it asks, when its request was due, what of the answer is there."""

    sock: socket.socket
    requests: list[bytes]
    asked: int = 0
    due: float = 0.0
    said: bytes = b""
    whole: int = 0


class _Run(Struct):
    order: Order
    number: int
    counted_from: float
    latencies: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    last: float = 0.0


def run(order: Order) -> Answered:
    """Ask as ordered, until the time is over and all is answered."""
    lines = [_connect(order, requests) for requests in order.requests]
    cpu, now = time.process_time(), time.perf_counter()
    state = _Run(order, order.first, now + order.warm)
    try:
        if order.rate is None:
            _closed(state, lines, now + order.warm + order.seconds)
        else:
            _paced(state, lines, now, order.rate)
    finally:
        for line in lines:
            line.sock.close()
    return Answered(
        latencies=state.latencies,
        others=dict(state.others),
        seconds=max(state.last - state.counted_from, 1e-9),
        cpu_seconds=time.process_time() - cpu,
    )


def _connect(order: Order, requests: list[bytes]) -> _Line:
    sock = socket.create_connection((order.host, order.port), timeout=_PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Line(sock, requests)


def _closed(state: _Run, lines: list[_Line], until: float) -> None:
    """Let every connection ask as soon as it was answered."""
    clock = time.perf_counter
    with select.epoll() as poll:
        by_number = _watch(poll, lines)
        for line in lines:
            _ask(state, line, clock())
        waiting = len(lines)
        while waiting:
            ready = poll.poll(_PATIENCE)
            if not ready:
                raise TimeoutError
            for number, _ in ready:
                line = by_number[number]
                if not _heard(state, line):
                    continue
                now = clock()
                if now < until:
                    _ask(state, line, now)
                else:
                    waiting -= 1


def _paced(state: _Run, lines: list[_Line], begins: float, rate: float) -> None:
    """Ask at times that are an equal step apart, on whichever connection has waited longest."""
    clock, order = time.perf_counter, state.order
    total = int((order.warm + order.seconds) * rate)
    free, asked, answered = [(0.0, n) for n in range(len(lines))], 0, 0
    with select.epoll() as poll:
        by_number = _watch(poll, lines)
        place = {line.sock.fileno(): n for n, line in enumerate(lines)}
        while answered < total:
            now = clock()
            while asked < total and free and begins + asked / rate <= now:
                _ask(state, lines[heapq.heappop(free)[1]], begins + asked / rate)
                asked += 1
            pause = _PATIENCE
            if asked < total and free:
                pause = max(0.0, begins + asked / rate - clock())
            ready = poll.poll(pause)
            if not ready and pause == _PATIENCE:
                raise TimeoutError
            for number, _ in ready:
                if _heard(state, by_number[number]):
                    answered += 1
                    heapq.heappush(free, (clock(), place[number]))


def _watch(poll: select.epoll, lines: list[_Line]) -> dict[int, _Line]:
    for line in lines:
        poll.register(line.sock, select.EPOLLIN)
    return {line.sock.fileno(): line for line in lines}


def _ask(state: _Run, line: _Line, due: float) -> None:
    state.number += 1
    request = line.requests[line.asked % len(line.requests)]
    line.asked += 1
    line.due, line.said, line.whole = due, b"", 0
    line.sock.sendall(request.replace(MARK, b"%012d" % state.number))


def _heard(state: _Run, line: _Line) -> bool:
    """Read what has come; say whether that was the end of an answer, which is then counted."""
    came = line.sock.recv(_READ)
    if not came:
        raise ConnectionResetError
    line.said += came
    if not line.whole:
        head, found, _ = line.said.partition(b"\r\n\r\n")
        if not found:
            return False
        length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        line.whole = len(head) + 4 + int(length)
    if len(line.said) < line.whole:
        return False
    now = time.perf_counter()
    if line.due >= state.counted_from:
        _count(state, line, now)
    return True


def _count(state: _Run, line: _Line, now: float) -> None:
    state.last = now
    status, body = line.said[9:12], line.said[line.said.index(b"\r\n\r\n") + 4 :]
    if int(status) == state.order.status and body.startswith(state.order.begins):
        state.latencies.append(now - line.due)
    else:
        state.others[f"{status.decode()} {body[:200].decode(errors='replace')}"] += 1
