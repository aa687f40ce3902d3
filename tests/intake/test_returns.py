"""A return comes off the sale that it names, or off the latest one that it can be the return of."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.intake.files import rejects, take, write
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.intake.tally import Summary
from tongbao.kernel.db import Connection

HEADER = ("outlet", "member", "receipt", "amount", "time", "item", "return_of")
CARD, OTHER = "CARD000000", "CARD000001"


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(earn_rate=100_000), "B": Terms()})


def row(
    receipt: str, amount: str, item: str = "", of: str = "", *, day: int = 1, card: str = CARD,
    outlet: str = "A",
) -> list[str]:  # fmt: skip
    return [outlet, card, receipt, amount, f"2026-04-{day:02d}T12:00:00+08:00", item, of]


def imported(
    db: Connection, folder: Path, rows: Sequence[Sequence[str]]
) -> tuple[Summary, list[tuple[int, str]], list[str]]:
    """Import rows; give summary, rejects, and the references of the sales that were reduced."""
    path = write(folder / "sales.csv", rows, HEADER)
    summary = take(db, path, lines=True)
    reduced = db.execute(
        "SELECT s.data->>'reference' FROM ledger.operation AS r"
        " JOIN ledger.operation AS s ON s.id = r.original_id WHERE r.kind = 'refund' ORDER BY r.id"
    )
    assert broken_laws(db) == {}
    return summary, rejects(path), [reference for (reference,) in reduced]


def test_it_comes_off_the_latest_sale_of_the_item(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [
        row("1", "100", "tea"), row("2", "100", "tea", day=2), row("3", "100", "cup", day=3),
        row("4", "-60", "tea", day=4), row("5", "-60", "tea", day=5), row("6", "-60", "tea", day=6),
        row("7", "100", "tea", day=7),
    ]  # fmt: skip
    summary, refused, reduced = imported(db, tmp_path, rows)
    assert reduced == ["2", "1"]
    assert refused == [(7, "return-without-sale")]
    assert (summary.clawbacks.count, summary.clawbacks.amount) == (2, 1_200)


def test_nothing_is_guessed_across_members_outlets_or_time(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [
        row("1", "100", "tea", day=5),
        row("2", "-10", "tea", day=4),
        row("3", "-10", "tea", day=6, card=OTHER),
        row("4", "-10", "tea", day=6, outlet="B"),
        row("5", "-10", "cup", day=6),
    ]
    _, refused, reduced = imported(db, tmp_path, rows)
    assert reduced == []
    assert refused == [(line, "return-without-sale") for line in (3, 4, 5, 6)]


def test_it_comes_off_the_sale_that_it_names(db: Connection, world: World, tmp_path: Path) -> None:
    rows = [
        row("1", "100", "tea"), row("2", "100", "tea", day=2),
        row("3", "-30", "tea", "1", day=3), row("4", "30", "tea", "1", day=3),
        row("5", "-50", "tea", "1", day=3), row("6", "-10", "cup", "1", day=3),
        row("7", "-10", "tea", "none", day=3), row("8", "-10", "tea", "9", day=3),
        row("9", "100", "tea", day=4),
    ]  # fmt: skip
    _, refused, reduced = imported(db, tmp_path, rows)
    assert reduced == ["1", "1"]
    assert refused == [
        (6, "refund-exceeds-sale"), (7, "line-not-found"),
        (8, "return-without-sale"), (9, "return-without-sale"),
    ]  # fmt: skip


def test_without_items_it_comes_off_what_is_left_of_a_sale(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [row("1", "100"), row("2", "50", day=2), row("3", "-80", day=3), row("4", "-50", day=4)]
    _, refused, reduced = imported(db, tmp_path, rows)
    assert reduced == ["1", "2"]
    assert refused == []


def test_one_receipt_may_bring_back_many_lines_and_sell_others(
    db: Connection, world: World, tmp_path: Path
) -> None:
    rows = [
        row("1", "100", "tea"), row("1", "100", "tea"), row("1", "40", "cup"),
        row("2", "-100", "tea", day=2), row("2", "-40", "cup", day=2),
        row("2", "-100", "tea", day=2), row("2", "70", "pot", day=2),
    ]  # fmt: skip
    summary, refused, reduced = imported(db, tmp_path, rows)
    assert refused == []
    assert reduced == ["1", "1", "1"]
    assert (summary.sales.count, summary.returns.count, summary.returns.amount) == (2, 3, 24_000)
    left = db.execute("SELECT balance FROM ledger.account WHERE kind = 'wallet' AND balance > 0")
    assert left.fetchall() == [(700,)]


def test_spent_points_that_are_clawed_back_are_owed(
    db: Connection, world: World, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "sales.csv",
        [["A", CARD, "1", "100", "2026-04-01", ""], ["B", CARD, "2", "10", "2026-04-02", "10"],
         ["A", CARD, "3", "-100", "2026-04-03", ""]],
        ("outlet", "member", "receipt", "amount", "time", "points"),
    )  # fmt: skip
    assert take(db, path).clawbacks.amount == 1_000
    assert db.execute("SELECT amount FROM ledger.owing").fetchall() == [(1_000,)]
    assert broken_laws(db) == {}
