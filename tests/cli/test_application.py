"""``tongbao application`` through the real command."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.joining.wanting import CAFE, applied, wanted
from tests.world import build
from tongbao.alliance import contracts
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.joining import applications
from tongbao.kernel import clock
from tongbao.kernel.db import Connection


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["application", *arguments], env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_an_application_is_shown_asked_about_and_accepted(
    db: Connection, database_url: str
) -> None:
    build(db, {"A": Terms()})
    number = str(applied(db).id)
    assert CAFE.credit_code in call(database_url, "list").stdout
    shown = call(database_url, "show", number).stdout
    for text in (CAFE.account.number, "credit-code", "passed"):
        assert text in shown
    asked = answer(database_url, "ask", number, "--by", "Lin", "--question", "Whose account?")
    assert asked["state"] == "asked"
    assert "Whose account?" in call(database_url, "show", number).stdout
    how = ("--by", "Lin", "--code", "shiguang", "--login", "shen", "--site", "SH-1")
    accepted = answer(database_url, "accept", number, *how, "--term", "earn_rate=25000")
    terms = contracts.terms_at(db, accepted["organisation_id"], clock.now())
    assert (terms.earn_rate, terms.credit_limit) == (25_000, 1_000_000)
    again = call(database_url, "refuse", number, "--by", "Lin", "--reason", "no")
    assert isinstance(again.exception, applications.ApplicationDecided)


def test_an_application_is_refused(db: Connection, database_url: str) -> None:
    build(db, {"A": Terms()})
    made = applied(db, wanted(name="A"))
    said = call(database_url, "refuse", str(made.id), "--by", "Lin", "--reason", "No cafés.")
    assert f"application {made.id} of A is refused" in said.stdout
    assert applications.get(db, made.id).reason == "No cafés."
    assert answer(database_url, "list", "--state", "submitted")["applications"] == []
