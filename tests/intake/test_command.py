"""``tongbao import sales`` as people and programs call it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.intake.files import TIME, write
from tests.world import SECRET, build
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal


@pytest.fixture
def sales(db: Connection, tmp_path: Path) -> Path:
    build(db, {"A": Terms(earn_rate=100_000), "B": Terms()})
    rows = [
        ["A", "CARD000000", "1", "1234.00", TIME, ""],
        ["B", "CARD000000", "2", "30", TIME, "20"],
        ["B", "CARD000000", "3", "many", TIME, ""],
    ]
    header = ("shop", "member", "receipt", "amount", "time", "points")
    return write(tmp_path / "sales.csv", rows, header)


def call(url: str, *arguments: str) -> Result:
    environ = {"TONGBAO_DATABASE_URL": url, "TONGBAO_IDENTITY_SECRET": SECRET}
    return CliRunner().invoke(app, ["import", "sales", *arguments], env=environ)


def test_the_summary_says_what_came_of_the_file(database_url: str, sales: Path) -> None:
    result = call(database_url, str(sales), "--column", "outlet=shop")
    assert result.exit_code == 0, result.exception
    for part in ("1,264.00", "amount-malformed", "rejects: ", "rows/s", "20.00", "Claims"):
        assert part in result.stdout


def test_json_is_one_object(database_url: str, sales: Path, tmp_path: Path) -> None:
    (tmp_path / "how.toml").write_text('[columns]\noutlet = "shop"\n', "utf-8")
    how = ("--mapping", str(tmp_path / "how.toml"), "--rejects", str(tmp_path), "--json")
    result = call(database_url, str(sales), *how)
    (found,) = json.loads(result.stdout)["files"]
    expected: dict[str, Any] = {"file": "sales.csv", "rows": 3, "rejected": 1, "known": 0}
    assert {name: found[name] for name in expected} == expected
    assert found["sales"] == {"count": 2, "amount": 126_400}
    assert found["claims"] == [{"issuer": "A", "redeemer": "B", "count": 1, "amount": 2_000}]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), "column-missing"),
        (("--column", "shop"), "mapping-malformed"),
        (("--column", "shop=outlet"), "mapping-malformed"),
        (("--column", "outlet=shop", "--encoding", "latin-1"), "mapping-malformed"),
        (("--mapping", "none.toml"), "mapping-malformed"),
        (("--column", "outlet=shop", "none.csv"), "file-unreadable"),
        (("--column", "outlet=shop", "--time-zone", "Mars"), "mapping-malformed"),
        (("--column", "outlet=shop", "--member-issuer", "Z"), "organisation-not-found"),
    ],
)
def test_what_cannot_be_done_at_all_is_refused_before_anything_is_imported(
    db: Connection, database_url: str, sales: Path, options: tuple[str, ...], code: str
) -> None:
    result = call(database_url, str(sales), *options)
    assert isinstance(result.exception, Refusal)
    assert result.exception.code == code
    assert db.execute("SELECT count(*) FROM ledger.operation").fetchone() == (0,)
