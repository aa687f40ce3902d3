"""Statements as files: of one or of everybody, whole or not at all, the same every time."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.statements.day import two_windows
from tests.world import World
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.statements import periods, tables, writing
from tongbao.statements.types import Statement, Totals


@pytest.fixture
def world(db: Connection) -> World:
    return two_windows(db)


def write(conn: Connection, folder: Path, *formats: str, **more: Any) -> Totals:
    with conn.transaction():
        return writing.write_all(conn, periods.of_windows(conn, 1, 2), folder, formats, **more)


def test_everybodys_are_a_file_of_each_format_and_a_pdf_each(
    db: Connection, world: World, tmp_path: Path
) -> None:
    totals = write(db, tmp_path / "new" / "folder", "json", "csv", "pdf")
    found = {path.name: path for path in (tmp_path / "new" / "folder").iterdir()}
    codes = ["operator", "A", "B", "P"]
    assert found.keys() == {
        "statements-000001-000002.jsonl",
        "statements-000001-000002.csv",
        *(f"{code}-000001-000002.pdf" for code in codes),
    }
    assert (totals.statements, totals.files) == (4, 6)
    assert totals.bytes == sum(path.stat().st_size for path in found.values())
    lines = found["statements-000001-000002.jsonl"].read_text("utf-8").splitlines()
    stated = [json.loads(line) for line in lines]
    assert [one["organisation"]["code"] for one in stated] == codes
    with found["statements-000001-000002.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for one in stated:
        for account in one["accounts"]:
            own = [
                int(row["amount"])
                for row in rows
                if (row["organisation"], row["section"])
                == (one["organisation"]["code"], account["account"])
            ]
            assert sum(own[:-1]) == own[-1] == account["closing"]


def test_one_organisations_are_a_file_of_each_format(
    db: Connection, world: World, tmp_path: Path
) -> None:
    whose = world.organisations["B"]
    totals = write(db, tmp_path, "json", "csv", "pdf", language="en", organisation_id=whose)
    assert (totals.statements, totals.files) == (1, 3)
    names = [f"B-000001-000002.{suffix}" for suffix in ("csv", "json", "pdf")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_the_same_statements_are_the_same_bytes(
    db: Connection, world: World, tmp_path: Path
) -> None:
    for folder in ("one", "other"):
        write(db, tmp_path / folder, "json", "csv", "pdf")
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "other")
    )
    assert one == other


@pytest.mark.parametrize(
    ("formats", "more", "code"),
    [
        (("xlsx",), {}, "choice-malformed"),
        (("pdf",), {"language": "fr"}, "choice-malformed"),
        (("pdf",), {"organisation_id": 99}, "organisation-not-found"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    db: Connection,
    world: World,
    tmp_path: Path,
    formats: tuple[str, ...],
    more: dict[str, Any],
    code: str,
) -> None:
    with pytest.raises(Refusal) as refused:
        write(db, tmp_path / "folder", *formats, **more)
    assert refused.value.code == code
    assert not (tmp_path / "folder").exists()


def test_a_folder_that_is_a_file_is_refused(db: Connection, world: World, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder", "ascii")
    with pytest.raises(writing.FolderUnwritable):
        write(db, tmp_path / "taken", "csv")


def test_what_breaks_off_leaves_no_file_that_looks_whole(
    db: Connection, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tables.rows

    def fail(stated: Statement) -> str:
        if stated.organisation.code == "B":
            raise MemoryError
        return whole(stated)

    monkeypatch.setattr(tables, "rows", fail)
    with pytest.raises(MemoryError):
        write(db, tmp_path, "json", "csv", "pdf")
    assert {path.suffix for path in tmp_path.iterdir()} <= {".pdf"}
    monkeypatch.undo()
    assert write(db, tmp_path, "json", "csv", "pdf").files == 6
