"""``tongbao liability`` and ``tongbao gl``: from points given to books closed, by command."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.liability.books import award, noon, on, spend
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.cli import app
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.liability import months

CURVE = (3_000, 2_000, 1_000, 500, 0, 0, 0)


@pytest.fixture
def world(db: Connection) -> World:
    """Let A give 100 points a month for half a year, spent at B by the same curve."""
    made = build(db, {"A": Terms(earn_rate=0), "B": Terms(earn_rate=0)})
    for n in range(7):
        month = months.add(date(2025, 1, 1), n)
        at = noon(month.year, month.month)
        on(db, at, award(made, "A", f"a{n}", 10_000, amount=90_000))
        parts = [CURVE[age] for age in range(n + 1) if CURVE[age]]
        on(db, at.replace(day=16), *(spend(made, "B", f"s{n}.{i}", p) for i, p in enumerate(parts)))
    return made


def call(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, arguments, env={"TONGBAO_DATABASE_URL": url}, catch_exceptions=False
    )


def text(url: str, *arguments: str) -> str:
    done = call(url, *arguments)
    assert done.exit_code == 0, done.output
    return done.output


def told(url: str, *arguments: str) -> Any:
    return json.loads(text(url, *arguments, "--json"))


def test_what_is_owed_is_shown_and_equals_the_ledger(
    db: Connection, world: World, database_url: str
) -> None:
    shown = text(database_url, "liability", "show")
    assert "equal to the ledger, to the fen" in shown and "700.00" in shown
    said = told(database_url, "liability", "show", "A")
    assert said["equal"] is True
    assert said["issuers"][0]["outstanding"] == said["sums"]["outstanding"] == 30_000
    then = told(database_url, "liability", "show", "--on", "2025-01-15")
    assert (then["equal"], then["sums"]["outstanding"]) == (None, 10_000)
    assert told(database_url, "liability", "show", "--position", "0")["issuers"] == []
    found = told(database_url, "liability", "cohorts", "A")["cohorts"]
    assert [one["cohort"] for one in found[:2]] == ["2025-01-01", "2025-02-01"]
    assert sum(one["outstanding"] for one in found) == 30_000
    assert "2025-07" in text(database_url, "liability", "cohorts", "--limit", "9")
    assert broken_laws(db) == {}


def test_breakage_and_its_backtest_are_printed(
    db: Connection, world: World, database_url: str
) -> None:
    said = told(database_url, "liability", "breakage", "--through", "2025-07")
    assert said["through"] == "2025-07" and len(said["cohorts"]) == 7
    whole = said["cohorts"]
    own = told(database_url, "liability", "breakage", "A", "--through", "2025-07")["cohorts"]
    assert [one["expected"]["ultimate"] for one in whole] == [
        one["expected"]["ultimate"] for one in own
    ]
    shown = text(database_url, "liability", "breakage", "--through", "2025-07")
    assert "will be redeemed" in shown and "all" in shown
    scores = told(database_url, "liability", "breakage", "--backtest", "--through", "2025-07")
    assert {one["way"] for one in scores["scores"]} == {"estimate", "usual", "same"}
    assert "MAPE" in text(
        database_url, "liability", "breakage", "--backtest", "--through", "2025-07"
    )
    short = text(database_url, "liability", "breakage", "--backtest", "--through", "2025-01")
    assert "history is too short" in short


def test_an_estimate_is_proposed_approved_closed_on_and_reported(
    db: Connection, world: World, database_url: str
) -> None:
    assert told(database_url, "liability", "revenue") == {"periods": []}
    by = ("--by", "Li", "--reason", "monthly")
    made = told(
        database_url, "liability", "estimate", "propose", *by, "--through", "2025-07",
        "--organisation", "A", "--rate", "80%",
    )  # fmt: skip
    number = str(made["id"])
    assert (made["state"], made["method"]) == ("proposed", "judgement")
    with pytest.raises(Refusal) as refused:
        call(database_url, "liability", "estimate", "approve", number, "--by", "Li")
    assert refused.value.code == "same-person"
    done = text(database_url, "liability", "estimate", "approve", number, "--by", "Wu")
    assert "is approved" in done
    assert "survey" not in text(database_url, "liability", "estimate", "list")
    assert "judgement" in text(database_url, "liability", "estimate", "show", number)
    closed = told(database_url, "liability", "close", "2025-07", "--by", "Zhang")
    assert (closed["cohorts"], closed["replayed"]) == (7, False)
    assert closed["allocated"] - closed["recognised"] == closed["deferred"] > 0
    again = text(database_url, "liability", "close", "2025-07", "--by", "Sun")
    assert "was closed before" in again
    said = told(database_url, "liability", "revenue", "A")
    (moved,) = said["issuers"]
    assert (moved["revenue"], moved["closing"]) == (closed["revenue"], closed["deferred"])
    assert sum(row["revenue"] for row in said["cohorts"]) == closed["revenue"]
    assert "of this period" in text(database_url, "liability", "revenue", "A")
    assert "Zhang" in text(database_url, "liability", "revenue", "--list")
    ladder = told(database_url, "liability", "estimate", "propose", *by, "--through", "2025-07")
    gone = text(
        database_url, "liability", "estimate", "reject", str(ladder["id"]), "--by", "Wu",
        "--reason", "not now",
    )  # fmt: skip
    assert "is rejected" in gone and ladder["method"] == "chain-ladder"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rate", "80"),
        ("--organisation", "A"),
        ("--cohort", "2025-01"),
    ],
)
def test_a_judgement_needs_its_organisation_and_its_rate(
    db: Connection, world: World, database_url: str, arguments: tuple[str, ...]
) -> None:
    done = call(
        database_url, "liability", "estimate", "propose", "--by", "Li", "--reason", "x", *arguments
    )
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("liability", "show", "nobody"), "organisation-not-found"),
        (("liability", "show", "--on", "yesterday"), "book-day-malformed"),
        (("liability", "close", "May", "--by", "Li"), "month-malformed"),
        (("liability", "close", "2099-05", "--by", "Li"), "period-not-over"),
        (("liability", "revenue", "--period", "2025-05"), "period-not-closed"),
        (("liability", "estimate", "show", "7"), "estimate-not-found"),
        (("gl", "export", "--from", "2025-02-31"), "book-day-malformed"),
        (("gl", "export", "--from", "2025-02-02", "--to", "2025-02-01"), "days-malformed"),
        (("gl", "export", "--to-file", "no/such/folder.csv"), "file-unwritable"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_code(
    db: Connection, world: World, database_url: str, arguments: tuple[str, ...], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        call(database_url, *arguments)
    assert refused.value.code == code


def test_books_are_written_to_a_file_and_bean_check_accepts_them(
    db: Connection, world: World, database_url: str, tmp_path: Path
) -> None:
    check = Path(sys.executable).with_name("bean-check")
    for whose in ((), ("--organisation", "A")):
        path = tmp_path / "books.beancount"
        said = told(
            database_url, "gl", "export", "--format", "beancount", "--to-file", str(path), *whose
        )
        assert said["entries"] > 0 and said["file"] == str(path)
        done = subprocess.run([check, path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert list(tmp_path.iterdir()) == [path]
        again = tmp_path / "again"
        position = str(said["position"])
        text(
            database_url, "gl", "export", "--format", "beancount", "--to-file", str(again),
            "--position", position, *whose,
        )  # fmt: skip
        assert again.read_bytes() == path.read_bytes()
        again.unlink()
    assert "entries" in text(database_url, "gl", "export", "--to-file", str(tmp_path / "x.csv"))
    printed = text(database_url, "gl", "export", "--from", "2025-02-01", "--to", "2025-02-28")
    assert printed.startswith("date,position,operations,account,debit,credit,currency")
    assert call(database_url, "gl", "export", "--json").exit_code == 2
