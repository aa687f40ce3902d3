"""The how-to of the API does what it says: its commands are run, and answer as it shows."""

import contextlib
import io
import itertools
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import token
from tests.serving.running import serving
from tests.world import broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-the-api.md"
BLOCK = re.compile(r"^```(sh|json|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def masked(said: Any) -> Any:
    """Give an answer without what is different each time: ids and times."""
    if isinstance(said, dict):
        return {name: masked(value) for name, value in said.items()}
    if isinstance(said, list):
        return [masked(one) for one in said]
    if isinstance(said, str) and said.isdecimal() and len(said) > 3:
        return "an id"
    return "a time" if isinstance(said, str) and TIME.fullmatch(said) else said


@pytest.fixture
def environ(db: Connection, database_url: str) -> Iterator[dict[str, str]]:
    """Serve plum and willow, and give what the page exports."""
    world = build(db, {"plum": Terms(), "willow": Terms()})
    keys = {
        "TONGBAO_KEY": token(db, world.organisations["plum"]),
        "TONGBAO_KEY_WILLOW": token(db, world.organisations["willow"]),
    }
    with serving(
        database_url, "--no-worker"
    ) as running:  # which would close a window, if it is time
        yield {**os.environ, **keys, "TONGBAO_URL": f"http://{running.host}:{running.port}"}


def run(kind: str, code: str, environ: dict[str, str], names: dict[str, Any]) -> str:
    if kind == "sh":
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            env=environ, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, str(PAGE), "exec"), names)
    return said.getvalue()


def test_what_the_page_shows_is_what_happens(
    db: Connection, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TONGBAO_URL", "TONGBAO_KEY", "TONGBAO_KEY_WILLOW"):
        monkeypatch.setenv(name, environ[name])
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    names: dict[str, Any] = {}
    wrong = []
    for (kind, code), (_, shown) in itertools.pairwise(blocks):
        if kind not in ("sh", "python"):
            continue
        said = run(kind, code, environ, names)
        if kind == "python":
            same = said == shown
        else:
            same = masked(json.loads(said)) == masked(json.loads(shown))
        if not same:
            wrong.append(f"{code}\nsays\n{said}")
    assert not wrong, "\n\n".join(wrong)
    assert broken_laws(db) == {}
