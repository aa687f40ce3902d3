"""``tongbao serve``: it answers, stops without losing anything, and replaces what dies."""

import http.client
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.api.conftest import token
from tests.serving.running import COMMAND, Running, command, serving
from tests.teller.troubles import eventually, waiting, wallet_locked
from tests.worker.working import runs
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms()})


def award(world: World, key: str, secret: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Give body and headers of an award at A."""
    member = {"id": str(world.members[0])}
    body = {"member": member, "outlet": "A", "points": {"value": 100}}
    return body, {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}


@pytest.fixture
def running(database_url: str, world: World) -> Iterator[Running]:
    with serving(database_url) as started:
        yield started


def test_one_command_serves_the_api_and_runs_the_jobs(
    db: Connection, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    assert running.get("/v1/ready") == (200, {"status": "ready"})
    status, said = running.post("/v1/awards", *award(world, "1", secret))
    assert (status, said["earned"]) == (201, {"value": 100, "unit": "PTS"})
    eventually(lambda: runs(db, "seal") >= 1, 90)
    assert running.stop() == (0, "")
    assert broken_laws(db) == {}


def blocked(url: str) -> list[int]:
    """Give the server's processes that wait for a lock."""
    with psycopg.connect(url) as admin:
        return waiting(admin)


def test_told_to_end_it_answers_what_it_has_taken_and_takes_nothing_new(
    db: Connection, database_url: str, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    answers: list[tuple[int, Any]] = []
    with wallet_locked(database_url, world.members[0]):
        asking = threading.Thread(
            target=lambda: answers.append(running.post("/v1/awards", *award(world, "1", secret)))
        )
        asking.start()
        eventually(lambda: bool(blocked(database_url)), 30)
        running.process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses_connections(running), 30)
        assert (answers, running.process.poll()) == ([], None)
    asking.join(60)
    assert [status for status, _ in answers] == [201]
    assert running.process.wait(60) == 0


def refuses_connections(running: Running) -> bool:
    try:
        running.connect().connect()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it ended while this was on its way
        pass
    return False


def answers(running: Running) -> bool:
    """Tell whether somebody answers; a process that was killed may accept for a moment more."""
    try:
        return running.get("/v1/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_processes_that_die_are_replaced_and_end_with_their_parent(running: Running) -> None:
    first = running.children()
    assert len(first) == 2
    for child in first:
        os.kill(child, signal.SIGKILL)
    eventually(lambda: len(running.children() - first) == 2, 60)
    eventually(lambda: answers(running), 60)
    second = running.children()
    running.process.kill()
    eventually(lambda: not any(command(child) for child in second), 60)


def test_an_address_that_is_taken_is_refused(running: Running, database_url: str) -> None:
    again = subprocess.run(
        [*COMMAND[:-3], "--port", str(running.port)],
        env={**os.environ, "TONGBAO_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 2
    assert again.stderr.startswith("address-unusable: 127.0.0.1:")
