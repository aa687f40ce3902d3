"""Migrations are applied once, in order, by one process at a time."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tongbao.kernel import db as database
from tongbao.kernel import migrate
from tongbao.kernel.migrate import DatabaseTooNew, MigrationFailed

pytestmark = pytest.mark.postgres

APPLY = """
import sys
from tongbao.kernel import migrate
print(len(migrate.apply(sys.argv[1])))
"""


def test_an_empty_database_gets_everything_once(empty_database_url: str) -> None:
    applied = migrate.apply(empty_database_url)
    assert applied[:2] == ["0001_kernel", "0002_events"]
    assert migrate.apply(empty_database_url) == []
    with database.connect_as_owner(empty_database_url) as conn:
        assert migrate.pending(conn) == []
        assert migrate.applied(conn) | {migrate.QUEUE} == set(applied)


def test_two_processes_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    arguments = [sys.executable, "-c", APPLY, empty_database_url]
    both = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [process.communicate(timeout=60) for process in both]
    assert [said for _, said in ends] == ["", "", ""]
    with database.connect_as_owner(empty_database_url) as conn:
        everything = len(migrate.applied(conn)) + 1  # the queue
    assert sorted(int(count) for count, _ in ends) == [0, 0, everything]


def test_the_lock_row_of_a_killed_process_does_not_stop_the_next(empty_database_url: str) -> None:
    migrate.apply(empty_database_url)
    with database.connect_as_owner(empty_database_url) as conn:
        conn.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 99999)")
        conn.execute("DROP SCHEMA points CASCADE")
        conn.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0006_points'")
    assert migrate.apply(empty_database_url) == ["0006_points"]


def test_a_database_of_a_later_version_is_refused(empty_database_url: str) -> None:
    migrate.apply(empty_database_url)
    with database.connect_as_owner(empty_database_url) as conn:
        conn.execute(
            "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)"
            " VALUES ('later', '9999_later', now())"
        )
    with pytest.raises(DatabaseTooNew, match="9999_later"):
        migrate.apply(empty_database_url)


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    with database.connect_as_owner(empty_database_url) as conn:
        conn.execute("CREATE SCHEMA members")
    with pytest.raises(MigrationFailed, match="members"):
        migrate.apply(empty_database_url)
    with database.connect_as_owner(empty_database_url) as conn:
        assert migrate.pending(conn)[0] == "0005_members"
        conn.execute("DROP SCHEMA members")
    assert migrate.apply(empty_database_url)[0] == "0005_members"


@pytest.mark.parametrize(
    "prepare",
    ["ALTER ROLE {owner} CREATEROLE", "GRANT tongbao_app TO {owner}"],
    ids=["one who may create roles", "one who was given the role"],
)
@pytest.mark.usefixtures("template")  # the server has the role already, from another database
def test_the_owner_need_not_be_superuser(empty_database_url: str, prepare: str) -> None:
    parts = urlsplit(empty_database_url)
    name, owner = parts.path[1:], parts.path[1:] + "_owner"
    url = parts._replace(netloc=owner + "@" + parts.netloc.rpartition("@")[2]).geturl()
    with database.connect_as_owner(empty_database_url) as admin:
        admin.execute(f"CREATE ROLE {owner} LOGIN".encode())
        admin.execute(prepare.format(owner=owner).encode())
        if "CREATEROLE" in prepare and admin.info.server_version >= 160_000:
            # what PostgreSQL gives to whoever creates a role
            admin.execute(f"GRANT tongbao_app TO {owner} WITH ADMIN TRUE, SET FALSE".encode())
        admin.execute(f"ALTER DATABASE {name} OWNER TO {owner}".encode())
        try:
            assert migrate.apply(url)[0] == "0001_kernel"
            with database.connect(url) as conn:
                found = conn.execute("SELECT current_user::text, count(*) FROM kernel.once")
                assert found.fetchone() == ("tongbao_app", 0)
        finally:
            admin.execute(f"REASSIGN OWNED BY {owner} TO CURRENT_USER".encode())
            admin.execute(f"DROP OWNED BY {owner}".encode())
            admin.execute(f"DROP ROLE {owner}".encode())
