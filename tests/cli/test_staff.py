"""``tongbao staff`` through the real command: the first operator signs in."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.world import build
from tongbao.access import audit, invitations, sso, staff
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

PROVIDER = {
    "TONGBAO_PUBLIC_URL": "https://points.example.cn",
    "TONGBAO_OIDC_ISSUER": "https://id.example.cn",
    "TONGBAO_OIDC_CLIENT_ID": "tongbao",
}


def call(url: str, *arguments: str) -> Result:
    env = {"TONGBAO_DATABASE_URL": url, **PROVIDER}
    return CliRunner().invoke(app, ["staff", *arguments], env=env)


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_the_first_operator_is_added_and_later_reset_and_disabled(
    db: Connection, database_url: str
) -> None:
    build(db, {"A": Terms()})
    made = answer(database_url, "add", "wei", "韦", "--role", "admin", "--by", "Lin")
    assert (made["staff"]["role"], made["staff"]["status"]) == ("admin", "invited")
    invitations.redeem(
        db, made["invitation"], "correct horse battery", b"0123456789abcdef", clock.now()
    )
    assert "active" in call(database_url, "list").stdout
    again = call(database_url, "reset", "wei", "--by", "Lin", "--second-factor")
    assert "tbi_" in again.stdout
    assert "disabled" in call(database_url, "disable", "wei", "--by", "Lin").stdout
    assert staff.find(db, "wei").status == "disabled"
    assert answer(database_url, "enable", "wei", "--by", "Lin")["status"] == "active"
    kinds = [entry.kind for entry in audit.listed(db)]
    assert kinds == [
        "staff-enabled", "staff-disabled", "password-reset-begun", "second-factor-removed",
        "staff-added",
    ]  # fmt: skip


def test_a_cashier_of_an_outlet(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    where = ("--organisation", "A", "--outlet", "A")
    made = answer(database_url, "add", "min", "Min", "--role", "cashier", "--by", "Lin", *where)
    assert made["staff"]["outlet_id"] == world.outlets["A"]
    assert [one["login"] for one in answer(database_url, "list")["staff"]] == ["min"]
    twice = call(database_url, "add", "min", "Min", "--role", "admin", "--by", "Lin")
    assert twice.exit_code != 0


def test_somebody_is_linked_to_the_provider_and_unlinked(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()})
    made = answer(database_url, "add", "wei", "韦", "--role", "admin", "--by", "Lin")
    said = call(database_url, "link", "wei", "Wei@example.cn", "--by", "Lin").stdout
    assert said == "wei signs in at https://id.example.cn as wei@example.cn\n"
    assert [one.email for one in sso.links_of(db, made["staff"]["id"])] == ["wei@example.cn"]
    assert "any more" in call(database_url, "unlink", "wei", "--by", "Lin").stdout
    assert sso.links_of(db, made["staff"]["id"]) == []
