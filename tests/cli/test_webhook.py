"""``tongbao webhook``: register, see, change, rotate, try, replay and delete."""

import json
from typing import Any

from typer.testing import CliRunner

from tests.world import build
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection

URL = "https://shop.example/hook"


def call(url: str, *arguments: str) -> str:
    environ = {"TONGBAO_DATABASE_URL": url}
    result = CliRunner().invoke(app, ["webhook", *arguments], env=environ)
    assert result.exit_code == 0, result.output or result.exception
    return result.stdout


def test_an_endpoint_from_its_first_day_to_its_last(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()})
    said = call(database_url, "create", "A", URL, "--by", "Lin", "--json")
    made: dict[str, Any] = json.loads(said)
    number = str(made["webhook"]["id"])
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in call(database_url, "list")
    kind = "tongbao.purchase.posted.v1"
    assert kind in call(database_url, "change", number, "--type", kind)
    assert "all types" in call(database_url, "change", number, "--all-types")
    fresh = call(database_url, "rotate", number, "--hours", "1").rsplit(maxsplit=1)[1]
    assert fresh.startswith("whsec_")
    assert fresh != made["secret"]
    assert "disabled" in call(database_url, "disable", number, "--by", "Lin")
    assert "active" in call(database_url, "enable", number)
    call(database_url, "ping", number)
    assert json.loads(call(database_url, "deliveries", number, "--json")) == {"deliveries": []}
    call(database_url, "replay", number, "--by", "Lin", "--since", "2026-01-01")
    assert "deleted" in call(database_url, "delete", number)
    assert json.loads(call(database_url, "list", "--json")) == {"webhooks": []}
