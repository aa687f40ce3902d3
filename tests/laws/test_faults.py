"""``kill -9`` of the process and of PostgreSQL under load: what was acknowledged is there.

The long run is among the slow tests; ``TONGBAO_KILLS`` says how many kills it is.
"""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.laws.killing import VICTIMS, Scene, begin, kill, stop, verify_all
from tests.laws.loaded import settings
from tongbao.kernel import server

KILLS = int(os.environ.get("TONGBAO_KILLS", "200"))


@contextmanager
def scene_in(folder: Path, seed: int) -> Iterator[Scene]:
    scene = begin(folder, seed)
    try:
        yield scene
        stop(scene)
        verify_all(scene)
    finally:
        if scene.loaded is not None:
            scene.loaded.kill()
            scene.loaded.wait()
        server.stop(settings(str(folder / "data")))
    away = [f"{percentile:.2f}" for percentile in statistics.quantiles(scene.away, n=20)]
    print(f"{dict(scene.found)}; seconds until 40 answers, median {away[9]}, 95 % {away[18]}")


def test_every_acknowledged_operation_survives_each_kind_of_kill(short_path: Path) -> None:
    with scene_in(short_path, seed=1) as scene:
        for victim in VICTIMS:
            kill(scene, victim)
    assert scene.found["acknowledged"] > 100


@pytest.mark.slow
@pytest.mark.timeout(4 * 3_600)
def test_every_acknowledged_operation_survives_hundreds_of_kills(short_path: Path) -> None:
    with scene_in(short_path, seed=2) as scene:
        for _ in range(KILLS):
            kill(scene, scene.random.choice(VICTIMS))
    assert scene.found["acknowledged"] > 10 * KILLS
