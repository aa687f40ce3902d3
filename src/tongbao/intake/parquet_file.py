"""Parquet files, a batch of rows at a time; values become texts without arithmetic."""

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from tongbao.intake.raw import Cell, Raw
from tongbao.kernel.files import FileMalformed

MAGIC: Final = b"PAR1"
_BATCH: Final = 10_000
_EXACT: Final = 1e15
"""Floats below this that are whole are written as whole numbers: 17850.0 is 17850."""


def read_header(path: Path) -> tuple[list[str], int]:
    """Give the names of the columns and the number of rows; refuses ``file-malformed``."""
    with _open(path) as file:
        return list(file.schema_arrow.names), file.metadata.num_rows


def read_rows(path: Path, columns: list[str], position: int) -> Iterator[Raw]:
    """Give the rows after the first ``position`` ones with the cells of ``columns``.

    The line number of a row is its number, from 1 on.
    """
    with _open(path) as file:
        groups: list[int] = []
        before = 0
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if groups or before + rows > position:
                groups.append(group)
            else:
                before += rows
        number = before
        for batch in _batches(file, path, groups, columns):
            cells = [_texts(batch.column(name)) for name in columns]
            for row in zip(*cells, strict=True):
                if number >= position:
                    yield (number, number + 1, list(row), None)
                number += 1


def _open(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileMalformed(file=path.name, reason=_first_line(error)) from None


def _batches(file: Any, path: Path, groups: list[int], columns: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from file.iter_batches(
            batch_size=_BATCH, row_groups=groups, columns=columns, use_threads=False
        )
    except (pa.ArrowException, OSError) as error:
        raise FileMalformed(file=path.name, reason=_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def _texts(column: Any) -> list[Cell]:
    """Give the values of a column as cells."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    write = _WRITERS.get(_kind_of(column.type), str)
    return ["" if value is None else write(value) for value in column.to_pylist()]


def _kind_of(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_floating(kind):
        return "float"
    if pa.types.is_timestamp(kind):
        return "time"
    if pa.types.is_date(kind):
        return "date"
    return "binary" if kind == pa.large_binary() or kind == pa.binary() else "other"


def _write_float(value: float) -> str:
    """Write a float as its shortest decimal text; not a number is nothing."""
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _write_bytes(value: bytes) -> str:
    """Decode UTF-8; what is none becomes characters that every check of a text refuses."""
    return value.decode("utf-8", "surrogateescape")


def _write_date(value: date) -> str:
    return value.isoformat()


def _keep(value: datetime) -> datetime:
    return value


_WRITERS: Final[dict[str, Callable[[Any], Cell]]] = {
    "float": _write_float,
    "binary": _write_bytes,
    "date": _write_date,
    "time": _keep,
}
