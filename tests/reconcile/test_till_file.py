"""Tills' files, good and bad: whatever is wrong is said, of the file or of its line alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.reconcile.shop import DAY, SHANGHAI
from tongbao.kernel.errors import Refusal
from tongbao.kernel.files import ColumnMissing, ColumnRepeated, FileMalformed, FileUnreadable
from tongbao.reconcile import till_file
from tongbao.reconcile.refusals import TillFileUnknown, TillValueMalformed
from tongbao.reconcile.till_file import Fault, How, TillLine

OUTLETS = {"B": 7, "B2": 8}


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "till.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, how: How | None = None) -> list[TillLine | Fault]:
    file = till_file.examine(path, how or How())
    return list(till_file.read_lines(file, OUTLETS, None, SHANGHAI))


def code_of(line: TillLine | Fault) -> str | None:
    return line.code if isinstance(line, Fault) else None


def test_a_line_is_read_with_all_its_fields(tmp_path: Path) -> None:
    text = (
        "operation,key,receipt,outlet,terminal,kind,amount,points,earned,time\n"
        '4711,k-1,R1,B,T9,Refund,"-1,234.50",2,3.1,2026-05-01T23:59:59+08:00\n'
    )
    assert read(write(tmp_path, text)) == [
        TillLine(
            line=2, kind="refund", operation=4711, key="k-1", receipt_key="return:B:R1",
            receipt="R1", outlet=7, terminal="T9", amount=123_450, points=200, earned=310, day=DAY,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "how"),
    [
        ("receipt,amount", {}),
        ("Receipt No.;AMOUNT", {}),
        (" receipt_no \t Amount ", {}),
        ("小票号,金额", {}),
        ("\ufeff单号|金额", {}),
        ("Bon;Summe", {"columns": {"receipt": "Bon", "amount": "Summe"}}),
        ("Bon;Summe", {"columns": {"receipt": "bon", "amount": "summe"}, "delimiter": ";"}),
    ],
)
def test_headers_go_by_many_names(tmp_path: Path, header: str, how: dict[str, Any]) -> None:
    separator = next(c for c in ";\t|," if c in header)
    path = write(tmp_path, f"{header}\nR1{separator}1.50\n")
    (line,) = read(path, How(**how))
    assert isinstance(line, TillLine)
    assert (line.receipt, line.amount, line.kind) == ("R1", 150, "sale")


def test_amounts_may_be_fen_and_texts_gb18030(tmp_path: Path) -> None:
    path = write(tmp_path, "小票号,金额\n甲1,150\n".encode("gb18030"))
    (line,) = read(path, How(encoding="gb18030", amounts="fen"))
    assert isinstance(line, TillLine)
    assert (line.receipt, line.amount) == ("甲1", 150)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("R1,B,sale,1.00,", None),
        (",B,sale,1.00,", "value-missing"),
        ("R1,nowhere,sale,1.00,", "till-value-malformed"),
        ("R1,B,present,1.00,", "till-value-malformed"),
        ('R1,B,sale,"12,34",', "amount-malformed"),
        ('R1,B,sale,"1,2345.00",', "amount-malformed"),
        ("R1,B,sale,1.234,", "amount-malformed"),
        ("R1,B,sale,nan,", "amount-malformed"),
        ("R1,B,sale,99999999999999.99,", "amount-out-of-range"),
        ("R1,B,sale,1.00,yesterday", "time-malformed"),
        ("R1,B,sale,1.00,0001-01-01T00:00:00+14:00", "time-malformed"),
        ("R1,B,sale,1.00,,", "row-malformed"),
        ("R1,B,sale", "row-malformed"),
        ('R1,B,sale,"1.00,', "row-malformed"),
        ("R\u202e1,B,sale,1.00,", "text-malformed"),
        (f"{'R' * 201},B,sale,1.00,", "text-malformed"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_of_it_alone(
    tmp_path: Path, cells: str, code: str | None
) -> None:
    good = "R0,B,sale,1.00,"
    text = f"receipt,outlet,kind,amount,time\n{good}\n{cells}\n{good}\n"
    lines = read(write(tmp_path, text))
    assert [code_of(line) for line in lines] == [None, code, None]


def test_an_operation_is_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, f"operation\n12\nx\n{2**63 - 1}\n{2**63}\n{'9' * 5_000}\n-1\n")
    wrong = "till-value-malformed"
    assert [code_of(line) for line in read(path)] == [None, wrong, None, wrong, wrong, wrong]


def test_a_key_has_the_form_of_a_key(tmp_path: Path) -> None:
    lines = read(write(tmp_path, f"key\nk 1\n{'k' * 256}\nk1\n"))
    assert [code_of(line) for line in lines] == ["key-malformed", "key-malformed", None]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ("", FileMalformed),
        ("\n\n\n", FileMalformed),
        ("a,b\n1,2\n", TillFileUnknown),
        ("receipt,receipt no\n1,2\n", ColumnRepeated),
        ("Name;Wert\n", TillFileUnknown),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xff\xfe", FileMalformed),
        (b"\x00" * 5_000, TillFileUnknown),
        ("receipt,amount\n".encode("utf-16"), FileMalformed),
        ("小票号,金额\n".encode("gb18030"), FileMalformed),
        ("{\"receipt\": 1}", TillFileUnknown),
        (b"x" * 200_000, FileMalformed),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, content: str | bytes, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        read(write(tmp_path, content))


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(FileUnreadable):
            read(path)


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"columns": {"receipt": "Bon"}}, ColumnMissing),
        ({"columns": {"colour": "receipt"}}, ColumnMissing),
        ({"delimiter": ";;"}, TillValueMalformed),
        ({"delimiter": '"'}, TillValueMalformed),
        ({"delimiter": "\n"}, TillValueMalformed),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, how: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        read(write(tmp_path, "receipt\nR1\n"), How(**how))


def test_a_field_of_ten_megabytes_is_one_line_that_cannot_be_used(tmp_path: Path) -> None:
    long = b"receipt,amount\nR1,1.00\n" + b"x" * 10_000_000 + b",1.00\nR2,1.00\n"
    lines = read(write(tmp_path, long))
    assert [code_of(line) for line in lines] == [None, "row-too-long", None]


def test_the_wrong_encoding_is_said_of_each_line(tmp_path: Path) -> None:
    lines = read(write(tmp_path, b"receipt,amount\n" + "甲,1.00\n".encode("gb18030") * 3))
    assert [code_of(line) for line in lines] == ["row-encoding"] * 3
