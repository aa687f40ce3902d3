"""A sandbox is made anew each time; what is no sandbox is never dropped."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.world import AT
from tongbao.kernel import db as database
from tongbao.kernel.settings import Settings
from tongbao.sandbox.database import SandboxFailed, SandboxNameTaken, copy, drop, renew

pytestmark = pytest.mark.postgres


@pytest.fixture
def name(database_url: str) -> Iterator[str]:
    made = f"{conninfo_to_dict(database_url)['dbname']}_box"
    yield made
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)".encode())


def test_a_sandbox_is_made_anew_with_its_own_time(database_url: str, name: str) -> None:
    settings = Settings(database_url=database_url)
    for _ in range(2):
        made = renew(settings, name, AT)
        with database.connect(made) as conn:
            assert conn.info.dbname == name
            row = conn.execute("SELECT opened_at FROM ledger.clearing_window").fetchall()
            assert row == [(AT,)]
            conn.execute("UPDATE ledger.clearing_window SET opened_at = now()")


def test_a_copy_holds_what_the_sandbox_held_and_both_can_be_dropped(
    database_url: str, name: str
) -> None:
    settings = Settings(database_url=database_url)
    made = renew(settings, name, AT)
    copied = copy(made, f"{name}_small")
    with database.connect(copied) as conn:
        row = conn.execute("SELECT opened_at FROM ledger.clearing_window").fetchall()
        assert row == [(AT,)]
    drop(copied)
    drop(made)
    with psycopg.connect(database_url) as conn:
        found = conn.execute(
            "SELECT 1 FROM pg_database WHERE datname LIKE %s", (f"{name}%",)
        ).fetchall()
    assert found == []


def test_a_copy_is_refused_while_somebody_works_in_the_sandbox(
    database_url: str, name: str
) -> None:
    made = renew(Settings(database_url=database_url), name, AT)
    with database.connect(made), pytest.raises(SandboxFailed):
        copy(made, f"{name}_small")


def test_a_database_that_somebody_else_made_stays(database_url: str, name: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
        with pytest.raises(SandboxNameTaken):
            renew(Settings(database_url=database_url), name, AT)
        found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        assert found.fetchone() == (1,)


def test_a_name_that_no_database_can_have_is_refused(database_url: str) -> None:
    with pytest.raises(SandboxFailed):
        renew(Settings(database_url=database_url), "", AT)
