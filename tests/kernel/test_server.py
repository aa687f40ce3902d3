"""The embedded server lives as long as somebody uses it, whatever happens to its processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tongbao.kernel import server
from tongbao.kernel.postgres import DataFolderVersion
from tongbao.kernel.server import DataFolderUnusable, ServerFailed
from tongbao.kernel.settings import Settings

USE = """
import sys, psycopg
from pathlib import Path
from tongbao.kernel import server
from tongbao.kernel.settings import Settings
url = server.ensure(Settings(data_dir=Path(sys.argv[1]), shared_buffers="16MB"))
print(psycopg.connect(url).execute("SELECT 1").fetchone()[0], flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
"""


def choose(short_path: Path) -> Settings:
    return Settings(data_dir=short_path / "data", shared_buffers="16MB")


def begin(settings: Settings, *, stay: bool = False) -> subprocess.Popen[str]:
    """Start a process that uses the server and, if it is to stay, waits for its input to end."""
    arguments = [sys.executable, "-c", USE, str(settings.data_dir), *(["stay"] if stay else [])]
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def wait_until_used(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdout.readline() == "1\n"


def find_postmaster(settings: Settings) -> int:
    return int((settings.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def test_it_starts_on_demand_and_stops_when_let_go(short_path: Path) -> None:
    settings = choose(short_path)
    assert not server.is_running(settings)
    url = server.ensure(settings)
    assert server.ensure(settings) == url == server.url(settings)
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server.stop(settings)
    assert not server.is_running(settings)
    with psycopg.connect(server.ensure(settings)) as conn:
        assert conn.execute("SELECT n FROM kept").fetchone() == (7,)
    server.stop(settings)
    server.stop(settings)


def test_durability_is_never_off(short_path: Path) -> None:
    settings = choose(short_path)
    with psycopg.connect(server.ensure(settings)) as conn:
        found = conn.execute(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            " current_setting('synchronous_commit'), current_setting('data_checksums'),"
            " current_setting('shared_buffers'), current_setting('listen_addresses')"
        ).fetchone()
    assert found == ("on", "on", "on", "on", "16MB", "")
    server.stop(settings)


def test_processes_that_start_at_once_share_one_server_and_the_last_stops_it(
    short_path: Path,
) -> None:
    settings = choose(short_path)
    processes = [begin(settings, stay=True) for _ in range(4)]
    for process in processes:
        wait_until_used(process)
    for process in processes:
        assert server.is_running(settings)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")
    assert not server.is_running(settings)


def test_processes_that_come_and_go_all_find_it(short_path: Path) -> None:
    settings = choose(short_path)
    for _ in range(3):
        processes = [begin(settings) for _ in range(3)]
        for process in processes:
            answer, said = process.communicate(timeout=120)
            assert (process.returncode, answer, said) == (0, "1\n", "")
    assert not server.is_running(settings)


def test_a_killed_process_does_not_keep_it_running_for_ever(short_path: Path) -> None:
    settings = choose(short_path)
    killed = begin(settings, stay=True)
    wait_until_used(killed)
    killed.kill()
    killed.communicate()
    assert server.is_running(settings)
    following = begin(settings)
    assert following.communicate(timeout=60) == ("1\n", "")
    assert not server.is_running(settings)


@pytest.mark.parametrize("delay", [0.1, 0.4, 0.8, 1.2])
def test_a_process_killed_while_it_starts_the_server_leaves_nothing_broken(
    short_path: Path, delay: float
) -> None:
    settings = choose(short_path)
    killed = begin(settings)
    time.sleep(delay)
    killed.kill()
    killed.communicate()
    following = begin(settings)
    assert following.communicate(timeout=60) == ("1\n", "")
    assert not server.is_running(settings)


def test_what_was_committed_is_there_after_the_server_was_killed(short_path: Path) -> None:
    settings = choose(short_path)
    with psycopg.connect(server.ensure(settings), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept AS SELECT generate_series(1, 50000) AS n")
        os.kill(find_postmaster(settings), signal.SIGKILL)
        # This session's process still holds the server's memory when the next start begins.
        url = server.ensure(settings)
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM kept").fetchone() == (50_000,)
    server.stop(settings)


def test_a_fork_that_ends_does_not_stop_the_server_of_its_parent(short_path: Path) -> None:
    settings = choose(short_path)
    fork = USE + "\nimport os, time\nif not os.fork(): sys.exit()\nos.wait()\nprint('waited')\n"
    fork += "print(server.is_running(Settings(data_dir=Path(sys.argv[1]))))"
    arguments = [sys.executable, "-c", fork, str(settings.data_dir)]
    found = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-2:] == ["waited", "True"]
    assert not server.is_running(settings)


@pytest.mark.parametrize("name", ['it\'s a "folder", 50% \\ new', "积分", "d" * 120])
def test_any_path_will_do(short_path: Path, name: str) -> None:
    settings = Settings(data_dir=short_path / name, shared_buffers="16MB")
    used = begin(settings)
    assert used.communicate(timeout=60) == ("1\n", "")


def test_a_cluster_of_another_version_is_refused(short_path: Path) -> None:
    settings = choose(short_path)
    cluster = settings.data_dir / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("13\n")
    with pytest.raises(DataFolderVersion) as refused:
        server.ensure(settings)
    assert refused.value.facts["found"] == "13"
    server.stop(settings)


def test_a_data_folder_that_cannot_be_one_is_refused(short_path: Path) -> None:
    (short_path / "data").write_text("a file")
    with pytest.raises(DataFolderUnusable):
        server.ensure(choose(short_path))


def test_a_server_that_cannot_start_says_why(short_path: Path) -> None:
    settings = Settings(data_dir=short_path / "data", shared_buffers="999999TB")
    with pytest.raises(ServerFailed) as refused:
        server.ensure(settings)
    assert "shared_buffers" in refused.value.facts["reason"]
    server.stop(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_person_can_use_it(short_path: Path) -> None:
    # root's own interpreter may lie in root's home; the system's can be used by everybody
    name = f"python3.{sys.version_info.minor}"
    python = shutil.which(name, path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip(f"no {name} that everybody can use")
    home = short_path / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    short_path.chmod(0o711)
    used = subprocess.run(
        [python, "-c", USE, str(home / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        user="nobody",
        group="nogroup",
        extra_groups=(),
        cwd="/",
        env={"PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(home)},
    )
    assert (used.stdout, used.stderr) == ("1\n", "")
    assert (home / "data" / "postgres").stat().st_uid == home.stat().st_uid
