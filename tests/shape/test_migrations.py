"""The database that migrations build is the one that the packages declare."""

from importlib.resources import files
from typing import Any

import psycopg
import pytest

from tongbao.ledger.movements import MOVEMENTS

pytestmark = pytest.mark.postgres

STACK = (
    "kernel", "events", "ledger", "desk", "alliance", "members", "access", "points", "clearing",
    "bank", "webhooks", "till", "joining", "web",
    "statements", "reconcile", "losses", "liability", "figures", "intake", "upkeep",
)  # fmt: skip
PACKAGES = [name for name in STACK if files("tongbao").joinpath(name, "schema.sql").is_file()]
OURS = "nspname = ANY (%(packages)s)"

# One query for each kind of thing; each row is a name and everything that is said of it.
CATALOGUE = {
    "schema": f"SELECT nspname, nspacl::text FROM pg_namespace WHERE {OURS}",
    "relation": f"""
        SELECT nspname || '.' || relname, relkind, relpersistence, reloptions, relacl::text
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE {OURS}
    """,
    "column": f"""
        SELECT nspname || '.' || relname || '.' || attname, attnum,
          format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
          pg_get_expr(adbin, adrelid), attacl::text
        FROM pg_attribute
          JOIN pg_class ON pg_class.oid = attrelid
          JOIN pg_namespace ON pg_namespace.oid = relnamespace
          LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attnum > 0 AND relkind IN ('r', 'p', 'v', 'm') AND {OURS}
    """,
    "constraint": f"""
        SELECT nspname || '.' || conrelid::regclass || '.' || conname,
          pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE {OURS}
    """,
    "index": """
        SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes
        WHERE schemaname = ANY (%(packages)s)
    """,
    "trigger": f"""
        SELECT nspname || '.' || relname || '.' || tgname, pg_get_triggerdef(pg_trigger.oid),
          tgenabled
        FROM pg_trigger
          JOIN pg_class ON pg_class.oid = tgrelid
          JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE NOT tgisinternal AND {OURS}
    """,
    "function": f"""
        SELECT nspname || '.' || proname, pg_get_functiondef(pg_proc.oid), proacl::text
        FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE {OURS}
    """,
    "sequence": """
        SELECT schemaname || '.' || sequencename, data_type::text, start_value, min_value,
          max_value, increment_by, cycle, cache_size
        FROM pg_sequences WHERE schemaname = ANY (%(packages)s)
    """,
}


def read_catalogue(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url) as conn:
        return {
            kind: sorted(conn.execute(query.encode(), {"packages": PACKAGES}).fetchall())
            for kind, query in CATALOGUE.items()
        }


@pytest.fixture
def declared(empty_database_url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Give the catalogue of a database built from the packages' own ``schema.sql``."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        for package in PACKAGES:
            conn.execute(files(f"tongbao.{package}").joinpath("schema.sql").read_bytes())
    return read_catalogue(empty_database_url)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_migrations_build_what_the_packages_declare(
    kind: str, database_url: str, declared: dict[str, list[tuple[Any, ...]]]
) -> None:
    migrated = read_catalogue(database_url)[kind]
    assert declared[kind], "the catalogue's query finds nothing"
    assert migrated == declared[kind]


def test_the_table_of_movements_is_the_list_in_the_code(db: psycopg.Connection) -> None:
    rows = db.execute(
        "SELECT id, name, unit, from_kind, to_kind, meaning FROM ledger.movement ORDER BY id"
    )
    assert rows.fetchall() == [
        (int(m), m.name.lower(), *movement) for m, movement in sorted(MOVEMENTS.items())
    ]


def test_one_window_is_open_from_the_start(db: psycopg.Connection) -> None:
    rows = db.execute("SELECT id, closed_at FROM ledger.clearing_window").fetchall()
    assert rows == [(1, None)]
