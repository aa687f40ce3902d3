"""``tongbao exceptions`` and ``tongbao proposals`` through the real commands."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.world import AT, build, one
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.desk import proposals
from tongbao.kernel.db import Connection
from tongbao.points.operations import Advice


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_an_item_is_listed_shown_and_closed(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    told = Advice(
        key="1", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=100,
    )  # fmt: skip
    assert one(db, told).status == "exception"
    (item,) = answer(database_url, "exceptions", "list")["items"]
    assert (item["kind"], item["facts"]["points"]) == ("advice", 100)
    assert answer(database_url, "exceptions", "list", "--organisation", "A")["items"] == [item]
    whose = ("exceptions", "list", "--organisation", str(world.operator))
    assert answer(database_url, *whose)["items"] == []
    assert "insufficient-points" in call(database_url, "exceptions", "list").stdout
    shown = call(database_url, "exceptions", "show", str(item["id"])).stdout
    assert "insufficient-points" in shown
    assert "advice" in shown
    closing = ("close", str(item["id"]), "--by", "Lin Wei", "--how", "written-off", "--reason", "x")
    closed = answer(database_url, "exceptions", *closing)
    assert (closed["state"], closed["closed_how"]) == ("closed", "written-off")
    assert answer(database_url, "exceptions", "list")["items"] == []
    assert len(answer(database_url, "exceptions", "list", "--all")["items"]) == 1
    assert "by Lin Wei" in call(database_url, "exceptions", "show", str(item["id"])).stdout


def test_proposals_are_listed_and_shown(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    whose = world.organisations["A"]
    made = proposals.propose(
        db, "deposit", whose, {"amount": 500}, by="Lin Wei", reason="as agreed", at=AT
    )
    (listed,) = answer(database_url, "proposals", "list", "--organisation", "A")["proposals"]
    assert (listed["id"], listed["terms"]) == (made.id, {"amount": 500})
    assert "as agreed" in call(database_url, "proposals", "list").stdout
    proposals.reject(db, made.id, by="Zhao Min", reason="too much", at=AT)
    assert answer(database_url, "proposals", "list")["proposals"] == []
    assert len(answer(database_url, "proposals", "list", "--all")["proposals"]) == 1
    shown = call(database_url, "proposals", "show", str(made.id)).stdout
    assert "too much" in shown
    assert "Zhao Min" in shown
    assert answer(database_url, "proposals", "show", str(made.id))["state"] == "rejected"
