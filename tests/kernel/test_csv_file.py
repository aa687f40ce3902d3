"""Whatever is wrong with a line of a CSV file is said of that line, and the next one is read."""

from pathlib import Path

import pytest

from tongbao.kernel import csv_file
from tongbao.kernel.files import FileMalformed

HEADER = ["a", "b"]


def read(path: Path, position: int = 0, line: int = 0) -> list[tuple[int, int, object]]:
    """Give position, line and cells (or the code of the refusal) of each row."""
    rows = csv_file.read_rows(path, HEADER, "utf-8", ",", position, line)
    return [(at, n, cells if refusal is None else refusal.code) for at, n, cells, refusal in rows]


def rows_of(content: bytes, folder: Path) -> list[tuple[int, object]]:
    path = folder / "rows.csv"
    path.write_bytes(b"a,b\n" + content)
    return [(line, what) for _, line, what in read(path)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"1,2\n3,4\n", [(2, ["1", "2"]), (3, ["3", "4"])]),
        (b"1,2\r\n3,4", [(2, ["1", "2"]), (3, ["3", "4"])]),
        (b"1,2\n\n\n3,4\n", [(2, ["1", "2"]), (5, ["3", "4"])]),
        (b"1,2,3\n4\n5,6\n", [(2, "row-malformed"), (3, "row-malformed"), (4, ["5", "6"])]),
        (b"\xff\xfe,2\n3,4\n", [(2, "row-encoding"), (3, ["3", "4"])]),
        (b'"1\n1",2\n3,4\n', [(2, ["1\n1", "2"]), (4, ["3", "4"])]),
        (b'"1,2\n3,4\n5,6\n', [(2, "row-malformed"), (3, ["3", "4"]), (4, ["5", "6"])]),
        (b'1,2\n"x"y,2\n5,6\n', [(2, ["1", "2"]), (3, "row-malformed"), (4, ["5", "6"])]),
        (b'"1,2\n"3,4\n5,6\n', [(2, "row-malformed"), (3, "row-malformed"), (4, ["5", "6"])]),
        (b"1,\x002\n", [(2, ["1", "\x002"])]),
        (b"1,\xe9\x80\x9a\n", [(2, ["1", "通"])]),
    ],
)
def test_each_line_is_read_or_refused_by_itself(
    tmp_path: Path, content: bytes, expected: list[tuple[int, object]]
) -> None:
    assert rows_of(content, tmp_path) == expected


def test_a_field_of_ten_megabytes_is_one_reject(tmp_path: Path) -> None:
    found = rows_of(b"1," + b"x" * 10_000_000 + b"\n3,4\n", tmp_path)
    assert found == [(2, "row-too-long"), (3, ["3", "4"])]


def test_a_quote_that_is_never_closed_swallows_no_row(tmp_path: Path) -> None:
    found = rows_of(b'"1,2\n' + b"3,4\n" * 500, tmp_path)
    assert found[0] == (2, "row-malformed")
    assert len(found) == 501


def test_reading_goes_on_at_the_position_of_any_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\n1,2\n\xff,2\n"3\n3",4\n"5,6\n7\n\n8,9\r\n10,11')
    whole = read(path)
    assert [line for _, line, _ in whole] == [2, 3, 4, 6, 7, 9, 10]
    for place, (position, line, _) in enumerate(whole):
        assert read(path, position, line - 1) == whole[place:]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n")
    assert csv_file.read_header(path, "utf-8", ",") == ["a", "b"]


def test_the_chinese_standard_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes("门店;会员\n一;二\n".encode("gb18030"))
    header = csv_file.read_header(path, "gb18030", ";")
    assert header == ["门店", "会员"]
    rows = list(csv_file.read_rows(path, header, "gb18030", ";", 0, 0))
    assert rows[0][2] == ["一", "二"]


@pytest.mark.parametrize("content", [b"\xff\xfea\x00,\x00b\x00\n", b"x" * 100_000, b'"a,b\n'])
def test_a_header_that_cannot_be_read_refuses_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(FileMalformed):
        csv_file.read_header(path, "utf-8", ",")
