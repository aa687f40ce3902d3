"""Measure the service over HTTP: how much it does, how long it takes, beside the bare framework.

Server, database and load are processes of their own on one machine, and share it. What is measured
includes keys, idempotency, durable commits and the sealing of the hash chain.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Final

from msgspec import Struct, structs

from tongbao.sandbox import http_load, http_requests, processes
from tongbao.sandbox.http_load import Answered, Order
from tongbao.sandbox.http_requests import ITEMS, Till
from tongbao.sandbox.served import Service
from tongbao.sandbox.traffic import World

BULKS: Final = 4
"""Connections that send bulk calls."""

GOALS: Final = {"money a second": 2_000, "p99 ms at half": 100, "bulk items a second": 8_000}
"""What is aimed at; nothing fails because it is slower."""

_POSTED: Final = f'{{"posted":{ITEMS},'.encode()
_NUMBERS: Final = 10**9
"""Numbers of one run's keys."""


class Run(Struct, frozen=True, kw_only=True):
    """What one run measured. Latencies are of whole calls.

    ``operations`` are money operations, or questions; of bulk calls their items. CPU time is per
    operation: of the service, of the database where it can be seen, of the load. ``asked``: calls
    a second that were to be made, none: as many as were answered.
    """

    name: str
    connections: int
    operations: int
    operations_per_second: float
    p50_ms: float
    p99_ms: float
    asked: float | None
    server_cpu_us_per_operation: float
    database_cpu_us_per_operation: float
    load_cpu_us_per_operation: float
    others: dict[str, int]


class Bench(Struct, frozen=True, kw_only=True):
    """What the runs share. ``database``: the first process of the server, if it can be seen."""

    load: ProcessPoolExecutor
    seconds: float
    database: int | None
    firsts: Iterator[int]
    tell: Callable[[], object]


@contextmanager
def opened(seconds: float, backend: int, tell: Callable[[], object]) -> Iterator[Bench]:
    """Start the process of the load; runs take ``seconds`` each, ``tell`` hears of each.

    ``backend``: a process of the database.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as load:
        yield Bench(
            load=load,
            seconds=seconds,
            database=processes.parent(backend),
            firsts=count(0, _NUMBERS),
            tell=tell,
        )


def measure_bare(bench: Bench, service: Service, sizes: tuple[int, ...]) -> list[Run]:
    """Measure the bare framework from so many connections."""
    return [
        _run(bench, service, f"bare-{size}", _order(bench, service, http_requests.bare(size)))
        for size in sizes
    ]


def measure(
    bench: Bench,
    service: Service,
    world: World,
    tills: list[Till],
    sizes: tuple[int, ...],
    random: Random,
) -> list[Run]:
    """Measure money calls, questions and bulk calls, then latency at half of what was reached."""
    runs = []
    for kind in http_requests.KINDS:
        requests = http_requests.money(world, tills, sizes[0], random, [kind])
        name = f"{kind}-{sizes[0]}"
        runs.append(_run(bench, service, name, _order(bench, service, requests)))
    for size in sizes:
        order = _order(bench, service, http_requests.balances(tills, size, random))
        order = structs.replace(order, status=200)
        runs.append(_run(bench, service, f"balances-{size}", order))
    for size in sizes:
        order = _order(bench, service, http_requests.money(world, tills, size, random))
        runs += _full_and_half(bench, service, f"money-{size}", order)
    order = _order(bench, service, http_requests.bulk(world, tills, BULKS, random))
    order = structs.replace(order, status=200, begins=_POSTED)
    return runs + _full_and_half(bench, service, f"bulk-{BULKS}", order, ITEMS)


def _order(bench: Bench, service: Service, requests: list[list[bytes]]) -> Order:
    return Order(
        host=service.host, port=service.port, requests=requests, first=0, seconds=bench.seconds
    )


def _full_and_half(
    bench: Bench, service: Service, name: str, order: Order, each: int = 1
) -> list[Run]:
    full = _run(bench, service, name, order, each)
    half = structs.replace(order, rate=full.operations_per_second / each / 2)
    return [full, _run(bench, service, f"{name}-half", half, each)]


def _run(bench: Bench, service: Service, name: str, order: Order, each: int = 1) -> Run:
    """Let the load do as ordered; ``each``: operations of a call."""
    served, kept = _used(service.pid), _used(bench.database)
    order = structs.replace(order, first=next(bench.firsts))
    answered = bench.load.submit(http_load.run, order).result()
    served, kept = _used(service.pid) - served, _used(bench.database) - kept
    bench.tell()
    # CPU time is of the whole run, its first seconds included.
    share = order.seconds / (order.seconds + order.warm)
    return _tell(name, order, answered, each, served * share, kept * share)


def _used(pid: int | None) -> float:
    """Give the CPU seconds of a process and those it started."""
    return 0.0 if pid is None else sum(processes.cpu(one) for one in processes.family(pid))


def _tell(
    name: str, order: Order, answered: Answered, each: int, served: float, kept: float
) -> Run:
    latencies = sorted(answered.latencies)
    calls = len(latencies)
    done = calls * each
    share = order.seconds / (order.seconds + order.warm)
    return Run(
        name=name,
        connections=len(order.requests),
        operations=done,
        operations_per_second=round(done / answered.seconds, 1),
        p50_ms=round(latencies[calls // 2] * 1_000, 3) if calls else 0.0,
        p99_ms=round(latencies[calls * 99 // 100] * 1_000, 3) if calls else 0.0,
        asked=None if order.rate is None else round(order.rate, 1),
        server_cpu_us_per_operation=_each(served, done),
        database_cpu_us_per_operation=_each(kept, done),
        load_cpu_us_per_operation=_each(answered.cpu_seconds * share, done),
        others=answered.others,
    )


def _each(seconds: float, operations: int) -> float:
    return round(seconds / operations * 1_000_000, 1) if operations else 0.0
