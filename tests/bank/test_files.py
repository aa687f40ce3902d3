"""Payment files: the same to the byte, split at a limit, cut to their fields, in any format."""

import csv
import hashlib
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bank.desk import (
    OWN,
    ZONE,
    details,
    equip,
    items,
    open_account,
    plan,
    settle,
    write,
)
from tests.bank.schemas import check_valid
from tests.clearing.desk import EXAMPLE, close, propose, window_of
from tests.world import AT, World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.bank import fields, files, writers
from tongbao.bank.files import FileChanged, FileUnwritable, OperatorAccountMissing
from tongbao.bank.types import Details
from tongbao.bank.writers import Writer, WriterNotFound, WriterUnusable
from tongbao.clearing import legs
from tongbao.clearing.settlements import SettlementNotFound, SettlementState
from tongbao.clearing.types import Settlement
from tongbao.kernel.db import Connection

GOLDEN = Path(__file__).parent / "golden"


def read_all(paths: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths}


def test_files_are_those_of_the_golden_example(
    db: Connection, made: Settlement, tmp_path: Path
) -> None:
    found = read_all(write(db, made.id, tmp_path))
    wanted = {path.name: path.read_bytes() for path in GOLDEN.glob("*.xml")}
    assert found == wanted


def test_files_made_again_are_the_same(db: Connection, made: Settlement, tmp_path: Path) -> None:
    first = read_all(write(db, made.id, tmp_path / "1"))
    with db.transaction():
        again = files.plan(db, made.id, zone=ZONE, at=AT + timedelta(days=3), writer="csv")
    second = [files.write(db, file, tmp_path / "2") for file in again.files]
    assert all(one.same for one in second)
    assert read_all([Path(one.path) for one in second]) == first
    digests = {hashlib.sha256(data).hexdigest() for data in first.values()}
    assert {file.digest for file in again.files} == digests
    assert sorted(p.name for p in (tmp_path / "2").iterdir()) == sorted(first)


def test_settlements_of_two_databases_with_one_history_have_the_same_files(
    db: Connection, module_db: Connection, made: Settlement, tmp_path: Path
) -> None:
    other = build(module_db, {name: Terms(earn_rate=0) for name in "ABCD"})
    equip(module_db, other)
    twin = settle(module_db, other, EXAMPLE)
    ours, theirs = write(db, made.id, tmp_path / "1"), write(module_db, twin.id, tmp_path / "2")
    assert read_all(ours) == read_all(theirs)


def test_a_large_settlement_goes_in_several_files(
    db: Connection, made: Settlement, tmp_path: Path
) -> None:
    paths = write(db, made.id, tmp_path, most=2)
    assert [path.name for path in paths] == [
        f"TB{made.id}-P1-1.xml",
        f"TB{made.id}-C1-1.xml",
        f"TB{made.id}-C1-2.xml",
    ]
    sums = {file.message_id: (file.count, file.amount) for file in plan(db, made.id)}
    assert sums == {
        f"TB{made.id}-P1-1": (1, 67_000),
        f"TB{made.id}-C1-1": (2, 62_000),
        f"TB{made.id}-C1-2": (1, 5_000),
    }
    for path in paths:
        text = path.read_text("utf-8")
        root = ET.fromstring(text)
        space = root.tag.removesuffix("Document")
        amounts = [round(float(e.text or 0) * 100) for e in root.iter(f"{space}InstdAmt")]
        assert sums[path.stem] == (len(amounts), sum(amounts))
        assert text.count(f"<NbOfTxs>{len(amounts)}<") == 2
        assert text.count(f"<CtrlSum>{fields.yuan(sum(amounts))}<") == 2
        check_valid(path)


def test_what_was_instructed_again_is_in_a_file_of_its_own(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    first = read_all(write(db, made.id, tmp_path))
    who = world.organisations["A"]
    with db.transaction():
        legs.reject_leg(db, made.id, who, reason="AC01", at=AT)
        legs.reinstruct_leg(db, made.id, who, at=AT, by="Lin")
    second = read_all(write(db, made.id, tmp_path))
    assert {name: second[name] for name in first} == first
    (new,) = second.keys() - first.keys()
    assert new == f"TB{made.id}-C2-1.xml"
    assert f"<EndToEndId>TB{made.id}-{who}-2<".encode() in second[new]
    assert second[new].count(b"<EndToEndId>") == 1


def test_who_has_no_account_or_no_mandate_waits_for_one(db: Connection, tmp_path: Path) -> None:
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    made = settle(db, world, EXAMPLE)
    with pytest.raises(OperatorAccountMissing), db.transaction():
        files.plan(db, made.id, zone=ZONE, at=AT)
    open_account(db, world.operator, OWN)
    who = world.organisations
    open_account(db, who["A"], details(1))
    open_account(db, who["B"], details(2, mandate=False))
    open_account(db, who["C"], details(3, mandate=False))
    open_account(db, who["D"], details(4), date(2030, 1, 1))
    with db.transaction():
        found = files.plan(db, made.id, zone=ZONE, at=AT)
    assert found.left_out == [who["B"], who["D"]]
    assert [(file.kind, file.count) for file in found.files] == [("payout", 1), ("collection", 1)]
    assert [kind for kind, _ in items(db)] == ["bank-no-account"] * 2
    open_account(db, who["B"], details(2))
    with db.transaction():
        found = files.plan(db, made.id, zone=ZONE, at=AT)
    assert [file.message_id for file in found.files][-1] == f"TB{made.id}-C2-1"
    assert [subject for _, subject in items(db)] == [f"TB{made.id}-{who['D']}-1"]


def test_an_account_that_changes_later_changes_no_file(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    first = read_all(write(db, made.id, tmp_path))
    open_account(db, world.organisations["C"], details(999), date(2026, 1, 2))
    assert read_all(write(db, made.id, tmp_path)) == first


def test_payments_are_for_the_business_date_or_the_day_they_are_instructed(
    db: Connection, world: World, made: Settlement
) -> None:
    # The worked example is of 1 May and instructed on 1 May at noon in Shanghai.
    assert {file.execute_on for file in plan(db, made.id)} == {date(2026, 5, 1)}
    who = world.organisations["A"]
    with db.transaction():
        legs.reject_leg(db, made.id, who, reason="AC01", at=AT)
        legs.reinstruct_leg(db, made.id, who, at=AT, by="Lin")
        late = AT + timedelta(hours=13)  # after midnight in Shanghai
        found = files.plan(db, made.id, zone=ZONE, at=late).files
    assert found[-1].execute_on == date(2026, 5, 2)


def test_a_settlement_without_legs_has_no_files(db: Connection, world: World) -> None:
    made = propose(db, close(db))
    assert made.state == "settled"
    assert plan(db, made.id) == []


def test_files_of_what_is_not_instructed_are_refused(db: Connection, world: World) -> None:
    waiting = propose(db, window_of(db, world, EXAMPLE))
    with pytest.raises(SettlementState, match="is proposed, so it cannot be written to files"):
        plan(db, waiting.id)
    with pytest.raises(SettlementNotFound):
        plan(db, 99)


LONG = "上海" * 60 + "é" + "\u0301" * 30
FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "most", "wanted"),
    [
        ("通宝", 2, "通宝"),
        ("通宝清算", 3, "通宝清"),
        ("e\u0301e\u0301", 3, "e\u0301"),
        ("ab cd", 3, "ab"),
        (f"ab{FAMILY}", 4, "ab"),
        (FAMILY, 3, FAMILY[:3]),
        ("", 5, ""),
    ],
)
def test_a_text_is_cut_where_nobody_sees_it(text: str, most: int, wanted: str) -> None:
    assert fields.cut(text, most) == wanted


def test_names_with_all_that_xml_dislikes_are_valid(db: Connection, tmp_path: Path) -> None:
    world = build(db, {name: Terms(earn_rate=0) for name in "ABCD"})
    open_account(db, world.operator, OWN)
    names = ["贝\"&<>]]>' Co", "长" * 140, "A" * 139 + "&", "𠮷野家 " + "e\u0301" * 60]
    for (_, who), name in zip(world.organisations.items(), names, strict=True):
        bank = Details(
            number=f"{who}00", name=name, bic="ICBKCNBJSHI", mandate="M 1/2", signed_on=AT.date()
        )
        open_account(db, who, bank)
    made = settle(db, world, EXAMPLE)
    for path in write(db, made.id, tmp_path):
        check_valid(path)
        found = [e.text for e in ET.fromstring(path.read_bytes()).iter() if e.text]
        assert all(len(text) <= 140 for text in found)


def test_the_csv_has_a_row_for_each_payment(
    db: Connection, world: World, made: Settlement, tmp_path: Path
) -> None:
    paths = write(db, made.id, tmp_path, writer="csv")
    assert [path.suffix for path in paths] == [".csv", ".csv"]
    rows = list(csv.DictReader(StringIO(paths[1].read_text("utf-8-sig"))))
    assert [(row["end_to_end_id"], row["amount"]) for row in rows] == [
        (f"TB{made.id}-{world.organisations[name]}-1", amount)
        for name, amount in (("A", "270.00"), ("B", "350.00"), ("D", "50.00"))
    ]
    assert {row["own_account"] for row in rows} == {OWN.number}
    assert read_all(write(db, made.id, tmp_path / "2")) == read_all(paths)


def test_a_package_may_bring_a_writer(
    db: Connection, made: Settlement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    info = site / "mybank-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mybank\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{writers.GROUP}]\nmybank = mybank_tongbao:writer\nnot-one = mybank_tongbao:write\n"
        "broken = mybank_missing:writer\n"
    )
    page = Path(__file__).parents[2] / "docs" / "reference" / "bank-files.md"
    code = page.read_text("utf-8").split("```python\n")[1].split("```")[0]
    (site / "mybank_tongbao.py").write_text(code)
    monkeypatch.syspath_prepend(str(site))
    assert writers.names() == ["iso20022", "csv", "broken", "mybank", "not-one"]
    paths = write(db, made.id, tmp_path / "out", writer="mybank")
    assert paths[0].read_text("utf-8").splitlines() == [
        f"H|TB{made.id}-P1-1|1|67000",
        f"P|TB{made.id}-1003-1|6222000000001003|67000",
    ]
    for name, refusal in (
        ("not-one", WriterUnusable),
        ("broken", WriterUnusable),
        ("nobody", WriterNotFound),
    ):
        with pytest.raises(refusal):
            writers.find(name)


def test_a_writer_that_changes_its_mind_is_refused(
    db: Connection, made: Settlement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write(db, made.id, tmp_path)
    before = read_all(paths)
    other = Writer(suffix=".xml", write=lambda file, _: iter([file.message_id.encode()]))
    monkeypatch.setitem(writers._OURS, "iso20022", other)
    writers.find.cache_clear()
    with pytest.raises(FileChanged):
        write(db, made.id, tmp_path)
    monkeypatch.undo()
    writers.find.cache_clear()
    assert read_all(paths) == before
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_file_that_cannot_be_written_is_refused_and_leaves_nothing(
    db: Connection, made: Settlement, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(FileUnwritable):
        write(db, made.id, blocked)
    assert {file.digest for file in plan(db, made.id)} == {None}
    write(db, made.id, tmp_path / "out")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out").iterdir())
    assert broken_laws(db) == {}
