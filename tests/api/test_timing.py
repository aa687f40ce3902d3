"""What is another's takes as much work as what is nobody's, so that no clock tells them apart."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.api.conftest import Served
from tests.api.furnished import furnish
from tests.api.routes import Route
from tests.api.test_scoping import BODIES, QUERIES, ROUTES, SAID, fill, names_something

SAMPLES = 15
ROUNDS = 4
"""How often a route is looked at again before it counts as slow for one of the two."""

FACTOR = 3.0
"""Medians on a busy machine differ by less; an index that is not used, by far more."""

_numbers = count(1)
_ASIDE = re.compile(r"access\.|seal|pg_try_advisory_xact_lock")
"""Keys are looked up anew every few seconds, and what was posted is sealed some time later."""


def make_call(served: Served, route: Route, things: Any, which: str) -> Callable[[], Any]:
    """Give what calls a route as A, each time with a key of its own."""
    path = fill(route.path, things, which)
    query = fill(QUERIES.get(route.name, {}), things, which)
    body: Any = {"json": fill(BODIES.get(route.name, {}), things, which)}
    if route.name == "POST /v1/reconciliations":
        body = {"content": b"type,receipt\n"}
    if route.method == "GET":
        body = {}

    def call() -> Any:
        headers = served.headers("A", f"timing-{next(_numbers)}")
        headers |= {"Tongbao-Actor": "Lin", "If-Match": "*"}
        return served.client.request(route.method, path, params=query, headers=headers, **body)

    return call


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Give the statements that are sent to the database while the block runs."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query if isinstance(query, str | bytes) else query.as_string(self)
        sent.append(" ".join((text.decode() if isinstance(text, bytes) else text).split()))
        return execute(self, query, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noted)
        yield sent


def named(things: Any) -> list[Route]:
    """Give the routes that show callers what is their own, and name a thing."""
    return [r for r in ROUTES if SAID[r.name].who == "own" and names_something(r, things)]


@pytest.mark.timeout(300)
def test_anothers_and_nobodys_send_the_same_statements_on_every_route(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = furnish(served)
    wrong = {}
    for route in named(things):
        sent = {}
        for which in ("theirs", "nobodys"):
            call = make_call(served, route, things, which)
            call()  # whatever is kept from one call to the next is there
            with statements(monkeypatch) as noted:
                call()
            sent[which] = [one for one in noted if not _ASIDE.search(one)]
        if sent["theirs"] != sent["nobodys"]:
            wrong[route.name] = sent
    assert wrong == {}


def ratio(calls: list[Callable[[], Any]]) -> float:
    """Give how the medians of two calls compare, made in turn: a busy machine is busy for both."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(SAMPLES):
        for call, times in zip(calls, took, strict=True):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
    theirs, nobodys = (statistics.median(times) for times in took)
    return theirs / nobodys


@pytest.mark.timeout(300)
def test_anothers_and_nobodys_take_as_long(served: Served) -> None:
    things = furnish(served)
    slow = {}
    for route in named(things):
        calls = [make_call(served, route, things, which) for which in ("theirs", "nobodys")]
        found = [ratio(calls)]
        while not 1 / FACTOR < found[-1] < FACTOR and len(found) < ROUNDS:
            found.append(ratio(calls))
        if not 1 / FACTOR < found[-1] < FACTOR:
            slow[route.name] = found
    assert slow == {}
