"""``tongbao sweep`` posts what is due and seals; ``tongbao clearing`` closes and shows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner, Result

from tests.world import World, broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Hold, Purchase

NOW = datetime.now(UTC)
AGO = NOW - timedelta(days=3)


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"TONGBAO_DATABASE_URL": url})


def answer(url: str, *arguments: str) -> dict[str, Any]:
    result = call(url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def live(conn: Connection) -> World:
    """Let some time pass in which points of A were spent at B, and others came to be due."""
    world = build(conn, {"A": Terms(earn_rate=0), "B": Terms(earn_rate=0)})
    a, b = world.organisations.values()
    member, at_a = world.members[0], world.outlets["A"]
    soon = AGO + timedelta(days=1)
    for operation in (
        Award(key="1", scope=a, member=member, outlet=at_a, points=900),
        Award(key="2", scope=a, member=member, outlet=at_a, points=70, expires_at=soon),
        Award(key="3", scope=a, member=member, outlet=at_a, points=40, release_at=soon),
        Hold(key="4", scope=a, member=member, outlet=at_a, points=100, expires_at=soon),
        Purchase(
            key="5", scope=b, member=member, outlet=world.outlets["B"], amount=500, points=500
        ),
    ):
        assert one(conn, operation, AGO).status == "posted"
    return world


def test_a_sweep_posts_what_is_due_and_seals(db: Connection, database_url: str) -> None:
    live(db)
    assert answer(database_url, "sweep") == {
        "posted": {"expire_hold": 1, "release_pending": 1, "expire_lots": 1},
        "points": {"expire_hold": 100, "release_pending": 40, "expire_lots": 70},
        "refused": {},
        "failed": {},
        "sealed": 8,
        "more": False,
    }
    result = call(database_url, "sweep")
    assert (
        result.stdout
        == "0 holds ended, 0 awards released, lots of 0 members ended; 0 batches sealed\n"
    )
    assert broken_laws(db) == {}


def test_an_empty_database_is_swept_too(database_url: str) -> None:
    assert answer(database_url, "sweep")["posted"] == {}


def test_a_window_is_closed_and_shown(db: Connection, database_url: str) -> None:
    world = live(db)
    closed = answer(database_url, "clearing", "close")
    assert (closed["closed"]["id"], closed["open"]["id"]) == (1, 2)
    shown = answer(database_url, "clearing", "show", "1")
    assert shown["gross"] == shown["bilateral"] == {"count": 1, "amount": 500}
    assert [pair["debtor"] for pair in shown["pairs"]] == [world.organisations["A"]]
    listed = answer(database_url, "clearing", "list")["windows"]
    assert [(window["id"], bool(window["closed_at"])) for window in listed] == [
        (2, False),
        (1, True),
    ]
    assert broken_laws(db) == {}


def test_the_same_is_said_to_people(db: Connection, database_url: str) -> None:
    live(db)
    assert (
        call(database_url, "clearing", "close").stdout == "window 1 is closed, window 2 is open\n"
    )
    shown = call(database_url, "clearing", "show", "1").stdout
    assert "Window 1, closed" in shown
    assert "claim by claim (gross)" in shown
    assert "5.00" in shown
    assert "Windows" in call(database_url, "clearing", "list").stdout
