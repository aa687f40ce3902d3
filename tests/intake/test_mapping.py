"""A mapping says how to read a file; one that makes no sense is refused before anything is read."""

from pathlib import Path
from typing import Any

import pytest

from tests.intake.files import HEADER, write
from tongbao.alliance.types import Terms
from tongbao.intake import mapping, source
from tongbao.intake.refusals import MappingMalformed
from tongbao.kernel.files import ColumnMissing, ColumnRepeated, FileMalformed, FileUnreadable

REGISTER = '[register]\nformat="f"\nmcc="5411"\nsite="s"\nregion="310000"\n'


def from_text(folder: Path, text: str, **options: Any) -> mapping.Mapping:
    path = folder / "how.toml"
    path.write_text(text, encoding="utf-8")
    return mapping.load(path, options, {})


def test_options_rule_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    text = 'lines = true\namounts = "fen"\n[columns]\noutlet = "shop"\n'
    how = from_text(tmp_path, text, amounts="yuan", lines=None)
    assert (how.lines, how.amounts, how.columns.outlet) == (True, "yuan", "shop")
    assert how.columns.member == "member"


def test_a_registration_has_the_terms_that_it_names(tmp_path: Path) -> None:
    how = from_text(tmp_path, REGISTER + "terms = { earn_rate = 5 }\n")
    assert how.register is not None
    assert mapping.terms_of(how.register) == Terms(earn_rate=5)


@pytest.mark.parametrize(
    "text",
    [
        "lines = ", "unknown = 1", 'lines = "yes"', 'amounts = "usd"', 'spend = "-1"',
        'spend = "0"', 'spend = "many"', 'delimiter = ""', "delimiter = '\"'", 'delimiter = "ab"',
        'encoding = "latin-1"', '[columns]\nshop = "x"',
        'member_kind = "phone"\nmember_issuer = "a"',
        '[register]\nformat="f"',
        REGISTER + 'terms = { rate = 5 }',
        REGISTER + 'terms = { earn_rate = "a" }',
        "x = 1 # " + "x" * 200_000,
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MappingMalformed):
        from_text(tmp_path, text)


def test_a_mapping_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MappingMalformed):
        mapping.load(tmp_path / "none.toml", {}, {})
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(MappingMalformed):
        mapping.load(tmp_path / "bytes.toml", {}, {})


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(MappingMalformed):
        mapping.zone_of(mapping.Mapping(time_zone="Mars/Olympus"), "Asia/Shanghai")


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(FileUnreadable):
            source.examine(path, mapping.Mapping())
    (tmp_path / "empty.csv").touch()
    with pytest.raises(FileMalformed):
        source.examine(tmp_path / "empty.csv", mapping.Mapping())
    (tmp_path / "packed.csv").write_bytes(b"\x1f\x8b\x08\x00\xff\xff")
    with pytest.raises(FileMalformed):
        source.examine(tmp_path / "packed.csv", mapping.Mapping())


@pytest.mark.parametrize("missing", HEADER)
def test_each_column_that_is_needed_must_be_there(tmp_path: Path, missing: str) -> None:
    path = write(tmp_path / "sales.csv", [], [name for name in HEADER if name != missing])
    with pytest.raises(ColumnMissing) as refused:
        source.examine(path, mapping.Mapping())
    assert refused.value.facts["field"] == missing


def test_a_column_that_the_mapping_names_must_be_there(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [])
    with pytest.raises(ColumnMissing):
        source.examine(path, mapping.load(None, {}, {"item": "sku"}))


def test_one_outlet_for_the_whole_file_needs_no_column(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [], HEADER[1:])
    assert "outlet" not in source.examine(path, mapping.Mapping(outlet="A")).places


def test_a_price_and_a_quantity_stand_for_the_amount(tmp_path: Path) -> None:
    header = [name for name in HEADER if name != "amount"]
    path = write(tmp_path / "sales.csv", [], [*header, "quantity", "unit_price"])
    assert "amount" not in source.examine(path, mapping.Mapping()).places


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "sales.csv", [], [*HEADER, "amount"])
    with pytest.raises(ColumnRepeated):
        source.examine(path, mapping.Mapping())
    other = write(tmp_path / "other.csv", [], [*HEADER, "note", "note"])
    source.examine(other, mapping.Mapping())
