"""Kill a loaded process or its PostgreSQL, and ask afterwards what became of every operation."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
import psycopg
from msgspec import Struct, field
from msgspec.structs import replace

from tests.laws.loaded import Answer, settings
from tests.points.desk import TERMS
from tests.teller.troubles import eventually
from tests.world import World, build
from tongbao.kernel import clock, db, migrate, server
from tongbao.ledger.verify import verify
from tongbao.points.check import Rules
from tongbao.points.operations import AnyOperation
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import post_batch

ROOT = Path(__file__).parents[2]
VICTIMS = ("process", "postmaster", "server", "backend", "both")
"""The loaded process; the postmaster alone; it and all its processes; one of them; everything."""


class Scene(Struct):
    """Where it happens, and what has been found so far."""

    folder: Path
    world: World
    random: Random
    loaded: subprocess.Popen[str] | None = None
    started: int = 0
    found: Counter[str] = field(default_factory=Counter)
    away: list[float] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / f"log-{self.started}"


def begin(folder: Path, seed: int) -> Scene:
    """Make a server with an alliance in it, as durable as the product's."""
    where = settings(str(folder / "data"))
    migrate.apply(server.ensure(where))
    with db.connect(where) as conn:
        return Scene(folder, build(conn, TERMS, people=60), Random(seed))


def answered(scene: Scene) -> int:
    """Count the answers that the loaded process has logged."""
    return scene.log.read_bytes().count(b"\n= ") if scene.log.exists() else 0


def load(scene: Scene) -> None:
    """Start the loaded process unless it runs; wait until it posts."""
    if scene.loaded is None:
        scene.started += 1
        arguments = [str(scene.folder / "data"), str(scene.log), str(scene.started)]
        command = [sys.executable, "-m", "tests.laws.loaded", *arguments]
        scene.loaded = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd=ROOT)
        assert scene.loaded.stdin
        scene.loaded.stdin.write(msgspec.json.encode(scene.world).decode() + "\n")
        scene.loaded.stdin.flush()
        eventually(lambda: answered(scene) > 0, 60)


def kill(scene: Scene, victim: str) -> None:
    """Kill, at a random moment; the server is started again by whoever needs it."""
    load(scene)
    assert scene.loaded is not None
    time.sleep(scene.random.uniform(0, 0.5))
    assert scene.loaded.poll() is None, "it ended by itself"
    scene.found[victim] += 1
    processes = _server(scene) if victim != "process" else []
    if victim in {"process", "both"}:
        scene.loaded.kill()
        scene.loaded.wait()
    if victim == "backend":
        os.kill(scene.random.choice(processes[1:]), signal.SIGKILL)
    else:
        for pid in processes[: 1 if victim == "postmaster" else None]:
            _end(pid)
    if victim in {"process", "both"}:
        check(scene)
    else:
        killed = time.monotonic()
        eventually(lambda: _answers(scene), 60)  # a process may outlive its postmaster a little
        before = answered(scene)
        eventually(lambda: answered(scene) > before + 40, 60)
        scene.away.append(time.monotonic() - killed)


def _server(scene: Scene) -> list[int]:
    """Give the server's processes: the postmaster, then the loaded process's, then all others."""
    where = scene.folder / "data" / "postgres" / "postmaster.pid"
    postmaster = int(where.read_text("ascii").split()[0])
    with psycopg.connect(server.url(settings(str(scene.folder / "data")))) as conn:
        rows = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " ORDER BY application_name <> 'tongbao'"
        )
        return [postmaster, *(pid for (pid,) in rows)]


def _answers(scene: Scene) -> bool:
    """Tell whether the server lets somebody in."""
    with suppress(psycopg.OperationalError):
        psycopg.connect(server.url(settings(str(scene.folder / "data")))).close()
        return True
    return False


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has noticed that the postmaster is gone
        os.kill(pid, signal.SIGKILL)


def stop(scene: Scene) -> None:
    """Let the loaded process end by itself; everything it asked for has an answer then."""
    if scene.loaded is None:
        return
    scene.loaded.communicate(timeout=60)
    assert scene.loaded.returncode == 0
    asked, answers = read(scene)
    assert asked.keys() == answers.keys()
    check(scene)


def read(
    scene: Scene,
) -> tuple[dict[tuple[int, str], AnyOperation], dict[tuple[int, str], Outcome]]:
    """Read the log: what was asked, and what was answered. A last line cut short was not said."""
    asked, answers = {}, {}
    for line in scene.log.read_bytes().splitlines(keepends=True):
        if line.startswith(b"? ") and line.endswith(b"\n"):
            operation = msgspec.json.decode(line[2:], type=AnyOperation)
            asked[operation.scope, operation.key] = operation
        elif line.endswith(b"\n"):
            scope, key, outcome = msgspec.json.decode(line[2:], type=Answer)
            answers[scope, key] = replace(outcome, replayed=False)
    return asked, answers


def check(scene: Scene) -> None:
    """Ask for everything again, twice: what was answered stands, all else has one outcome now."""
    asked, answers = read(scene)
    with db.connect(settings(str(scene.folder / "data"))) as conn:
        operations = [*asked.values()]
        first = _ask(conn, operations)
        for key, outcome in zip(asked, first, strict=True):
            if key in answers:
                assert outcome.replayed, f"{key} was acknowledged, and is not there"
                assert replace(outcome, replayed=False) == answers[key]
            else:
                scene.found["committed unheard" if outcome.replayed else "not committed"] += 1
        again = _ask(conn, operations)
        assert again == [replace(outcome, replayed=True) for outcome in first]
        with conn.transaction():
            report = verify(conn, incremental=True, at=clock.now())
        assert report.holds, report.results
    scene.found["acknowledged"] += len(answers)
    scene.loaded = None


def _ask(conn: db.Connection, operations: list[AnyOperation]) -> list[Outcome]:
    outcomes = []
    for start in range(0, len(operations), 500):
        for result in post_batch(conn, operations[start : start + 500], clock.now(), Rules()):
            assert isinstance(result, Outcome), repr(result)
            outcomes.append(result)
    return outcomes


def verify_all(scene: Scene) -> None:
    """Verify every law on everything, the chain included."""
    with db.connect(settings(str(scene.folder / "data"))) as conn, conn.transaction():
        report = verify(conn, incremental=False, at=clock.now())
    assert report.holds, report.results
