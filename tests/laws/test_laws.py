"""Each law is silent on a sound ledger and catches what is planted against it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.laws.plants import PLANTS, Plant, plant
from tests.laws.small_ledger import (
    ANNA,
    AT,
    award,
    begin,
    finish,
    live,
    open_accounts,
    post,
)
from tests.shape.files import DOCS, table_rows
from tongbao.clearing.laws import LAWS as ALL
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.ledger.laws import LAWS
from tongbao.ledger.movements import MOVEMENTS, SETTLEMENT
from tongbao.ledger.seal import seal
from tongbao.ledger.verify import Report, verify


def run(conn: Connection, *, incremental: bool = False, limit: int = 20) -> Report:
    with conn.transaction():
        return verify(conn, incremental=incremental, at=AT, limit=limit)


def broken(report: Report) -> set[str]:
    """Give the queries that found something."""
    return {o.query for result in report.results for o in result.offenders}


def seal_all(conn: Connection) -> int:
    with conn.transaction():
        return seal(conn, AT)


def begin_living(conn: Connection) -> Connection:
    open_accounts(conn)
    live(conn)
    seal_all(conn)
    assert run(conn).holds
    live(conn)
    return conn


@pytest.fixture
def lived(db: Connection) -> Connection:
    """Give a ledger in which everything has happened once and is verified, and then again."""
    return begin_living(db)


@pytest.fixture(scope="module")
def living(module_db: Connection) -> Connection:
    """Give such a ledger for all tests of this file."""
    return begin_living(module_db)


@pytest.fixture
def spoilt(living: Connection) -> Iterator[Connection]:
    """Give it within a transaction that is undone, on one snapshot as a law wants it."""
    with living.transaction(force_rollback=True):
        living.execute("SET LOCAL transaction_isolation = 'repeatable read'")
        yield living


def test_an_empty_ledger_is_sound(db: Connection) -> None:
    report = run(db)
    assert report.holds
    assert (report.position, report.waiting, report.since) == (None, 0, None)
    assert [result.law for result in report.results] == list(range(1, 13))


def test_a_ledger_in_which_everything_has_happened_is_sound(lived: Connection) -> None:
    assert broken(run(lived)) == set()


def test_what_is_new_is_sound_and_becomes_the_next_point(lived: Connection) -> None:
    for _ in range(3):
        report = run(lived, incremental=True)
        assert broken(report) == set()
        assert report.since == AT
        live(lived)
        seal_all(lived)
    points = lived.execute("SELECT count(*) FROM ledger.verified").fetchone()
    assert points == (4,)


@pytest.mark.parametrize("incremental", [False, True], ids=["whole", "incremental"])
@pytest.mark.parametrize("fault", PLANTS, ids=lambda p: f"{p.query}: {p.wrong}")
def test_a_planted_fault_is_caught(spoilt: Connection, fault: Plant, incremental: bool) -> None:
    plant(spoilt, fault.done)
    report = run(spoilt, incremental=incremental)
    assert fault.query in broken(report)
    assert not report.holds
    assert report.since == (AT if incremental else None)
    points = spoilt.execute("SELECT count(*) FROM ledger.verified").fetchone()
    assert points == (1,), "a broken ledger is no point to start from"


def test_every_query_of_every_law_has_its_plant() -> None:
    queries = {query for law in LAWS for query in law.queries}
    assert all(law.queries for law in LAWS)
    assert {fault.query for fault in PLANTS} == queries | {"verify_chain"}


def test_a_law_shows_no_more_offenders_than_asked_for(lived: Connection) -> None:
    plant(lived, "DELETE FROM kernel.once")
    report = run(lived, limit=3)
    assert [len(result.offenders) for result in report.results if result.law == 8] == [3]


def test_a_fault_in_what_was_verified_is_found_by_a_whole_run(lived: Connection) -> None:
    plant(
        lived,
        """
        UPDATE ledger.operation SET cash = cash + 1
        WHERE id = (SELECT min(id) FROM ledger.operation WHERE kind = 'purchase')
        """,
    )
    assert run(lived, incremental=True).holds
    assert broken(run(lived)) == {"verify_chain"}


def test_a_balance_and_a_lot_changed_after_they_were_verified_are_found(lived: Connection) -> None:
    assert run(lived, incremental=True).holds
    plant(
        lived,
        """
        UPDATE ledger.account SET balance = balance + 5 WHERE kind IN ('wallet', 'issued');
        UPDATE ledger.lot SET available = available + 5
        WHERE id = (SELECT max(id) FROM ledger.lot WHERE available > 0)
        """,
    )
    found = broken(run(lived, incremental=True))
    assert {"law_02_balances_equal_transfers", "law_07_lots_equal_transfers"} <= found


@pytest.mark.parametrize("fault", [False, True], ids=["sound", "faulty"])
def test_a_batch_that_commits_late_with_a_lower_id_is_not_passed_over(
    db: Connection, database_url: str, fault: bool
) -> None:
    open_accounts(db)
    with database.connect(database_url) as other:
        with other.transaction():
            books = begin(other)
            other.execute("SELECT pg_current_xact_id()")  # it begins before the other ends
            (early,) = post(db, award(ANNA, 300))
            seal_all(db)
            assert run(db, incremental=True).holds
            (late,) = finish(other, books, award(ANNA, 500))
        assert late < early
    if fault:
        plant(db, f"UPDATE ledger.operation SET points = 501 WHERE id = {late}")
    report = run(db, incremental=True)
    assert report.since == AT
    assert broken(report) == ({"verify_chain"} if fault else set())
    assert seal_all(db) == 1
    assert run(db, incremental=True).holds is not fault


def test_a_point_of_another_server_is_no_point(lived: Connection) -> None:
    plant(lived, "UPDATE ledger.verified SET snapshot = '900000000000:900000000000:'")
    assert run(lived, incremental=True).since is None


def test_verifying_is_the_first_thing_in_its_transaction(db: Connection) -> None:
    with db.transaction():
        db.execute("SELECT 1")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction), db.transaction():
            verify(db, incremental=False, at=AT)


def test_verifying_sees_one_snapshot(db: Connection, database_url: str) -> None:
    open_accounts(db)
    live(db)
    with database.connect(database_url) as other, db.transaction():
        report = verify(
            db, incremental=False, at=AT + timedelta(days=1), tell=lambda _: _post_one(other)
        )
    assert report.holds
    assert run(db, incremental=True).since == AT + timedelta(days=1)


def _post_one(conn: Connection) -> None:
    post(conn, award(ANNA, 100))


def test_the_movements_that_settle_are_those_the_laws_leave_out() -> None:
    assert all(m >= 60 for m in SETTLEMENT)
    money = {int(m) for m, rule in MOVEMENTS.items() if rule.unit == "CNY"}
    assert {m for m in money if 40 <= m <= 59} == money - {int(m) for m in SETTLEMENT}


def test_the_reference_says_every_law_with_its_queries() -> None:
    rows = table_rows(DOCS / "reference" / "laws.md")
    said = {int(row[0]): row for row in rows if row[-1].startswith("`law_")}
    assert {law.number: law.sentence for law in ALL} == {n: row[1] for n, row in said.items()}
    for law in ALL:
        assert set(re.findall(r"law_\w+", said[law.number][2])) == set(law.queries)
