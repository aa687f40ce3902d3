"""``tongbao verify`` says which laws hold, shows what breaks one, and exits accordingly."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.laws.plants import plant
from tests.laws.small_ledger import live, open_accounts
from tongbao.cli import app
from tongbao.kernel.db import Connection


@pytest.fixture
def lived(db: Connection) -> Connection:
    open_accounts(db)
    live(db)
    return db


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", *arguments], env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = call(url, "--json", *arguments)
    return result.exit_code, json.loads(result.stdout)


def test_a_sound_ledger_is_verified_law_by_law(lived: Connection, database_url: str) -> None:
    result = call(database_url)
    assert result.exit_code == 0
    assert result.stdout.count(" ok") == 13
    assert "every law holds, from the beginning" in result.stdout
    assert "5 batches wait for their seal" in result.stdout


def test_a_broken_law_is_shown_with_its_rows_and_ends_in_1(
    lived: Connection, database_url: str
) -> None:
    plant(lived, "UPDATE ledger.account SET balance = balance + 77 WHERE kind = 'fees'")
    result = call(database_url)
    assert result.exit_code == 1
    assert "BROKEN" in result.stdout
    assert "Law 2 is broken (law_02_balances_equal_transfers)" in result.stdout
    assert "sum_of_transfers" in result.stdout


def test_json_says_the_same(lived: Connection, database_url: str) -> None:
    plant(lived, "UPDATE ledger.account SET balance = balance + 77 WHERE kind = 'fees'")
    code, report = answer(database_url, "--limit", "1")
    assert (code, report["holds"]) == (1, False)
    found = {result["law"]: result["offenders"] for result in report["results"]}
    assert found[1] == [
        {
            "query": "law_01_units_balance",
            "row": {
                "unit": "CNY",
                "sum_of_balances": 77,
                "accounts": found[1][0]["row"]["accounts"],
            },
        }
    ]
    assert {law for law, offenders in found.items() if offenders} == {1, 2}


def test_incremental_starts_where_the_last_sound_run_ended(
    lived: Connection, database_url: str
) -> None:
    _, first = answer(database_url, "--incremental")
    live(lived)
    code, second = answer(database_url, "--incremental")
    assert (code, first["since"], second["since"]) == (0, None, first["at"])
    assert second["position"] > first["position"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many"])
def test_a_limit_that_makes_no_sense_is_refused(database_url: str, limit: str) -> None:
    assert call(database_url, "--limit", limit).exit_code == 2
