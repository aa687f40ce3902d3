"""Parquet values become texts without arithmetic; reading goes on at any row."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tongbao.intake import parquet_file
from tongbao.kernel.files import FileMalformed


def cells(folder: Path, values: Any) -> list[Any]:
    path = folder / "sales.parquet"
    parquet.write_table(pa.table({"x": values}), path)
    rows = parquet_file.read_rows(path, ["x"], 0)
    return [row[0] for _, _, row, _ in rows if row is not None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["a", None, "通"]), ["a", "", "通"]),
        (pa.array([1, -2], pa.int64()), ["1", "-2"]),
        (pa.array([3.86, 17850.0, None, float("nan"), -0.1]), ["3.86", "17850", "", "", "-0.1"]),
        (pa.array([4.440892e-16, 1e300]), ["4.440892e-16", "1e+300"]),
        (pa.array([Decimal("1.20")], pa.decimal128(10, 2)), ["1.20"]),
        (pa.array([date(2026, 5, 1)]), ["2026-05-01"]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([b"\xff"], pa.binary()).view(pa.string()), ["\udcff"]),
    ],
)
def test_a_value_is_what_stands_in_the_file(
    tmp_path: Path, values: Any, expected: list[str]
) -> None:
    assert cells(tmp_path, values) == expected


def test_times_keep_their_zone_or_have_none(tmp_path: Path) -> None:
    plain = datetime(2017, 1, 28, 19, 6, 53)  # noqa: DTZ001 - as files have it
    assert cells(tmp_path, pa.array([plain], pa.timestamp("ns"))) == [plain]
    (aware,) = cells(tmp_path, pa.array([plain], pa.timestamp("s", tz="UTC")))
    assert aware == plain.replace(tzinfo=UTC)


@pytest.mark.parametrize("position", [0, 1, 99, 100, 101, 250, 299, 300, 1_000])
def test_reading_goes_on_after_any_number_of_rows(tmp_path: Path, position: int) -> None:
    path = tmp_path / "sales.parquet"
    parquet.write_table(pa.table({"x": range(300), "y": range(300)}), path, row_group_size=100)
    assert parquet_file.read_header(path) == (["x", "y"], 300)
    rows = list(parquet_file.read_rows(path, ["y"], position))
    assert [row[2] for row in rows] == [[str(n)] for n in range(position, 300)]
    assert [row[:2] for row in rows] == [(n, n + 1) for n in range(position, 300)]


def test_a_file_that_only_begins_like_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(FileMalformed):
        parquet_file.read_header(path)
