"""``tongbao default``, ``guarantee`` and ``runoff``: the worked example through real commands."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.losses.fall import alliance, deposit, owe, spend
from tests.world import World, broken_laws, one
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal

NOW = datetime.now(UTC)


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def refused(url: str, *arguments: str) -> str:
    result = call(url, *arguments)
    assert isinstance(result.exception, Refusal), result.output
    return result.exception.code


def two(url: str, *arguments: str) -> dict[str, Any]:
    """Propose as one person, approve as another."""
    made = answer(url, *arguments, "--by", "Lin")
    return answer(url, arguments[0], "approve", str(made["id"]), "--by", "Wu")


@pytest.fixture
def world(db: Connection, database_url: str) -> World:
    """Let A owe 270, with a collateral of 180 and a first loss of 20."""
    world = alliance(db)
    deposit(db, world, "A", 180_00)
    owe(db, world, {"AB": 150_00, "AC": 120_00})
    two(database_url, "guarantee", "first-loss", "20", "--reference", "f1")
    for name, cap in (("B", "500"), ("C", "300"), ("D", "200")):
        two(database_url, "guarantee", "cap", name, "--cap", cap)
    return world


def test_a_default_from_dry_run_to_reinstatement(
    db: Connection, database_url: str, world: World
) -> None:
    url = database_url
    dry = answer(url, "default", "dry-run", "A")
    assert (dry["owed"], dry["loss"]) == (270_00, 270_00)
    assert [share["amount"] for share in dry["shares"]] == [180_00, 20_00, 35_00, 21_00, 14_00]
    done = two(url, "default", "declare", "A", "--reason", "insolvent")
    assert done["run"]["shares"] == dry["shares"]
    assert done["proposal"]["state"] == "approved"
    assert answer(url, "default", "cover", "A", "--by", "Lin") == {"run": None}
    assert refused(url, "default", "lift", "A", "--by", "Lin", "--reason", "x") == (
        "default-not-repaid"
    )
    back = answer(
        url, "default", "recover", "A", "--amount", "90", "--reference", "r1", "--by", "Lin"
    )
    assert [share["amount"] for share in back["shares"]] == [35_00, 21_00, 14_00, 20_00]
    shown = answer(url, "default", "show", "1")
    assert (len(shown["runs"]), len(shown["recoveries"]), shown["outstanding"]) == (1, 1, [])
    assert answer(url, "clearing", "close")["closed"]["id"] == 1
    lifted = two(url, "default", "lift", "A", "--reason", "repaid")
    assert lifted["default"]["lifted_by"] == "Wu"
    assert answer(url, "default", "list", "--open") == {"defaults": []}
    again = two(url, "default", "reinstate", "A", "--reason", "looked at")
    assert again["organisation"]["status"] == "active"
    assert broken_laws(db) == {}


def test_what_is_printed_for_people(db: Connection, database_url: str, world: World) -> None:
    url = database_url
    text = call(url, "default", "dry-run", "A").stdout
    assert "A owes 270.00, 270.00 after set-off" in text
    assert "its collateral" in text and "14.00" in text
    made = call(url, "default", "declare", "A", "--by", "Lin", "--reason", "insolvent").stdout
    number = made.split()[1]
    assert made == f"proposal {number} waits for another person to approve it\n"
    assert refused(url, "default", "approve", number, "--by", "lin") == "same-person"
    text = call(url, "default", "approve", number, "--by", "Wu").stdout
    assert f"proposal {number} is approved by Wu\nthe default of A is declared\n" in text
    assert "Run 1: 270.00 owed" in text
    assert call(url, "default", "cover", "A", "--by", "Lin").stdout == "A owes nothing\n"
    assert "insolvent" in call(url, "default", "list").stdout
    text = call(url, "default", "show", "1").stdout
    assert "Run 1, window 1: 270.00 owed" in text and "Still to be repaid" in text
    text = call(url, "guarantee", "show").stdout
    assert "guarantee fund of 3 members" in text and "1,000.00" in text
    assert "500.00" in call(url, "guarantee", "caps").stdout


def test_contributions_come_in_and_go_out(db: Connection, database_url: str, world: World) -> None:
    url = database_url
    paid = ("guarantee", "contribute", "B", "40.50", "--reference", "b1")
    assert two(url, *paid)["moved"]["balance"] == 40_50
    assert two(url, *paid)["moved"]["replayed"]
    back = two(url, "guarantee", "return", "B", "10", "--reference", "b2")
    assert (back["moved"]["amount"], back["moved"]["balance"]) == (-10_00, 30_50)
    two(url, "guarantee", "cap", "B", "--cap", "100", "--required", "30")
    arguments = ("guarantee", "return", "B", "1", "--reference", "b3", "--by", "Lin")
    assert refused(url, *arguments) == "fund-in-use"
    made = answer(url, "guarantee", "assess", "--times", "3", "--by", "Lin")
    assert call(url, "guarantee", "reject", str(made["id"]), "--by", "Wu", "--reason", "no").stdout
    assert refused(url, "guarantee", "approve", str(made["id"]), "--by", "Wu") == "proposal-decided"
    assert len(two(url, "guarantee", "assess", "--times", "3")["caps"]) == 2
    assert broken_laws(db) == {}


def test_a_run_off_is_a_table_and_json(db: Connection, database_url: str, world: World) -> None:
    url = database_url
    for wrong in ("", "a", "1,,2", "101", "-1", "0.00001", "NaN", "Infinity"):
        assert refused(url, "runoff", "--curve", wrong) == "curve-malformed"
    found = answer(url, "runoff", "--curve", "50,12.5", "--months", "3")
    assert found["curve"] == [500_000, 125_000]
    assert len(found["run_off"]["months"]) == 4
    assert found["money"]["held"] == 200_00
    assert not found["observed"] and answer(url, "runoff")["observed"]
    text = call(url, "runoff", "--curve", "50", "--months", "2").stdout
    assert "is in the bank" in text and "first unpaid in month 0" in text


def test_points_spent_after_a_default_are_covered_by_command(
    db: Connection, database_url: str
) -> None:
    world = alliance(db)
    owe(db, world, {"AB": 10_00})
    two(database_url, "default", "declare", "A", "--reason", "insolvent")
    assert one(db, spend(world, "B", 1, "none"), NOW).status == "refused"
    assert answer(database_url, "default", "list")["defaults"][0]["reason"] == "insolvent"
