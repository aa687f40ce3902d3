"""From a settlement over payment files and a bank to money that is booked."""

from pathlib import Path

import pytest

from tests.bank.desk import answer, items, settle, take, took, write
from tests.bank.schemas import check_valid
from tests.clearing.desk import balances
from tests.world import AT, World, broken_laws
from tongbao.clearing import legs, settlements
from tongbao.clearing.types import Settlement
from tongbao.kernel.db import Connection


def test_what_the_bank_pays_is_booked(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    paths = write(db, made.id, tmp_path / "out")
    assert [path.name for path in paths] == [f"TB{made.id}-P1-1.xml", f"TB{made.id}-C1-1.xml"]
    answered = answer(paths, tmp_path / "in")
    found = {path.name: took(take(db, path)) for path in answered.files}
    assert found == {
        f"TB{made.id}-P1-1-pain.002.xml": {"ACSC": 1, "ACSC of a file": 1},
        f"TB{made.id}-P1-1-camt.054.xml": {"matched by end_to_end": 1},
        f"TB{made.id}-C1-1-pain.002.xml": {"ACSC": 3, "ACSC of a file": 1},
        f"TB{made.id}-C1-1-camt.054.xml": {"matched by end_to_end": 3},
        "SB-20260501-1-camt.053.xml": {"known": 4},
    }
    assert settlements.get(db, made.id).state == "settled"
    assert balances(db, world, "bank") == {"A": -27_000, "B": -35_000, "C": 67_000, "D": -5_000}
    assert balances(db, world, "clearing") == {}
    assert items(db) == []
    assert broken_laws(db) == {}


def test_the_statement_alone_is_enough(db: Connection, made: Settlement, tmp_path: Path) -> None:
    answered = answer(write(db, made.id, tmp_path), tmp_path)
    assert took(take(db, answered.files[-1])) == {"matched by end_to_end": 4}
    assert took(take(db, answered.files[1])) == {"known": 1}
    assert settlements.get(db, made.id).state == "settled"
    assert items(db) == []


def test_what_is_written_and_what_the_simulated_bank_answers_is_valid(
    db: Connection, made: Settlement, tmp_path: Path
) -> None:
    paths = write(db, made.id, tmp_path / "out")
    answered = answer(paths, tmp_path / "in", rejects=500_000, opening=-700)
    assert answered.taken
    assert answered.rejected
    assert {check_valid(path) for path in [*paths, *answered.files]} == {
        "pain.001.001.09",
        "pain.008.001.02",
        "pain.002.001.10",
        "camt.054.001.08",
        "camt.053.001.08",
    }


@pytest.mark.parametrize("rejects", [300_000, 1_000_000])
def test_what_is_rejected_is_instructed_again_in_another_file(
    db: Connection, world: World, made: Settlement, tmp_path: Path, rejects: int
) -> None:
    first = write(db, made.id, tmp_path / "1")
    answered = answer(first, tmp_path / "1" / "in", rejects=rejects)
    assert answered.rejected
    for path in answered.files:
        take(db, path)
    refused = [leg for leg in settlements.legs(db, made.id) if leg.state == "rejected"]
    assert len(refused) == answered.rejected
    for leg in refused:
        with db.transaction():
            legs.reinstruct_leg(db, made.id, leg.organisation_id, at=AT, by="Lin")
    second = [p for p in write(db, made.id, tmp_path / "2") if "2-1" in p.name]
    again = answer(second, tmp_path / "2" / "in", opening=answered.closing, sequence=2)
    for path in again.files:
        take(db, path)
    assert settlements.get(db, made.id).state == "settled"
    assert balances(db, world, "clearing") == {}
    assert items(db) == []
    assert broken_laws(db) == {}


def test_a_second_settlement_follows_the_first(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    for path in answer(write(db, made.id, tmp_path), tmp_path).files:
        take(db, path)
    later = settle(db, world, {"AB": 123, "CD": 45}, "later")
    paths = write(db, later.id, tmp_path)
    for path in answer(paths, tmp_path, sequence=2).files:
        take(db, path)
    assert settlements.get(db, later.id).state == "settled"
    assert items(db) == []
    assert broken_laws(db) == {}
