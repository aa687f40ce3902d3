"""A process under load, made to be killed: threads that post through a teller and log all they do.

Run as ``python -m tests.laws.loaded FOLDER LOG SEED`` with the world as JSON on the first line of
its input; it ends when its input does. Each line of the log is written at once: ``?`` and an
operation before it is handed in, ``=`` and its answer as soon as there is one.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tests.points.desk import TERMS
from tests.world import World
from tongbao.kernel.db import DatabaseUnreachable
from tongbao.kernel.server import ServerFailed
from tongbao.kernel.settings import Settings
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import OutcomeUnknown, PostingCollided
from tongbao.teller.teller import Teller

THREADS = 8
TOGETHER = 4

Answer = tuple[int, str, Outcome]

_encode = msgspec.json.encode


def settings(folder: str) -> Settings:
    """Give the settings of the server that is killed: small, and as durable as the product's."""
    return Settings(data_dir=Path(folder), shared_buffers="32MB", max_wal_size="256MB")


def draw(random: Random, world: World, key: str, known: Sequence[Answer]) -> ops.Operation:
    """Draw an operation; half of the time one that follows what was answered before."""
    names = [*TERMS]
    earn, spend = random.choice(names), random.choice(names)
    member, other = random.sample(world.members, 2)
    points, amount = random.randrange(1, 2_000), random.randrange(2_000, 20_000)
    at: dict[str, Any] = {
        "key": key,
        "scope": world.organisations[earn],
        "outlet": world.outlets[earn],
    }
    if known and random.random() < 0.5:
        scope, before, outcome = random.choice(known)
        if outcome.kind == "hold":
            return ops.Capture(key=key, scope=scope, hold=outcome.operation, points=points // 4 + 1)
        if random.random() < 0.3:
            return ops.Reversal(key=key, scope=scope, original_key=before)
        return ops.Refund(key=key, scope=scope, original=outcome.operation, amount=points)
    kind = random.randrange(10)
    if kind < 5:
        return ops.Award(**at, member=member, amount=amount, points=points)
    if kind < 8:
        at |= {"scope": world.organisations[spend], "outlet": world.outlets[spend]}
        return ops.Purchase(**at, member=member, amount=amount, points=points, up_to=True)
    if kind == 8:
        return ops.Hold(**at, member=member, points=points, up_to=True)
    return ops.Gift(key=key, scope=world.operator, member=member, to=other, points=points // 9 + 1)


def post(teller: Teller, operations: Sequence[ops.Operation], log: int) -> list[Answer]:
    """Post operations until each has its outcome, whatever goes away meanwhile."""
    for operation in operations:
        os.write(log, b"? " + _encode(operation) + b"\n")
    answers: list[Answer] = []
    left = [(operation, teller.submit(operation)) for operation in operations]
    while left:
        again = []
        for operation, future in left:
            try:
                answer = (operation.scope, operation.key, future.result())
            except (DatabaseUnreachable, ServerFailed, OutcomeUnknown, PostingCollided):
                again.append(operation)
            else:
                os.write(log, b"= " + _encode(answer) + b"\n")
                answers.append(answer)
        time.sleep(0.05 if again else 0)
        left = [(operation, teller.submit(operation)) for operation in again]
    return answers


def work(teller: Teller, world: World, name: str, log: int, stop: threading.Event) -> None:
    """Post a few operations at a time until told to stop."""
    random, known, drawn = Random(name), list[Answer](), 0
    while not stop.is_set():
        operations = [
            draw(random, world, f"{name}-{drawn + n}", known[-20:]) for n in range(TOGETHER)
        ]
        drawn += TOGETHER
        answers = post(teller, operations, log)
        known += [answer for answer in answers if answer[2].kind in {"purchase", "hold"}]


def fail(mistake: threading.ExceptHookArgs) -> None:
    """End the process when a thread does: the test finds it gone."""
    sys.excepthook(mistake.exc_type, mistake.exc_value or mistake.exc_type(), mistake.exc_traceback)
    sys.stderr.flush()
    os._exit(1)


def main(folder: str, path: str, seed: str) -> None:
    world = msgspec.json.decode(sys.stdin.readline(), type=World)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    stop = threading.Event()
    threading.excepthook = fail
    with Teller.of(settings(folder)) as teller:
        threads = [
            threading.Thread(target=work, args=(teller, world, f"{seed}-{n}", log, stop))
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        stop.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
