"""``tongbao settlement`` and ``clearing net``: from what is owed to what was paid, by two."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.clearing.desk import EXAMPLE, balances, window_of
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"TONGBAO_DATABASE_URL": url})


def said(url: str, *arguments: str) -> str:
    result = call(url, *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def answer(url: str, *arguments: str) -> Any:
    return json.loads(said(url, *arguments, "--json"))


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=0) for name in ("A", "B", "C", "D")})


def test_a_settlement_goes_its_whole_way(db: Connection, world: World, database_url: str) -> None:
    window = str(window_of(db, world, EXAMPLE))
    (made,) = answer(database_url, "settlement", "propose", "--window", window, "--by", "Lin")[
        "settlements"
    ]
    number = str(made["id"])
    assert (made["state"], made["to_collect"], made["to_pay"]) == ("proposed", 67_000, 67_000)
    refused = call(database_url, "settlement", "approve", number, "--by", "lin")
    assert getattr(refused.exception, "code", "") == "same-person"
    approved = answer(database_url, "settlement", "approve", number, "--by", "Wu")
    assert (approved["state"], approved["approved_by"]) == ("approved", "Wu")
    told = answer(database_url, "settlement", "instruct", number, "--by", "Wu")["legs"]
    assert [leg["end_to_end_id"] for leg in told] == [
        f"TB{number}-{who}-1" for who in world.organisations.values()
    ]
    leg = answer(database_url, "settlement", "book", number, "A", "269.99", "--reference", "bank/1")
    assert (leg["state"], leg["left"]) == ("partly_paid", 1)
    again = ("settlement", "refuse", number, "A", "--reason", "AC04")
    assert answer(database_url, *again)["state"] == "rejected"
    leg = answer(database_url, "settlement", "again", number, "A", "--by", "Wu")
    assert (leg["state"], leg["attempt"]) == ("partly_paid", 2)
    leg = answer(database_url, "settlement", "fail", number, "A", "--by", "Wu", "--reason", "no")
    assert (leg["state"], leg["paid"]) == ("failed", 26_999)
    for code, amount in (("B", "350.00"), ("C", "670"), (str(world.organisations["D"]), "50")):
        answer(database_url, "settlement", "book", number, code, amount, "--reference", "x")
    back = ("settlement", "return", number, "D", "50", "--reference", "y", "--reason", "closed")
    assert answer(database_url, *back)["paid"] == 0
    shown = answer(database_url, "settlement", "show", number)
    assert shown["settlement"]["state"] == "failed"
    assert [leg["amount"] for leg in shown["legs"]] == [67_000, -35_000, -27_000, -5_000]
    assert shown["trail"][0] | {"at": ""} == {
        "organisation_id": None, "state": "proposed", "attempt": None, "paid": None,
        "done_by": "Lin", "reason": None, "at": "",
    }  # fmt: skip
    assert balances(db, world, "clearing") == {"A": -1, "D": -5_000}
    assert broken_laws(db) == {}


def test_the_same_is_said_to_people(db: Connection, world: World, database_url: str) -> None:
    window = str(window_of(db, world, EXAMPLE))
    propose = ("settlement", "propose", "--window", window, "--by", "Lin")
    line = (
        "settlement 1 through window 1 is proposed: 3 collections of 670.00, 1 payout of 670.00\n"
    )
    assert said(database_url, *propose) == line
    assert said(database_url, *propose) == line  # the same
    rejected = said(database_url, "settlement", "reject", "1", "--by", "Wu", "--reason", "wait")
    assert rejected.startswith("settlement 1 through window 1 is rejected")
    only_a = ("settlement", "propose", "--organisation", "A", "--date", "2026-05-04", "--by", "Lin")
    assert "1 collection of 270.00, 0 payouts" in said(database_url, *only_a)
    said(database_url, "settlement", "approve", "2", "--by", "Wu")
    assert "TB2-" in said(database_url, "settlement", "instruct", "2", "--by", "Wu")
    booked = said(database_url, "settlement", "book", "2", "A", "70", "--reference", "1")
    assert "is partly paid: the organisation pays 270.00, 70.00 of it so far" in booked
    rest = said(database_url, "settlement", "propose", "--cycle", "daily", "--by", "Lin")
    assert "2 collections of 400.00, 1 payout of 670.00; 1 skipped" in rest
    shown = said(database_url, "settlement", "show", "3")
    assert "an earlier leg is not finished" in shown
    assert "Lin" in shown
    listed = said(database_url, "settlement", "list", "--state", "partly_paid")
    assert "partly paid" in listed
    assert "rejected" not in listed
    explained = said(database_url, "settlement", "explain", "2", "A")
    for words in ("claim_owed", "claim_due", "-600.00", "-270.00", "together"):
        assert words in explained
    one = ("settlement", "explain", "2", "A", "--window", "1", "--kind", "claim_owed")
    assert "purchase" in said(database_url, *one, "--with", "C")


def test_a_leg_is_explained_as_data(db: Connection, world: World, database_url: str) -> None:
    window = str(window_of(db, world, EXAMPLE))
    said(database_url, "settlement", "propose", "--window", window, "--by", "Lin")
    found = answer(database_url, "settlement", "explain", "1", "A")
    (part,) = found["windows"]
    assert found["leg"]["amount"] == part["amount"] == -27_000
    assert sum(line["amount"] for line in part["lines"]) == -27_000
    one = ("settlement", "explain", "1", "A", "--window", "1", "--kind", "claim_due")
    found = answer(database_url, *one, "--with", "C")["operations"]
    assert [each["amount"] for each in found] == [20_000]
    assert call(database_url, *one[:-2]).exit_code == 2
    wrong = call(database_url, *one[:-1], "gift")
    assert getattr(wrong.exception, "code", "") == "choice-malformed"


def test_a_window_is_netted_flat_and_by_region(
    db: Connection, world: World, database_url: str
) -> None:
    window = str(window_of(db, world, EXAMPLE))
    flat = answer(database_url, "clearing", "net", window)["nets"]
    assert sorted(flat.values()) == [-35_000, -27_000, -5_000, 67_000]
    found = answer(database_url, "clearing", "net", window, "--regional")
    assert found["nets"] == flat
    assert found["netted"]["between"] == {"310000": 0}
    shown = said(database_url, "clearing", "net", window, "--regional")
    assert "上海市" in shown
    assert "0.00 move between 1 regions" in shown
    assert "670.00" in said(database_url, "clearing", "net", window)
    wrong = call(database_url, "clearing", "net", window, "--regional", "--level", "village")
    assert getattr(wrong.exception, "code", "") == "choice-malformed"


def test_what_is_due_today_is_proposed_when_nothing_special_is_asked_for(
    db: Connection, world: World, database_url: str
) -> None:
    assert "nothing is due" in said(database_url, "settlement", "propose", "--by", "Lin")


def test_what_makes_no_sense_is_refused(world: World, database_url: str) -> None:
    both = ("settlement", "propose", "--by", "Lin", "--cycle", "daily", "--organisation", "A")
    assert call(database_url, *both).exit_code == 2
    for arguments, code in (
        (("settlement", "show", "9"), "settlement-not-found"),
        (("settlement", "approve", "9", "--by", "Wu"), "settlement-not-found"),
        (("settlement", "list", "--state", "lost"), "choice-malformed"),
        (("settlement", "propose", "--by", "Lin", "--cycle", "hourly"), "no-window-closed"),
        (("settlement", "propose", "--by", "Lin", "--window", "1"), "window-open"),
        (("settlement", "book", "9", "A", "1.234", "--reference", "1"), "amount-malformed"),
        (("settlement", "book", "9", "A", "1.23", "--reference", "1"), "leg-not-found"),
        (("settlement", "explain", "9", "A"), "leg-not-found"),
        (("clearing", "net", "9"), "window-not-found"),
    ):
        result = call(database_url, *arguments)
        assert getattr(result.exception, "code", "") == code, arguments


def test_times_are_those_of_the_alliance(db: Connection, world: World, database_url: str) -> None:
    db.execute("UPDATE ledger.clearing_window SET opened_at = '2026-10-31 16:00+00'")
    assert "2026-11-01 00:00" in said(database_url, "clearing", "list")


def test_statements_are_written_in_all_formats_asked_for(
    db: Connection, world: World, database_url: str, tmp_path: Path
) -> None:
    window = window_of(db, world, EXAMPLE)
    formats = ("--format", "csv,json", "--format", "pdf")
    said(database_url, "statement", "write", "A", "--window", str(window), "--folder",
         str(tmp_path), *formats)  # fmt: skip
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".json", ".pdf"}
