"""``tongbao reconcile`` and ``tongbao dispute``: from a till's file to money that goes back."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.reconcile.shop import Shop
from tests.world import broken_laws
from tongbao.cli import app
from tongbao.kernel.db import Connection


def call(url: str, *arguments: str) -> Result:
    environ = {"TONGBAO_DATABASE_URL": url, "COLUMNS": "200"}
    return CliRunner().invoke(app, arguments, env=environ)


def said(url: str, *arguments: str) -> str:
    result = call(url, *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def answer(url: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(url, *arguments, "--json"))
    return found


def code(url: str, *arguments: str) -> object:
    return getattr(call(url, *arguments).exception, "code", None)


@pytest.fixture
def shop(db: Connection, tmp_path: Path) -> Shop:
    return Shop(db, tmp_path)


def till(path: Path, *more: str) -> tuple[str, ...]:
    whose = ("--organisation", "B", "--day", "2026-05-01", "--by", "Chen Jing")
    return ("reconcile", "till", str(path), *whose, *more)


def test_a_tills_day_is_balanced_or_says_what_to_do(shop: Shop, database_url: str) -> None:
    url = database_url
    shop.buy("R1")
    shop.buy("R2", points=300)
    good = shop.write("R1,B,sale,10.00,5.00", "R2,B,sale,10.00,3.00")
    assert "2 lines, balanced" in said(url, *till(good))
    assert "compared before" in said(url, *till(good))
    wrong = shop.write("R1,B,sale,10.00,5.00", "R2,B,sale,10.00,4.00", "R9,B,sale,1.00,1.00")
    found = answer(url, *till(wrong))
    assert found["reconciliation"]["differences"] == 2
    codes = {d["label"]: d["code"] for d in found["differences"]}
    assert codes == {"R2": "more-at-till", "R9": "missing-here"}
    assert all(d["action"] and d["advice"] for d in found["differences"])
    number = str(found["reconciliation"]["id"])
    shown = said(url, "reconcile", "show", number)
    assert "2 differences" in shown
    assert found["differences"][0]["advice"] in shown
    listed = said(url, "reconcile", "list", "--organisation", "B", "--day", "2026-05-01")
    assert "balanced" in listed
    assert len(answer(url, "reconcile", "list")["reconciliations"]) == 2


def test_totals_in_the_words_of_8583_are_compared_too(shop: Shop, database_url: str) -> None:
    shop.buy("R1")
    path = shop.write("1,5.00", header="DE76,DE88")
    assert "balanced" in said(database_url, *till(path))
    wrong = answer(database_url, *till(shop.write("1,5.01", header="DE76,DE88")))
    (one,) = wrong["differences"]
    assert (one["till_points"], one["here_points"]) == (501, 500)


def test_columns_and_delimiters_are_told(shop: Shop, database_url: str) -> None:
    shop.buy("R1")
    path = shop.write("R1;B;1000;500", header="小票;outlet;sum;points")
    how = ("--column", "receipt=小票", "--column", "amount=sum", "--delimiter", ";")
    assert "balanced" in said(database_url, *till(path, *how, "--amounts", "fen"))
    assert code(database_url, *till(path, "--column", "receipt")) == "till-value-malformed"


def test_a_dispute_ends_by_two_people_and_an_entry(
    db: Connection, shop: Shop, database_url: str
) -> None:
    url = database_url
    sale = shop.buy("R1", at=datetime.now(UTC))  # what is too old is disputed no more
    made = answer(
        url, "dispute", "open", "--organisation", "A", "--against", "B", "--amount", "5.00",
        "--reason", "she was not there", "--evidence", "camera 3", "--operation",
        str(sale.operation), "--by", "Xu Ping",
    )  # fmt: skip
    number = str(made["id"])
    assert "open" in said(url, "dispute", "list", "--organisation", "A")
    text = said(
        url, "dispute", "answer", number, "--organisation", "B", "--contest", "--text", "she was",
        "--by", "Ma Lin",
    )  # fmt: skip
    assert text == f"dispute {number} is contested\n"
    propose = ("dispute", "propose", number, "--by", "Lin Wei", "--reason", "half is fair")
    assert call(url, *propose).exit_code == 2
    assert "waits for another person" in said(url, *propose, "--uphold", "2.50")
    decide = ("dispute", "decide", number, "--approve", "--reason", "agreed", "--by")
    assert code(url, *decide, "Lin Wei") == "same-person"
    done = said(url, *decide, "Zhao Min")
    assert "2.50 by operation" in done
    shown = said(url, "dispute", "show", number)
    for words in ("she was not there", "camera 3", "she was", "half is fair", "2.50"):
        assert words in shown
    assert answer(url, "dispute", "list")["disputes"] == []
    (listed,) = answer(url, "dispute", "list", "--all")["disputes"]
    assert (listed["state"], listed["upheld"]) == ("upheld", 250)
    assert broken_laws(db) == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("reconcile", "show", "9"), "reconciliation-not-found"),
        (("dispute", "show", "9"), "dispute-not-found"),
        (
            (
                "dispute",
                "answer",
                "9",
                "--organisation",
                "B",
                "--accept",
                "--text",
                "x",
                "--by",
                "Y",
            ),
            "dispute-not-found",
        ),
    ],
)
def test_what_is_not_there_is_refused(
    shop: Shop, database_url: str, arguments: tuple[str, ...], expected: str
) -> None:
    assert getattr(call(database_url, *arguments).exception, "code", None) == expected


def test_a_file_that_is_none_is_refused(shop: Shop, database_url: str, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv"):
        assert code(database_url, *till(path)) == "file-unreadable"
