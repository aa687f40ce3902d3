"""Who may lean on whom, and who may read the clock or end a transaction."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.shape.files import ROOT, SOURCE, list_files, name, parse

DOORS = ("cli", "serving", "api", "web", "gateway", "worker", "hosting", "teller")
CLOCK = SOURCE / "kernel" / "clock.py"


def find_calls(*attributes: str) -> Iterator[tuple[Path, str]]:
    """Find the calls in the product that end in one of ``attributes``, as file and place."""
    for path in list_files(".py", folders=("src",)):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                if called.endswith(attributes):
                    yield path, f"{name(path)}:{node.lineno} {called}"


def test_imports_go_downwards_only() -> None:
    # In a process of its own: it disables whatever loggers there are by then.
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
    ]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_doors_read_the_clock() -> None:
    readers = [
        place
        for path, place in find_calls("clock.now")
        if path.relative_to(SOURCE).parts[0] not in DOORS
    ]
    assert readers == []


def test_the_time_of_day_is_read_in_one_place() -> None:
    readers = [
        place
        for path, place in find_calls("datetime.now", "datetime.utcnow", "date.today", "time.time")
        if path != CLOCK
    ]
    assert readers == []


def test_nobody_commits_by_hand() -> None:
    assert [place for _, place in find_calls(".commit", ".rollback")] == []
