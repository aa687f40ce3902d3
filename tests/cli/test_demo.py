"""``tongbao demo`` and ``simulate``: the same every time, lawful, and away from real data."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner, Result

from tests.bank.schemas import check_valid
from tongbao.cli import app

_numbers = count(1)
MEMBERS = "300"
README = Path(__file__).parents[2] / "README.md"
TOUR = README.parent / "docs" / "tour.md"


@pytest.fixture
def sandbox(database_url: str) -> Iterator[str]:
    """Give a name for a sandbox, and drop what was made under it."""
    name = f"{conninfo_to_dict(database_url)['dbname']}_s{next(_numbers)}"
    yield name
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def call(url: str, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(
        app, arguments, env={"TONGBAO_DATABASE_URL": url, **variables}, catch_exceptions=False
    )


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    """Take out what a clock has measured."""
    for name in ("seconds", "operations_per_second"):
        answer.pop(name, None)
    for result in answer.get("laws", {}).get("results", []):
        del result["milliseconds"]
    return answer


def pages_of_the_tour() -> list[tuple[list[str], str]]:
    """Give the outputs that the tour explains, each with the command before it."""
    found = re.findall(r"```sh\n([^`]*?)```\n+```text\n([^`]*?)```", TOUR.read_text("utf-8"))
    return [(commands.splitlines()[-1].split()[2:], output) for commands, output in found]


def plain(text: str) -> list[str]:
    """Give the lines without what changes when operations are batched in another way."""
    numbers = re.compile(
        r"[0-9a-f]{64}|(?<=place )[0-9]+|(?<=batch )[0-9]+|(?<=sealed as )[0-9]+|[0-9]{6,}"
    )
    return [re.sub(" +", " ", numbers.sub("#", line)).strip() for line in text.splitlines()]


def test_a_small_demo_ends_with_a_settled_day(
    database_url: str, sandbox: str, tmp_path: Path
) -> None:
    folder = ("--folder", str(tmp_path / "demo"))
    arguments = ("demo", "--members", "100", "--database", sandbox, *folder)
    ended = call(database_url, *arguments, "--json")
    assert ended.exit_code == 0
    answer = json.loads(ended.stdout)
    assert answer["laws"]["holds"]
    settled = answer["settled"]
    assert settled["settlement"]["state"] == "settled"
    assert [one["what"] for one in settled["imported"]["counts"]] == ["matched by end_to_end"]
    assert Path(settled["paper"]).read_bytes().startswith(b"%PDF")
    with psycopg.connect(database_url, dbname=sandbox) as conn:
        states = conn.execute("SELECT a.state FROM joining.application AS a ORDER BY a.id")
        assert [state for (state,) in states] == [
            "accepted", "refused", "asked", "submitted", "submitted",
        ]  # fmt: skip
        (lived_in,) = conn.execute(
            "SELECT (SELECT count(*) FROM access.api_key),"
            " (SELECT count(*) FROM webhooks.endpoint),"
            " (SELECT count(*) FROM reconcile.dispute), (SELECT count(*) FROM till.allowance),"
            " (SELECT string_agg(d.code, ' ' ORDER BY d.code) FROM reconcile.difference AS d)"
        ).fetchall()
        assert lived_in[:4] == (3, 1, 2, 1)
        assert "missing-here" in lived_in[4].split()
    paths = [Path(one["path"]) for one in settled["written"]] + [Path(settled["answer"])]
    assert [check_valid(path) for path in paths] == [
        "pain.001.001.09", "pain.008.001.02", "camt.053.001.08",
    ]  # fmt: skip


def test_the_demo_ends_by_serving_its_pages(
    database_url: str, sandbox: str, tmp_path: Path
) -> None:
    options = ("--members", "100", "--database", sandbox, "--folder", str(tmp_path / "demo"))
    command = (sys.executable, "-m", "tongbao", "demo", "--serve", "--port", "0", *options)
    environ = {**os.environ, "TONGBAO_DATABASE_URL": database_url, "TONGBAO_LOG_LEVEL": "warning"}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.split())
            if "/v1/docs" in line:
                break
        where = {words[0]: words[-1] for words in said[-4:]}
        with urllib.request.urlopen(where["members"], timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert ["admin", "admin"] in said
    assert ["cashiers", where["members"].replace("/m", "/till")] in said


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_is_the_same_every_time_and_shows_everything(
    database_url: str, sandbox: str, tmp_path: Path
) -> None:
    folder = ("--folder", str(tmp_path / "demo"))
    arguments = ("demo", "--members", MEMBERS, "--database", sandbox, *folder)
    first = call(database_url, *arguments, "--json")
    assert first.exit_code == 0
    answer = json.loads(first.stdout)
    assert answer["laws"]["holds"]
    for kind in (
        "award", "purchase", "hold", "capture", "void", "expire_hold", "advice", "refund",
        "reversal", "gift", "propose_adjustment", "decide_adjustment", "expire_lots",
        "release_pending", "merge", "close",
    ):  # fmt: skip
        assert answer["posted"][kind] > 0, kind
    for code in (
        "issuer-stopped", "reversed", "member-merged", "two-people-needed",
        "member-has-points", "insufficient-points",
    ):  # fmt: skip
        assert answer["refused"][code] > 0, code
    assert answer["withheld"]["issuer-stopped"] > 0
    assert answer["exceptions"] == 1
    assert [lot["issuer"] for lot in answer["explanation"]["lots"]] == [
        "dongjiang", "xinglan", "yunqili", "jinheng",
    ]  # fmt: skip
    assert sum(net["clearing"] for net in answer["closed"]["nets"]) != 0
    again = json.loads(call(database_url, *arguments, "--json").stdout)
    assert untimed(again) == untimed(answer)

    shown = call(database_url, "show", "operation", str(answer["explanation"]["id"]),
                 TONGBAO_DATABASE=sandbox)  # fmt: skip
    assert "story-coat of jinheng" in shown.stdout
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM alliance.organisation").fetchone() == (0,)


@pytest.mark.slow
def test_the_demo_prints_a_picture_of_a_hundred_columns(
    database_url: str, sandbox: str, tmp_path: Path
) -> None:
    from rich.cells import cell_len

    folder = ("--folder", str(tmp_path / "demo"))
    ended = call(database_url, "demo", "--database", sandbox, *folder)
    assert ended.exit_code == 0
    lines = ended.stdout.replace(str(tmp_path), "").splitlines()
    assert [line for line in lines if cell_len(line.rstrip()) > 100] == []
    for heading in (
        "What was answered",
        "Who issued, who redeemed",
        "Claims of the month",
        "Net positions of window 30",
        "Lots, in the order in which they are spent",
        "Transfers",
        "The laws, verified",
        "headroom-exceeded     refused",
        "headroom-exceeded     reward withheld",
    ):
        assert any(heading in line for line in lines), heading
    told = pages_of_the_tour()
    assert [words[0] for words, _ in told] == ["show", "settlement", "settlement"]
    for words, page in told:
        said = plain(call(database_url, *words, TONGBAO_DATABASE=sandbox).stdout)
        assert [line for line in plain(page) if line not in said] == []
    pages = re.findall(r"```text\n([^`]*?)```", README.read_text("utf-8"))
    shown = [page for page in pages if "WAL bytes" not in page]  # that one is a bench's
    assert len(shown) == 3
    said = plain(ended.stdout)
    assert [line for page in shown for line in plain(page) if line not in said] == []
    assert f"TONGBAO_DATABASE={sandbox} tongbao show member" in ended.stdout
    assert "BROKEN" not in ended.stdout


def test_a_simulation_is_the_same_every_time(database_url: str, sandbox: str) -> None:
    arguments = (
        "simulate", "--organisations", "12", "--members", "80", "--operations", "1500",
        "--seed", "5", "--days", "3", "--batch", "200", "--hot-share", "0.3",
        "--database", sandbox, "--json",
    )  # fmt: skip
    first, again = (json.loads(call(database_url, *arguments).stdout) for _ in range(2))
    assert first["holds"]
    assert sum(first["posted"].values()) + sum(first["refused"].values()) == 1_500
    assert first["sizes"]["members"] == 80
    assert first["operations_per_second"] > 0
    assert untimed(first) == untimed(again)


def test_a_simulation_prints_what_it_did(database_url: str, sandbox: str) -> None:
    ended = call(
        database_url, "simulate", "--organisations", "3", "--members", "20", "--operations", "60",
        "--database", sandbox,
    )  # fmt: skip
    assert ended.exit_code == 0
    assert ended.stdout.startswith("60 operations in ")
    assert "all hold" in ended.stdout


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_a_database_that_is_no_sandbox_is_left_alone(command: str, database_url: str) -> None:
    from tongbao.sandbox.database import SandboxNameTaken

    name = str(conninfo_to_dict(database_url)["dbname"])
    with pytest.raises(SandboxNameTaken):
        call(database_url, command, "--database", name)
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM ledger.clearing_window").fetchone() == (1,)
