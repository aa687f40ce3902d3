"""Told to end while the line to PostgreSQL forwards nothing: it ends in time, and loses nothing."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import token
from tests.serving.line import Line, line_to
from tests.serving.running import serving
from tests.serving.test_metrics import scrape
from tests.serving.test_serve import award
from tests.serving.test_stalls import CALLERS, ask, ask_all, calls_of, sell
from tests.teller.troubles import eventually
from tests.worker.working import runs, stop, worker
from tests.world import broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection

WITHIN = 20
"""Seconds: metrics take five, as they ask the database."""

RUNNING = "tongbao_http_requests_running[]"

GRACE = 60
"""Seconds in which it has to end, whatever happens."""


@pytest.mark.parametrize("ending", [Line.go_on, pytest.param(Line.cut, marks=pytest.mark.slow)])
@pytest.mark.timeout(300)
def test_told_to_end_it_answers_what_is_in_flight_and_ends_and_nothing_is_lost(
    db: Connection, database_url: str, ending: Callable[[Line], None]
) -> None:
    world = build(db, {"A": Terms()})
    secret = token(db, world.organisations["A"])
    calls = calls_of(world, secret)
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics = free.getsockname()[1]
    with line_to(database_url) as (url, line), ThreadPoolExecutor(len(calls) + 1) as others:
        with serving(
            url, "--iso8583", "0",
            TONGBAO_ANSWER_WITHIN=str(WITHIN), TONGBAO_METRICS_PORT=str(metrics),
        ) as running:  # fmt: skip
            assert running.post("/v1/awards", *award(world, "before", secret))[0] == 201
            eventually(lambda: runs(db, "seal") >= 1, 90)
            sold: list[str] = []
            assert running.iso8583 is not None
            selling = others.submit(asyncio.run, sell(running.iso8583, secret, sold, line.stall))
            eventually(lambda: not line.flows)
            asking = [others.submit(ask, running, call) for call in calls]
            # One may have heard already that no connection became free.
            eventually(
                lambda: scrape(metrics)[RUNNING] + sum(one.done() for one in asking) == len(calls)
            )
            began = time.monotonic()
            running.process.send_signal(signal.SIGTERM)
            _, complaints = running.process.communicate(timeout=3 * GRACE)
            took = time.monotonic() - began
            heard = [one.result(1) for one in asking]
            assert [(status, again) for status, _, again in heard] == [(503, "1")] * len(calls)
            assert took < GRACE
            assert running.process.returncode == 0, complaints
            assert selling.exception(60) is not None  # its connection ended
        ending(line)
        with serving(database_url, "--no-worker") as again:
            eventually(lambda: all(one[0] < 500 for one in ask_all(again, calls)), 60)
            said = ask_all(again, calls)
            assert [status for status, *_ in said] == [201] * CALLERS + [200, 200]
        rows = db.execute("SELECT count(*) FROM ledger.operation WHERE kind = 'award'")
        assert rows.fetchone() == (1 + CALLERS + 2,)
        assert broken_laws(db) == {}


def test_a_worker_told_to_end_does_not_wait_for_what_says_nothing(
    db: Connection, database_url: str
) -> None:
    build(db, {"A": Terms()})
    with line_to(database_url) as (url, line), worker(url) as process:
        eventually(lambda: runs(db, "seal") >= 1, 90)
        line.stall()
        began = time.monotonic()
        code, complaints = stop(process)
        assert code == 1, complaints
        assert time.monotonic() - began < GRACE
        line.go_on()
    with worker(database_url) as process:
        before = runs(db, "seal")
        eventually(lambda: runs(db, "seal") > before, 90)
        assert stop(process)[0] == 0
