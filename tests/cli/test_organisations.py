"""``tongbao organisation`` and ``tongbao contract``."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tongbao.alliance import contracts, organisations
from tongbao.cli import app
from tongbao.kernel import clock
from tongbao.kernel.db import Connection


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


def test_an_organisation_is_registered_suspended_resumed_and_closed(database_url: str) -> None:
    made = answer(database_url, "organisation", "register", "lan", "兰 Café")
    assert (made["code"], made["name"], made["role"]) == ("lan", "兰 Café", "merchant")
    for command, status in (("suspend", "suspended"), ("resume", "active"), ("close", "closed")):
        assert answer(database_url, "organisation", command, "lan")["status"] == status
    listed = answer(database_url, "organisation", "list")["organisations"]
    assert [(one["code"], one["status"]) for one in listed] == [("lan", "closed")]
    assert "lan" in call(database_url, "organisation", "list").stdout
    assert code(database_url, "organisation", "resume", "lan") == "organisation-status-refused"
    assert code(database_url, "organisation", "close", "nobody") == "organisation-not-found"
    assert code(database_url, "organisation", "register", "lan", "x") == "organisation-code-taken"


def test_a_person_reads_what_was_done(database_url: str) -> None:
    said = call(database_url, "organisation", "register", "lan", "Lan", "--role", "supplier")
    assert said.stdout.startswith("lan is registered as organisation ")
    assert call(database_url, "organisation", "suspend", "lan").stdout == "lan is suspended\n"
    renamed = call(database_url, "organisation", "rename", "lan", "Lan 2").stdout
    assert renamed == "lan is called Lan 2\n"


def test_the_next_version_of_a_contract_is_the_last_but_for_what_is_given(
    db: Connection, database_url: str
) -> None:
    answer(database_url, "organisation", "register", "lan", "Lan")
    first = answer(
        database_url, "contract", "sign", "lan", "--from", "2026-05-01",
        "--term", "earn_rate=20000", "--term", "credit_limit=500", "--term", "cycle=weekly",
    )  # fmt: skip
    assert first["valid_from"] == "2026-04-30T16:00:00Z"
    assert (first["terms"]["earn_rate"], first["terms"]["cycle"]) == (20_000, "weekly")
    second = answer(
        database_url, "contract", "sign", "lan", "--term", "credit_limit=none",
        "--term", "alert_at=500000,700000", "--term", "prepaid_share=1000000",
        "--term", "block=100000", "--term", "replenish_below=20000",
    )["terms"]  # fmt: skip
    assert (second["earn_rate"], second["credit_limit"]) == (20_000, None)
    assert (second["alert_at"], second["block"]) == ([500_000, 700_000], 100_000)
    who = organisations.find(db, "lan").id
    assert contracts.terms_at(db, who, clock.now()).replenish_below == 20_000
    versions = answer(database_url, "contract", "history", "lan")["versions"]
    assert [one["terms"] for one in versions] == [first["terms"], second]
    shown = call(database_url, "contract", "history", "lan").stdout
    assert "replenish_below" in shown
    assert "500000,700000" in shown
    fresh = answer(
        database_url, "contract", "sign", "lan", "--from", "2030-01-01T06:00", "--fresh",
        "--term", "alert_at=",
    )  # fmt: skip
    assert (fresh["terms"]["earn_rate"], fresh["terms"]["alert_at"]) == (10_000, [])
    assert fresh["valid_from"] == "2029-12-31T22:00:00Z"


@pytest.mark.parametrize(
    ("term", "refusal"),
    [
        ("earn=1", "term-unreadable"),
        ("earn_rate", "term-unreadable"),
        ("earn_rate=x", "term-unreadable"),
        ("earn_rate=none", "term-unreadable"),
        ("cycle=hourly", "term-unreadable"),
        ("alert_at=1,x", "term-unreadable"),
        ("alert_at=2,1", "terms-contradictory"),
        ("earn_rate=1000001", "terms-malformed"),
        ("block=5", "terms-contradictory"),
    ],
)
def test_terms_that_make_no_sense_are_refused(database_url: str, term: str, refusal: str) -> None:
    answer(database_url, "organisation", "register", "lan", "Lan")
    assert code(database_url, "contract", "sign", "lan", "--term", term) == refusal
    assert answer(database_url, "contract", "history", "lan")["versions"] == []
    assert call(database_url, "contract", "history", "lan").exit_code == 0
