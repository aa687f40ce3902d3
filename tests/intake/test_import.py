"""Files of sales become operations: earned, spent, taken back, once each, and nothing is lost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.intake.files import HEADER, TIME, rejects, state, take, write
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.intake import chunk
from tongbao.intake.refusals import RejectsUnwritable
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.points.post import post

CARD = "CARD000000"


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=100_000), "B": Terms()}, people=5)


def wallet(db: Connection, member: int) -> int:
    row = db.execute(
        "SELECT balance FROM ledger.account WHERE owner_id = %s AND kind = 'wallet'", (member,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def sale(receipt: str, amount: str, *more: str, card: str = CARD, outlet: str = "A") -> list[str]:
    return [outlet, card, receipt, amount, TIME, *more]


def hour(n: int) -> str:
    return f"2026-04-{1 + n // 24:02d}T{n % 24:02d}:00:00+08:00"


def test_sales_earn_and_points_are_spent(db: Connection, world: World, tmp_path: Path) -> None:
    rows = [
        sale("1", "1000", ""),
        sale("2", "50", "30", outlet="B"),
        sale("3", "500", "up to 1000", outlet="B"),
        sale("4", "20", "all", outlet="B"),
        sale("5", "20", "1", outlet="B"),
    ]
    path = write(tmp_path / "sales.csv", rows, [*HEADER, "points"])
    summary = take(db, path)
    assert (summary.sales.count, summary.sales.amount) == (5 - 1, 157_000)
    assert (summary.redemptions.count, summary.redemptions.amount) == (3, 10_000 + 20 + 429)
    assert [(c.issuer, c.redeemer, c.amount) for c in summary.claims] == [("A", "B", 10_000)]
    assert rejects(path) == [(6, "insufficient-points")]
    assert broken_laws(db) == {}


def test_importing_twice_changes_nothing(db: Connection, world: World, tmp_path: Path) -> None:
    header = [*HEADER, "item", "quantity"]
    rows = [
        ["A", CARD, "1", "1000", hour(0), "tea", "1"],
        ["A", CARD, "1", "1000", hour(0), "tea", "1"],
        ["B", CARD, "2", "150", hour(1), "cup", "1"],
        ["A", CARD, "3", "-700", hour(2), "tea", "-1"],
        ["A", CARD, "4", "-700", hour(3), "tea", "-1"],
        ["A", CARD, "5", "-700", hour(4), "tea", "-1"],
        ["A", "nobody!", "6", "1", hour(5), "tea", "1"],
    ]
    path = write(tmp_path / "sales.csv", rows, header)
    options: dict[str, Any] = {"lines": True, "spend": "100"}
    first = take(db, path, **options)
    before, refused = state(db), rejects(path)
    assert (first.sales.count, first.returns.count, first.redemptions.count) == (2, 2, 1)
    assert refused == [(7, "return-without-sale"), (8, "identity-malformed")]
    again = take(db, path, **options)
    assert (again.sales.count, again.returns.count, again.known) == (0, 0, 4)
    assert rejects(path) == refused
    copy = write(tmp_path / "copy.csv", [*rows, sale("7", "1", "tea", "1")], header)
    assert take(db, copy, **options).known == 4
    after = state(db)
    assert after["claims"] == before["claims"]
    assert [row for row in after["operations"] if row not in before["operations"]] == [
        row for row in after["operations"] if row[0] == "sale:A:7"
    ]
    assert broken_laws(db) == {}


def test_a_receipt_that_comes_again_with_another_amount_is_refused(
    db: Connection, world: World, tmp_path: Path
) -> None:
    path = write(tmp_path / "sales.csv", [sale("1", "10"), sale("1", "11")])
    summary = take(db, path)
    assert summary.sales.count == 1
    assert rejects(path) == [(3, "key-reused")]


def test_what_was_rejected_gets_in_once_its_cause_is_gone(
    db: Connection, world: World, tmp_path: Path
) -> None:
    path = write(tmp_path / "sales.csv", [sale("1", "10"), sale("2", "10", card="NEWCARD1")])
    assert take(db, path).refusals[0].code == "identity-not-found"
    summary = take(db, path, enrol=True)
    assert (summary.known, summary.enrolled, summary.rejected) == (1, 1, 0)
    assert rejects(path) == []
    assert not list(tmp_path.glob("*.rejects.csv"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (sale("1", "10", outlet="X"), "outlet-not-found"),
        (sale("1", "10", outlet="a b"), "code-malformed"),
        (sale("1", "10", card="UNKNOWN1"), "identity-not-found"),
        (sale("1", "10", card="?"), "identity-malformed"),
        (sale("1", "1.001"), "amount-malformed"),
        (sale("1", str(2**63)), "amount-malformed"),
        (sale("1", "10000000000001"), "amount-out-of-range"),
        (sale("1", "-10"), "return-without-sale"),
        (["A", CARD, "1", "10", "1900-01-01"], "time-out-of-range"),
        (["A", CARD, "1", "10", "2900-01-01"], "time-out-of-range"),
        (["A", CARD, "1", "10", "soon"], "time-malformed"),
        (["A", CARD, "", "10", TIME], "value-missing"),
        (["A", CARD, "1", "10"], "row-malformed"),
        (["A", CARD, "\u202e1", "10", TIME], "text-malformed"),
        (["A", CARD, "x" * 70_000, "10", TIME], "row-too-long"),
    ],
)
def test_a_row_that_cannot_get_in_is_a_reject_and_the_next_one_is_a_sale(
    db: Connection, world: World, tmp_path: Path, row: Sequence[str], code: str
) -> None:
    path = write(tmp_path / "sales.csv", [row, sale("next", "10")])
    summary = take(db, path)
    assert rejects(path) == [(2, code)]
    assert (summary.rows, summary.sales.count, summary.rejected) == (2, 1, 1)
    assert [(c.code, c.count) for c in summary.refusals] == [(code, 1)]


def test_a_file_with_a_header_only_is_no_sale(db: Connection, world: World, tmp_path: Path) -> None:
    summary = take(db, write(tmp_path / "sales.csv", []))
    assert (summary.rows, summary.sales.count, summary.rejects_file) == (0, 0, None)


def test_receipts_in_any_script_and_of_any_length_have_keys(
    db: Connection, world: World, tmp_path: Path
) -> None:
    receipts = ["收据 1", "收据 2", "x" * limits.NAME, "a:b", "a b"]
    path = write(tmp_path / "sales.csv", [sale(receipt, "10") for receipt in receipts])
    assert take(db, path).sales.count == len(receipts)
    assert take(db, path).known == len(receipts)


def test_every_member_spends_what_is_there_and_never_twice(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [["A", CARD, str(n), "500", hour(n)] for n in range(6)]
    rows += [["A", "CARD000001", f"x{n}", "30", hour(n)] for n in range(3)]
    path = write(tmp_path / "sales.csv", rows)
    summary = take(db, path, spend="100")
    # 50 points for each 500; the third sale finds 100, pays with them and earns on 400 only.
    spent = db.execute(
        "SELECT points FROM ledger.operation WHERE owner_id = %s ORDER BY effective_at, id",
        (world.members[0],),
    ).fetchall()
    assert [points for (points,) in spent] == [0, 0, 10_000, 0, 0, 10_000]
    assert (summary.redemptions.count, summary.sales.count) == (2, 9)
    assert broken_laws(db) == {}


@pytest.mark.parametrize("batch", [1, 2, 1_000])
def test_the_size_of_a_batch_changes_nothing(
    db: Connection, world: World, tmp_path: Path, batch: int
) -> None:
    rows = [["A", f"CARD{n % 3:06d}", str(n), "400", hour(n)] for n in range(40)]
    rows += [["A", f"CARD{n % 3:06d}", f"r{n}", "-250", hour(40 + n)] for n in range(12)]
    summary = take(db, write(tmp_path / "sales.csv", rows), batch=batch, spend="100")
    assert (summary.redemptions.count, summary.returns.count) == (12, 12)
    assert [wallet(db, member) for member in world.members[:3]] == [8_875, 4_875, 4_875]
    assert broken_laws(db) == {}


def test_a_file_in_no_order_is_posted_in_order_of_time(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [
        ["B", CARD, "2", "100", hour(5), "cup"],
        ["A", CARD, "1", "600", hour(1), "tea"],
        ["A", CARD, "3", "-600", hour(9), "tea"],
        ["A", CARD, "1", "400", hour(1), "tea"],
    ]
    path = write(tmp_path / "sales.csv", rows, [*HEADER, "item"])
    summary = take(db, path, lines=True, group_by_receipt=True, spend="100")
    assert (summary.sales.count, summary.redemptions.count, summary.returns.count) == (2, 1, 1)
    assert rejects(path) == []
    lines = db.execute("SELECT data->'lines' FROM ledger.operation WHERE kind = 'award'").fetchone()
    assert lines is not None
    assert lines[0] == [["tea", 60_000, 0], ["tea#2", 40_000, 0]]


def test_outlets_and_organisations_are_registered_from_a_file(
    db: Connection, tmp_path: Path
) -> None:
    register = {
        "format": "grocery", "mcc": "5411", "site": "street", "region": "310105",
        "terms": {"earn_rate": 1_000_000, "earn_step": 100},
    }  # fmt: skip
    rows = [sale("1", "10.99", card="7", outlet="x1"), sale("2", "5", card="7", outlet="x2")]
    path = write(tmp_path / "sales.csv", rows)
    options: dict[str, Any] = {
        "register": register, "enrol": True, "member_kind": "external",
        "member_issuer": "operator", "outlet_prefix": "s-",
    }  # fmt: skip
    summary = take(db, path, **options)
    assert (summary.sales.count, summary.awards.amount, summary.enrolled) == (2, 1_500, 1)
    assert [i.organisation for i in summary.issuers] == ["s-x1", "s-x2"]
    assert take(db, path, **options).known == 2
    assert broken_laws(db) == {}


def test_each_merchants_own_numbers_are_different_members(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [sale("1", "10", card="7"), sale("2", "10", card="7", outlet="B")]
    path = write(tmp_path / "sales.csv", rows)
    assert take(db, path, member_kind="external", enrol=True).enrolled == 2


def test_rejects_that_were_taken_away_are_written_again(
    db: Connection, world: World, tmp_path: Path
) -> None:
    path = write(tmp_path / "sales.csv", [sale("1", "x"), sale("2", "10")])
    take(db, path)
    (tmp_path / "sales.csv.rejects.csv").unlink()
    db.execute("UPDATE intake.file SET finished_at = NULL")
    assert take(db, path).known == 1
    assert rejects(path) == [(2, "amount-malformed")]


def test_rejects_that_cannot_be_written_refuse_the_file(
    db: Connection, world: World, tmp_path: Path
) -> None:
    path = write(tmp_path / "sales.csv", [sale("1", "x")])
    (tmp_path / "sales.csv.rejects.csv").mkdir()
    with pytest.raises(RejectsUnwritable):
        take(db, path)


def test_when_the_database_will_not_take_a_chunk_only_the_culprit_suffers(
    db: Connection, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post_or_fail(conn: Connection, operations: Any, *more: Any) -> Any:
        if any(operation.reference == "bad" for operation in operations):
            conn.execute("SELECT 1 / 0")
        return post(conn, operations, *more)

    monkeypatch.setattr(chunk, "post", post_or_fail)
    rows = [sale(name, "10") for name in ("1", "2", "bad", "3", "4")]
    path = write(tmp_path / "sales.csv", rows)
    summary = take(db, path)
    assert (summary.sales.count, summary.rows) == (4, 5)
    assert rejects(path) == [(4, "posting-failed")]
    assert broken_laws(db) == {}


def test_a_lost_race_is_run_again(
    db: Connection, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, None])

    def post_or_fail(*given: Any) -> Any:
        failure = next(failures)
        if failure is not None:
            raise failure
        return post(*given)

    monkeypatch.setattr(chunk, "post", post_or_fail)
    path = write(tmp_path / "sales.csv", [sale("1", "10"), sale("2", "x")])
    summary = take(db, path)
    assert (summary.sales.count, summary.rejected) == (1, 1)
    assert rejects(path) == [(3, "amount-malformed")]
