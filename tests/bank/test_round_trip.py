"""From a settlement over payment files and a bank to money that is booked."""

from pathlib import Path

import pytest

from tests.bank.desk import answer, equip, items, settle, take, took, write
from tests.clearing.desk import EXAMPLE, balances
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.clearing import settlements
from tongbao.kernel.db import Connection


@pytest.fixture
def world(db: Connection) -> World:
    made = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    equip(db, made)
    return made


def test_what_the_bank_pays_is_booked(db: Connection, world: World, tmp_path: Path) -> None:
    made = settle(db, world, EXAMPLE)
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
