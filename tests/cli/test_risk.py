"""``tongbao risk`` through the real commands."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tests.world import broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award

WHO = ("--by", "Lin", "--reason", "fraud seen")


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ("risk", *arguments), env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_limits_are_set_and_listed(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    made = answer(database_url, "limit", "member", "spend", "day", "--points", "500", *WHO)
    assert (made["points"], made["uses"], made["organisation_id"]) == (50_000, None, None)
    said = call(
        database_url, "limit", "terminal", "earn", "hour", "--uses", "20",
        "--organisation", "A", *WHO,
    )  # fmt: skip
    assert "each terminal may earn 20 times a hour" in said.stdout
    proof = answer(database_url, "proof", "pin", "--points", "200", *WHO)
    assert (proof["proof"], proof["points"]) == ("pin", 20_000)
    listed = answer(database_url, "limits")
    assert [one["organisation_id"] for one in listed["limits"]] == [None, world.organisations["A"]]
    shown = call(database_url, "limits").stdout
    assert "500.00 points" in shown
    late = ("limit", "member", "spend", "day", "--from", "2020-01-01", *WHO)
    assert isinstance(call(database_url, *late).exception, BaseException)


def test_what_the_watch_finds_is_decided(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    common: dict[str, Any] = {
        "scope": world.organisations["A"], "outlet": world.outlets["A"],
        "member": world.members[0], "points": 100, "staff": "mei",
    }  # fmt: skip
    for n in range(5):
        assert one(db, Award(key=f"k{n}", **common)).refusal is None
    assert answer(database_url, "watch") == {"events": 5, "found": 1}
    (item,) = answer(database_url, "queue")["items"]
    assert item["kind"] == "risk-favourite"
    assert "mei" in call(database_url, "queue", "--organisation", "A").stdout
    told = answer(database_url, "decide", str(item["id"]), "confirmed", "--take-back", *WHO)
    assert (told["item"]["closed_how"], told["proposal"] > 0) == ("confirmed", True)
    assert answer(database_url, "queue")["items"] == []
    assert len(answer(database_url, "queue", "--all")["items"]) == 1
    unlocked = answer(database_url, "unlock", str(world.members[0]))
    assert unlocked["spend_locked"] is False
    assert answer(database_url, "sleepers") == {"locked": 0}
    assert broken_laws(db) == {}
