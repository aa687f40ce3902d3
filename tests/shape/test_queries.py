"""Every statement is understood by PostgreSQL as it stands."""

import re
from pathlib import Path

import psycopg
import pytest

from tests.shape.files import SOURCE, name
from tongbao.kernel import sql

FILES = sorted({*SOURCE.rglob("*queries*.sql"), *SOURCE.rglob("*laws*.sql")})
PREPARABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH")


def number_parameters(statement: str) -> str:
    """Write psycopg's ``%(name)s`` as PostgreSQL's ``$1``, a name having one number."""
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${numbers.setdefault(match[1], len(numbers) + 1)}"

    return re.sub(r"%\((\w+)\)[sbt]", number, statement).replace("%%", "%")


def check(statement: str, db: psycopg.Connection) -> None:
    """Prepare a statement; make the temporary table that others read, as if all was null."""
    kind = statement.split(maxsplit=1)[0].upper()
    if kind in PREPARABLE:
        db.execute(b"PREPARE shape AS " + number_parameters(statement).encode())
        db.execute(b"DEALLOCATE shape")
    elif statement.startswith("CREATE TEMPORARY TABLE"):
        db.execute(re.sub(r"%\(\w+\)s", "NULL", statement).encode())


@pytest.mark.postgres
@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_statement_can_be_prepared(file: Path, db: psycopg.Connection) -> None:
    faults = []
    with db.transaction(force_rollback=True):
        for query, statement in sql.parse(file.read_text("utf-8")).items():
            try:
                with db.transaction():
                    check(statement.decode(), db)
            except psycopg.Error as fault:
                faults.append(f"{query}: {fault}")
    assert faults == []


def test_a_name_has_one_number() -> None:
    assert number_parameters("%(a)s %% %(b)s::int[] = %(a)s") == "$1 % $2::int[] = $1"
