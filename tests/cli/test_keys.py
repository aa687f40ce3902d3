"""``tongbao keys``: the operator's first key is made here, and each token is shown once."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.world import AT, build
from tongbao.access import keys
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel import clock
from tongbao.kernel.db import Connection


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments], env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output or result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def code(url: str, *arguments: str) -> str:
    result = call(url, *arguments)
    assert result.exit_code != 0
    return str(getattr(result.exception, "code", result.output))


def test_a_key_is_made_replaced_and_ended(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()}, people=0)
    made = answer(database_url, "create", "operator", "--role", "admin", "--by", "Lin")
    caller = keys.check(db, made["token"], clock.now())
    assert (caller.role, caller.operator) == ("admin", True)
    number = str(made["key"]["id"])
    assert "token" not in json.dumps(answer(database_url, "list"))
    new = answer(database_url, "rotate", number, "--by", "Lin", "--overlap", "1")
    assert new["key"]["replaces"] == made["key"]["id"]
    for token in (made["token"], new["token"]):
        keys.check(db, token, clock.now())
    assert answer(database_url, "revoke", number, "--by", "Wu")["revoked_by"] == "Wu"
    assert code(database_url, "rotate", number, "--by", "Lin") == "api-key-ended"
    assert code(database_url, "revoke", "99", "--by", "Wu") == "api-key-not-found"


def test_a_person_reads_the_token_and_what_the_key_allows(
    db: Connection, database_url: str
) -> None:
    build(db, {"A": Terms()}, people=0)
    said = call(
        database_url, "create", "A", "--role", "cashier", "--by", "Lin", "--name", "till-7",
        "--scope", "points:write", "--expires", "2030-01-01",
    ).stdout.splitlines()  # fmt: skip
    assert said[0].endswith("of role cashier allows points:write")
    assert keys.check(db, said[-1], AT).scopes == {"points:write"}
    listed = call(database_url, "list", "--organisation", "A").stdout
    assert "till-7" in listed and "2030-01-01 00:00" in listed


def test_a_role_is_for_its_kind_of_organisation(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()}, people=0)
    create = ("create", "A", "--by", "Lin", "--role")
    assert code(database_url, *create, "admin") == "role-not-allowed"
    assert code(database_url, *create, "cashier", "--scope", "keys:write") == "scope-not-allowed"


def test_a_key_may_ask_as_often_as_is_said_of_it(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()}, people=0)
    made = answer(database_url, "create", "operator", "--role", "admin", "--by", "Lin")
    number = str(made["key"]["id"])
    limited = answer(database_url, "limit", number, "--a-minute", "120", "--by", "Wu")
    assert limited["rate_limit"] == 120
    assert keys.check(db, made["token"], clock.now()).rate_limit == 120
    replaced = answer(database_url, "rotate", number, "--by", "Lin")
    assert replaced["key"]["rate_limit"] == 120
    assert answer(database_url, "limit", number, "--by", "Wu")["rate_limit"] is None
    noted = db.execute("SELECT by, subject FROM access.audit WHERE kind = 'key-limited'").fetchall()
    assert noted == [("Wu", f"key {number}")] * 2
    assert code(database_url, "limit", "999999", "--by", "Wu") == "api-key-not-found"
    assert call(database_url, "limit", number, "--by", "Wu", "--a-minute", "0").exit_code == 2
