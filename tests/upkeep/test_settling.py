"""A settlement day by the worker: what two people approve is paid, booked, stated and written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bank.desk import equip
from tests.clearing.desk import EXAMPLE, approve, propose, window_of
from tests.world import AT, World, broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.clearing import settlements
from tongbao.desk import exceptions
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.liability import estimates, periods
from tongbao.points.operations import Award
from tongbao.sandbox import bank
from tongbao.upkeep.jobs import JOBS
from tongbao.upkeep.run import run
from tongbao.upkeep.types import Facts

LATER = AT + timedelta(hours=1)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        bank_folder=tmp_path / "bank",
        statements_folder=tmp_path / "statements",
    )


@pytest.fixture
def world(db: Connection) -> World:
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    equip(db, world)
    return world


def do(name: str, settings: Settings, at: datetime = LATER) -> Facts:
    """Run a job of this name; it must go well."""
    (job,) = (job for job in JOBS if job.name == name)
    ran = run(job, settings, lambda: at)
    assert ran.outcome == "done", ran.error
    return ran.facts


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_what_two_people_have_approved_is_paid_and_booked(
    db: Connection, settings: Settings, world: World, tmp_path: Path
) -> None:
    made = propose(db, window_of(db, world, EXAMPLE))
    assert do("pay", settings) == {"instructed": [], "files": []}
    approve(db, made.id)
    files = ["TB1-P1-1.xml", "TB1-C1-1.xml"]
    assert do("pay", settings) == {"instructed": [1], "files": files}
    assert do("pay", settings) == {"instructed": [], "files": []}  # the bank may have them by now
    to_bank, from_bank = tmp_path / "bank" / "to-bank", tmp_path / "bank" / "from-bank"
    assert names(to_bank) == sorted(files)
    assert do("take", settings) == {"imported": [], "refused": []}
    bank.respond([to_bank / name for name in files], from_bank, seed=7, rejects=0)
    answers = names(from_bank)
    assert do("take", settings) == {"imported": answers, "refused": []}
    assert settlements.get(db, made.id).state == "settled"
    assert names(from_bank) == []
    assert names(from_bank / "done") == answers
    assert do("take", settings) == {"imported": [], "refused": []}
    for path in (from_bank / "done").iterdir():  # it was booked, and the move was broken off
        path.replace(from_bank / path.name)
    assert do("take", settings)["imported"] == answers
    assert broken_laws(db) == {}


def test_a_file_that_cannot_be_used_is_put_aside_and_the_others_are_booked(
    db: Connection, settings: Settings, world: World, tmp_path: Path
) -> None:
    made = propose(db, window_of(db, world, EXAMPLE))
    approve(db, made.id)
    do("pay", settings)
    to_bank, from_bank = tmp_path / "bank" / "to-bank", tmp_path / "bank" / "from-bank"
    bank.respond(sorted(to_bank.iterdir()), from_bank, seed=7, rejects=0)
    (from_bank / "A-bad.xml").write_text("<Document><un", "ascii")
    (from_bank / "readme.txt").write_text("not for us", "ascii")
    assert do("take", settings)["refused"] == ["A-bad.xml"]
    assert settlements.get(db, made.id).state == "settled"
    assert names(from_bank / "refused") == ["A-bad.xml"]
    assert names(from_bank) == ["readme.txt"]
    (item,) = exceptions.listed(db, "bank-file-refused", now=LATER)
    assert item.facts["file"] == "A-bad.xml" and item.facts["code"]


def test_without_folders_nothing_is_paid_taken_or_written(
    db: Connection, world: World, database_url: str, tmp_path: Path
) -> None:
    bare = Settings(database_url=database_url)
    made = propose(db, window_of(db, world, EXAMPLE))
    approve(db, made.id)
    assert do("pay", bare) == do("take", bare) == {}
    assert settlements.get(db, made.id).state == "approved"
    assert do("statements", bare) == {"windows": [1], "statements": 0}
    assert list(tmp_path.iterdir()) == []


def test_each_closed_window_is_summed_and_stated_once(
    db: Connection, settings: Settings, world: World, tmp_path: Path
) -> None:
    for tag in ("first", "second"):
        window_of(db, world, EXAMPLE, tag)
    assert do("statements", settings) == {"windows": [1, 2], "statements": 10}
    written = names(tmp_path / "statements")
    assert written == [
        f"statements-{n:06d}-{n:06d}.{kind}" for n in (1, 2) for kind in ("csv", "jsonl")
    ]
    assert do("statements", settings) == {"windows": [], "statements": 0}
    lost = tmp_path / "statements" / written[1]
    before = lost.read_bytes()
    lost.unlink()
    assert do("statements", settings) == {"windows": [], "statements": 5}
    assert lost.read_bytes() == before


def test_when_a_month_is_over_its_estimate_is_proposed_once(
    db: Connection, settings: Settings, world: World
) -> None:
    june = datetime(2026, 6, 3, tzinfo=UTC)
    assert do("liability", settings, june) == {"proposed": []}  # nobody has any points
    award = Award(
        key="1", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=900,
    )  # fmt: skip
    one(db, award)
    assert do("liability", settings, june) == {"proposed": ["2026-05"]}
    assert do("liability", settings, june) == {}
    (made,) = estimates.newest(db)
    assert (made.made_by, made.state) == ("worker", "proposed")
    (item,) = exceptions.listed(db, "period-to-close", now=june)
    assert item.facts["estimate"] == made.id
    with db.transaction():
        estimates.approve(db, made.id, by="Wu", at=june)
        periods.close(db, settings.time_zone, made.through, by="Wu", at=june)
    assert do("liability", settings, june) == {}
    assert exceptions.listed(db, "period-to-close", now=june) == []
