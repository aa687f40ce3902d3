"""``tongbao exposure``, ``tongbao collateral`` and ``tongbao block``."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.world import AT, World, broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output or result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def code(url: str, *arguments: str) -> str:
    result = call(url, *arguments)
    assert result.exit_code != 0
    return str(getattr(result.exception, "code", result.output))


@pytest.fixture
def world(db: Connection) -> World:
    block = Terms(prepaid_share=1_000_000, block=100_000, replenish_below=30_000)
    return build(db, {"A": Terms(credit_limit=1_000), "block": block, "free": Terms()})


def give(conn: Connection, world: World, name: str, points: int) -> str:
    award = Award(
        key=f"{name}{points}",
        scope=world.organisations[name],
        member=world.members[0],
        outlet=world.outlets[name],
        points=points,
    )
    return one(conn, award, AT).status


def test_collateral_is_deposited_and_taken_out_by_two_people(
    db: Connection, database_url: str, world: World
) -> None:
    deposit = ("collateral", "propose", "A", "50.00", "--reason", "wire 7")
    made = answer(database_url, *deposit, "--by", "Lin")
    number = str(made["id"])
    assert (made["kind"], made["state"]) == ("collateral-deposit", "proposed")
    assert code(database_url, "collateral", "decide", number, "--by", "Lin") == "same-person"
    done = answer(database_url, "collateral", "decide", number, "--by", "Wei")
    assert done["state"] == "approved"
    assert give(db, world, "A", 5_000) == "posted"
    shown = answer(database_url, "collateral", "show", "A")
    assert (shown["free"], shown["position"]["collateral"]) == (1_000, 5_000)
    out = ("collateral", "propose", "A", "10.01", "--withdraw", "--reason", "too much")
    assert code(database_url, *out, "--by", "Lin") == "collateral-in-use"
    last = answer(
        database_url, "collateral", "propose", "A", "10", "--withdraw", "--by", "Lin",
        "--reason", "not needed",
    )  # fmt: skip
    rejected = call(
        database_url, "collateral", "decide", str(last["id"]), "--by", "Wei", "--reject", "it is"
    )
    assert rejected.stdout == f"proposal {last['id']} is rejected\n"
    assert "may be taken out" in call(database_url, "collateral", "show", "A").stdout
    assert "waits for another person" in call(database_url, *deposit, "--by", "Lin").stdout
    assert broken_laws(db) == {}


def test_a_block_is_bought_and_paid_back_by_two_people(
    db: Connection, database_url: str, world: World
) -> None:
    assert give(db, world, "block", 1) == "refused"
    buy = ("block", "propose", "block", "1000", "--by", "Lin", "--reason", "the first")
    number = str(answer(database_url, *buy)["id"])
    said = call(database_url, "block", "decide", number, "--by", "Wei").stdout
    assert said == f"proposal {number} is approved\n"
    assert give(db, world, "block", 70_001) == "posted"
    shown = answer(database_url, "exposure", "show", "block")
    assert (shown["prepaid"], shown["wanted"], shown["reserve"]) == (29_999, 100_000, 70_001)
    assert "blocks to be bought" in call(database_url, "exposure", "show", "block").stdout
    half = ("block", "propose", "block", "0.01", "--by", "Lin", "--reason", "x")
    assert code(database_url, *half) == "block-not-whole"
    back = answer(database_url, *half, "--return")
    assert answer(database_url, "block", "decide", str(back["id"]), "--by", "Wei")["operation_id"]
    assert answer(database_url, "exposure", "show", "block")["prepaid"] == 29_998
    assert broken_laws(db) == {}


def test_those_who_have_used_most_come_first(
    db: Connection, database_url: str, world: World
) -> None:
    give(db, world, "A", 960)
    listed = answer(database_url, "exposure", "list")["exposures"]
    assert listed[0]["code"] == "A"
    assert (listed[0]["used_share"], listed[0]["level"]) == (960_000, 950_000)
    assert len(listed) == 4
    assert len(answer(database_url, "exposure", "list", "--limit", "1")["exposures"]) == 1
    alerted = answer(database_url, "exposure", "list", "--alerted")["exposures"]
    assert [one["code"] for one in alerted] == ["A", "block"]
    table = call(database_url, "exposure", "list").stdout
    assert "96.0 %" in table
    assert "not bounded" in table
    assert answer(database_url, "exposure", "alerts") == {"raised": 3, "ended": 0}
    assert call(database_url, "exposure", "alerts").stdout == "0 alerts raised, 0 ended\n"
    assert "80 %, 95 %" in call(database_url, "exposure", "show", "A").stdout
    assert code(database_url, "exposure", "show", "nobody") == "organisation-not-found"
