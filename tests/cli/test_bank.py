"""``tongbao bank`` and ``tongbao sandbox bank``: from accounts to money booked, by command."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from tests.clearing.desk import EXAMPLE, approve, propose, window_of
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
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


def account(url: str, name: str, number: int, *more: str) -> None:
    """Give an organisation an account, by two people and two commands."""
    made = answer(
        url, "bank", "accounts", "propose", name, "--number", f"6222{number:012d}", "--name",
        f"{name} 有限公司", "--cnaps", "103100000026", "--since", "2026-01-01", "--by", "Lin",
        *more,
    )  # fmt: skip
    same = ("bank", "accounts", "approve", str(made["id"]), "--by", "Lin")
    assert code(url, *same) == "same-person"
    answer(url, *same[:-1], "Wu")


@pytest.fixture
def world(db: Connection, database_url: str) -> World:
    """Make the worked example, approved and instructed; D has no account yet."""
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    account(database_url, "operator", 1)
    for n, name in enumerate("ABC", start=2):
        account(database_url, name, n, "--mandate", f"M-{name}", "--signed-on", "2026-01-01")
    made = propose(db, window_of(db, world, EXAMPLE))
    approve(db, made.id)
    answer(database_url, "settlement", "instruct", str(made.id), "--by", "Lin")
    return world


def test_a_settlement_goes_to_the_bank_and_comes_back_by_command(
    db: Connection, world: World, database_url: str, tmp_path: Path
) -> None:
    url, to, back = database_url, str(tmp_path / "to"), str(tmp_path / "back")
    first = answer(url, "bank", "files", "write", "1", "--to", to)
    assert [file["file"]["count"] for file in first["files"]] == [1, 2]
    assert first["left_out"] == [world.organisations["D"]]
    before = {path.name: path.read_bytes() for path in Path(to).iterdir()}
    text = said(url, "bank", "files", "write", "1", "--to", to)
    assert "as before" in text and "left out are 1 legs" in text
    assert {path.name: path.read_bytes() for path in Path(to).iterdir()} == before

    account(url, "D", 9, "--mandate", "M-D", "--signed-on", "2026-01-01")
    rest = answer(url, "bank", "files", "write", "1", "--to", to)
    assert [file["same"] for file in rest["files"]] == [True, True, False]
    files = [file["path"] for file in rest["files"]]
    made = answer(url, "sandbox", "bank", *files, "--to", back, "--rejects", "0")
    assert (made["taken"], made["rejected"]) == (4, 0)

    answers = sorted(str(path) for path in Path(back).iterdir())
    done = answer(url, "bank", "import", *answers)["reports"]
    assert not any(one["replayed"] for one in done)
    again = answer(url, "bank", "import", *answers)["reports"]
    assert all(one["replayed"] for one in again)
    assert "imported before" in said(url, "bank", "import", answers[0])
    assert answer(url, "settlement", "show", "1")["settlement"]["state"] == "settled"
    assert "matched" in said(url, "bank", "lines")
    assert len(answer(url, "bank", "lines", "--state", "matched")["lines"]) == 4
    states = answer(url, "bank", "files", "show", "1")["files"]
    assert [[*file["payments"]] for file in states] == [["paid"]] * 3
    assert "paid" in said(url, "bank", "files", "show", "1")
    assert answer(url, "bank", "missing", "--day", "2031-05-09")["missing"] == 0
    assert broken_laws(db) == {}


def test_what_the_bank_does_not_report_is_missing(
    world: World, database_url: str, tmp_path: Path
) -> None:
    url = database_url
    assert answer(url, "bank", "missing", "--day", "2031-05-09")["missing"] == 0  # none is written
    answer(url, "bank", "files", "write", "1", "--to", str(tmp_path))
    assert answer(url, "bank", "missing", "--day", "2026-05-01")["missing"] == 0  # not due yet
    text = said(url, "bank", "missing", "--day", "2031-05-09")
    assert text.startswith("3 payments are missing")
    assert len(answer(url, "exceptions", "list", "--kind", "bank-missing")["items"]) == 3


def test_a_line_that_nobody_recognises_is_matched_or_sent_back_by_a_person(
    db: Connection, world: World, database_url: str, tmp_path: Path
) -> None:
    url, to, back = database_url, str(tmp_path / "to"), tmp_path / "back"
    written = answer(url, "bank", "files", "write", "1", "--to", to)["files"]
    files = [file["path"] for file in written]
    answer(url, "sandbox", "bank", *files, "--to", str(back), "--rejects", "0")
    (statement,) = back.glob("*camt.053.xml")
    tree = etree.parse(statement)
    for node in tree.iter("{*}EndToEndId"):  # as if the bank had forgotten all ids
        node.text = "NOTPROVIDED"
    for node in tree.iterfind(".//{*}RltdPties//{*}Othr/{*}Id"):
        node.text = "999"
    tree.write(statement, xml_declaration=True, encoding="UTF-8")
    answer(url, "bank", "import", str(statement))
    open_lines = answer(url, "bank", "lines", "--state", "open")["lines"]
    assert open_lines
    payout = next(line for line in open_lines if not line["incoming"])
    leg = f"TB1-{world.organisations['C']}-1"
    matched = answer(url, "bank", "match", payout["id"], leg, "--by", "Wu")
    assert (matched["state"], matched["amount"]) == ("matched", 67_000)
    other = next(line for line in open_lines if line["incoming"])
    sent = said(url, "bank", "return", other["id"], "--by", "Wu", "--reason", "not ours")
    assert "goes back" in sent
    again = ("bank", "match", payout["id"], leg, "--by", "Wu")
    assert code(url, *again) is not None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("bank", "files", "write", "9", "--to", "x"), "settlement-not-found"),
        (("bank", "files", "write", "1", "--to", "x", "--writer", "fax"), "bank-writer-not-found"),
        (("bank", "import", "/no/such/file.xml"), "bank-file-unreadable"),
        (("bank", "match", "nonsense", "TB1-1-1", "--by", "Wu"), "bank-line-not-found"),
        (("bank", "missing", "--day", "tomorrow"), "bank-account-malformed"),
    ],
)
def test_what_makes_no_sense_is_refused(
    database_url: str, arguments: tuple[str, ...], expected: str
) -> None:
    assert code(database_url, *arguments) == expected
