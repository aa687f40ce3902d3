"""Killed in the middle, without its database, beset by callers who send nothing: it stays right."""

import http.client
import json
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import token
from tests.serving.running import Running, call, serving
from tests.serving.test_serve import answers, award
from tests.teller.troubles import eventually
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel import db as database
from tongbao.kernel import migrate, server
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.sandbox import processes


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms()})


@pytest.fixture
def running(database_url: str, world: World) -> Iterator[Running]:
    with serving(database_url, "--no-worker") as started:
        yield started


def ask_all(
    running: Running, world: World, secret: str, keys: list[str], answers: dict[str, int]
) -> None:
    """Ask with each key on one connection, until it breaks."""
    conn = running.connect(timeout=60)
    for key in keys:
        body, headers = award(world, key, secret)
        try:
            status, _ = call(conn, "POST", "/v1/awards", headers, json.dumps(body))
        except (OSError, ValueError, http.client.HTTPException):
            return
        answers[key] = status


def test_killed_in_the_middle_of_a_thousand_each_has_one_effect_after_a_retry(
    db: Connection, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    keys = [f"sale-{n}" for n in range(1_000)]
    lists = [keys[n::8] for n in range(8)]
    first: dict[str, int] = {}
    callers = [
        threading.Thread(target=ask_all, args=(running, world, secret, one, first)) for one in lists
    ]
    for caller in callers:
        caller.start()
    eventually(lambda: len(first) > 200, 120)
    for child in running.children():
        os.kill(child, signal.SIGKILL)
    for caller in callers:
        caller.join()
    assert 200 < len(first) < 1_000
    assert set(first.values()) == {201}
    eventually(lambda: answers(running), 60)
    second: dict[str, int] = {}
    callers = [
        threading.Thread(target=ask_all, args=(running, world, secret, one, second))
        for one in lists
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (len(second), set(second.values())) == (1_000, {201})
    row = db.execute(
        "SELECT count(*), count(DISTINCT key) FROM kernel.once WHERE key LIKE 'sale-%'"
    ).fetchone()
    assert row == (1_000, 1_000)
    balance = db.execute(
        "SELECT balance FROM ledger.account WHERE kind = 'wallet' AND owner_id = %s",
        (world.members[0],),
    ).fetchone()
    assert balance == (100_000,)
    assert broken_laws(db) == {}


def open_many(running: Running, count: int) -> list[socket.socket]:
    return [socket.create_connection((running.host, running.port)) for _ in range(count)]


def check_many(db: Connection, world: World, running: Running, count: int) -> None:
    """Half of them say nothing, half begin a request; others are answered all the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip("so many files may not be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle: list[socket.socket] = []
    try:
        idle = open_many(running, count)
        for one in idle[::2]:
            one.sendall(b"POST /v1/awards HTTP/1.1\r\nHost: x\r\nX-Slow")
        secret = token(db, world.organisations["A"])
        began = time.monotonic()
        assert running.post("/v1/awards", *award(world, "among-many", secret))[0] == 201
        assert running.get("/v1/ready")[0] == 200
        assert time.monotonic() - began < 20
    finally:
        for one in idle:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_connections_that_say_nothing_are_in_nobodys_way(
    db: Connection, world: World, running: Running
) -> None:
    check_many(db, world, running, 1_000)
    check_body(running, token(db, world.organisations["A"]))


def check_body(running: Running, secret: str) -> None:
    """Refuse a body that is too large, whether or not it says so."""
    head = f"POST /v1/awards HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
    head += "Content-Type: application/json\r\nIdempotency-Key: huge\r\n"
    for rest in (
        b"Content-Length: 999999999999\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"100000\r\n" + b" " * 0x100000 + b"\r\n",
    ):
        with socket.create_connection((running.host, running.port), timeout=60) as one:
            one.sendall(head.encode() + rest)
            if b"chunked" in rest:
                try:
                    for _ in range(12):
                        one.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
                except OSError:
                    pass  # it has stopped listening
            try:
                said = one.recv(4_096)
            except ConnectionError:
                said = b""
            assert not said or b" 413 " in said.split(b"\r\n")[0]
    assert running.get("/v1/ready")[0] == 200


@pytest.mark.slow
def test_ten_thousand_connections_that_say_nothing_are_in_nobodys_way(
    db: Connection, world: World, running: Running
) -> None:
    check_many(db, world, running, 10_000)


@pytest.mark.slow
def test_a_body_that_comes_byte_by_byte_is_not_waited_for(
    db: Connection, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    head = f"POST /v1/awards HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
    head += "Content-Type: application/json\r\nIdempotency-Key: slow\r\nContent-Length: 900\r\n\r\n"
    with socket.create_connection((running.host, running.port), timeout=1) as one:
        one.sendall(head.encode())
        said = b""
        began = time.monotonic()
        while not said and time.monotonic() - began < 60:
            one.sendall(b" ")
            try:
                said = one.recv(4_096)
            except TimeoutError:
                continue
    assert b" 408 " in said.split(b"\r\n")[0]
    assert b"body-too-slow" in said


def test_without_its_database_it_says_so_and_recovers(short_path: Path) -> None:
    """The service's own server is stopped, and comes back by itself."""
    settings = Settings(data_dir=short_path, shared_buffers="64MB", max_wal_size="1GB")
    url = server.ensure(settings)
    migrate.apply(url)
    with database.connect(url) as conn:
        world = build(conn, {"A": Terms()})
        secret = token(conn, world.organisations["A"])
        unseen = token(conn, world.organisations["A"])
    # Named by its URL it is somebody else's server, which nobody here starts again.
    with serving(url, "--no-worker") as running:
        assert running.post("/v1/awards", *award(world, "before", secret))[0] == 201
        server.stop(settings)
        status, said = running.get("/v1/ready")
        assert (status, said["status"]) == (503, "not-ready")
        assert running.get("/v1/health")[0] == 200
        for known in (secret, unseen):  # the second has to be looked up first
            status, said = running.post("/v1/awards", *award(world, "while-away", known))
            assert (status, said["code"]) == (503, "database-unreachable")
        server.ensure(settings)
        eventually(lambda: running.get("/v1/ready")[0] == 200, 60)
        statuses = [
            running.post("/v1/awards", *award(world, key, secret))[0]
            for key in ("before", "while-away", "after")
        ]
        assert statuses == [201, 201, 201]
        with database.connect(url) as conn:
            assert broken_laws(conn) == {}
            row: Any = conn.execute(
                "SELECT count(*) FROM ledger.operation WHERE kind = 'award'"
            ).fetchone()
            assert row == (3,)
    server.stop(settings)


@contextmanager
def stopped(settings: Settings) -> Iterator[None]:
    """Let all processes of an embedded server stand still while the block runs."""
    (file,) = settings.data_dir.rglob("postmaster.pid")
    everybody = processes.family(int(file.read_text("ascii").split()[0]))
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everybody:
            os.kill(pid, signal.SIGCONT)


def test_a_database_that_hangs_is_not_waited_for_by_who_asks_whether_all_is_ready(
    short_path: Path,
) -> None:
    """It accepts connections and says nothing, which is worse than being gone."""
    settings = Settings(data_dir=short_path, shared_buffers="64MB", max_wal_size="1GB")
    url = server.ensure(settings)
    migrate.apply(url)
    with database.connect(url) as conn:
        world = build(conn, {"A": Terms()})
        secret = token(conn, world.organisations["A"])
    with serving(url, "--no-worker", TONGBAO_ANSWER_WITHIN="3") as running:
        assert running.post("/v1/awards", *award(world, "before", secret))[0] == 201
        waited: list[tuple[int, Any]] = []
        with stopped(settings):
            call_in_vain = threading.Thread(
                target=lambda: waited.append(
                    running.post("/v1/awards", *award(world, "meanwhile", secret))
                )
            )
            call_in_vain.start()
            for _ in range(8):  # more than there are connections and threads for
                began = time.monotonic()
                assert running.get("/v1/ready")[0] == 503
                assert time.monotonic() - began < 5
                assert running.get("/v1/health")[0] == 200
        eventually(lambda: running.get("/v1/ready")[0] == 200, 60)
        call_in_vain.join(60)
        assert [(status, said["code"]) for status, said in waited] == [(503, "answer-overdue")]
        assert running.post("/v1/awards", *award(world, "meanwhile", secret))[0] == 201
        with database.connect(url) as conn:
            assert broken_laws(conn) == {}
            found = conn.execute("SELECT count(*) FROM ledger.operation WHERE kind = 'award'")
            assert found.fetchone() == (2,)
    server.stop(settings)
