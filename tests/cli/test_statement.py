"""``tongbao statement``: shown, as data, and written as files, by the real command."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.statements.day import two_windows
from tests.world import World
from tongbao.cli import app
from tongbao.kernel.db import Connection


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, ["statement", *arguments], env={"TONGBAO_DATABASE_URL": url, "COLUMNS": "200"}
    )


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output or result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


@pytest.fixture
def world(db: Connection) -> World:
    return two_windows(db)


def test_a_statement_is_shown_with_all_that_is_in_it(database_url: str, world: World) -> None:
    shown = call(database_url, "show", "B", "--window", "1-2")
    assert shown.exit_code == 0, shown.exception
    for words in (
        "Statement B-000001-000002", "Claims for points accepted", "330.00",
        "Counter-claims for refunds here", "-165.00", "Acceptance fees given back",
        "the 2 largest of 2", "280.00", "6 %", "3.89", "0.23", "Paid out to you", "-321.75",
        f"TB1-{world.organisations['B']}-1",
    ):  # fmt: skip
        assert words in shown.stdout, words
    fewer = call(database_url, "show", "B", "--window", "1-2", "--limit", "1").stdout
    assert "the 1 largest of 2" in fewer


def test_a_statement_as_data_adds_up_and_opens_where_the_last_closed(
    database_url: str, world: World
) -> None:
    first, second = (answer(database_url, "show", "A", "--window", str(n)) for n in (1, 2))
    for one in (first, second):
        for account in one["accounts"]:
            moved = [x["amount"] for x in one["lines"] if x["account"] == account["account"]]
            assert account["opening"] + sum(moved) == account["closing"]
    closed = {a["account"]: a["closing"] for a in first["accounts"]}
    assert {a["account"]: a["opening"] for a in second["accounts"]} == closed


def test_statements_are_written_for_one_and_for_everybody(
    database_url: str, world: World, tmp_path: Path
) -> None:
    folder = ("--window", "1-2", "--folder", str(tmp_path), "--format", "json, csv,pdf")
    said = answer(database_url, "write", "B", *folder, "--language", "en")
    assert (said["statements"], said["files"]) == (1, 3)
    assert (tmp_path / "B-000001-000002.pdf").read_bytes().startswith(b"%PDF")
    text = call(database_url, "write", "--all", *folder[:-1], "csv").stdout
    assert text.startswith("4 statements with ")
    with (tmp_path / "statements-000001-000002.csv").open(encoding="utf-8", newline="") as file:
        assert {row["organisation"] for row in csv.DictReader(file)} == {"operator", "A", "B", "P"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "B"), "period-missing"),
        (("show", "B", "--window", "1", "--from", "2026-05-01"), "period-missing"),
        (("show", "B", "--to", "2026-05-01"), "period-missing"),
        (("show", "B", "--window", "one"), "period-missing"),
        (("show", "B", "--window", "1-"), None),
        (("show", "B", "--window", "9999999999"), "period-missing"),
        (("show", "B", "--window", "2-1"), "period-malformed"),
        (("show", "B", "--window", "3"), "period-open"),
        (("show", "B", "--window", "7"), "window-not-found"),
        (("show", "B", "--from", "1999-05-02"), "period-empty"),
        (("show", "B", "--from", "2999-05-02"), "period-open"),
        (("show", "nobody", "--window", "1"), "organisation-not-found"),
        (("write", "--window", "1"), "whose-missing"),
        (("write", "B", "--all", "--window", "1"), "whose-missing"),
        (("write", "B", "--window", "1", "--format", "xlsx"), "choice-malformed"),
        (("write", "B", "--window", "1", "--language", "fr"), "choice-malformed"),
        (("write", "B", "--window", "1", "--folder", "/dev/null/x"), "folder-unwritable"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_code(
    module_url: str, arguments: tuple[str, ...], code: str | None
) -> None:
    result = call(module_url, *arguments)
    assert getattr(result.exception, "code", None) == code


@pytest.fixture(scope="module")
def module_url(module_db: Connection, server_url: str) -> str:
    """Give the URL of the windows that all refusals are asked of."""
    from tests.conftest import named

    two_windows(module_db)
    return named(server_url, module_db.info.dbname)
