"""Sources: a file that is looked at once (format, header, digest) and then read row by row."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from tongbao.intake import parquet_file
from tongbao.intake.mapping import REQUIRED, Columns, Mapping
from tongbao.intake.raw import Raw
from tongbao.kernel import csv_file, limits, texts
from tongbao.kernel.files import ColumnMissing, ColumnRepeated, FileMalformed, FileUnreadable


class Source(Struct, frozen=True, kw_only=True):
    """A file with the places of the fields in its rows; ``rows`` none: not known before the end.

    ``digest`` says what the import of this content with this mapping goes by.
    """

    path: Path
    mapping: Mapping
    header: list[str]
    places: dict[str, int]
    parquet: bool
    rows: int | None
    size: int
    digest: bytes


def examine(path: Path, mapping: Mapping) -> Source:
    """Look at a file.

    Refuses ``file-unreadable``, ``file-malformed``, ``column-missing`` and ``column-repeated``.
    """
    try:
        texts.line("file name", path.name)
        with path.open("rb") as file:
            parquet = file.read(len(parquet_file.MAGIC)) == parquet_file.MAGIC
            file.seek(0)
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
            size = file.tell()
    except OSError as error:
        raise FileUnreadable(file=path, reason=error.strerror) from None
    if not size:
        raise FileMalformed(file=path.name, reason="it is empty")
    digest.update(msgspec.json.encode(mapping, order="deterministic"))
    rows = None
    if parquet:
        header, rows = parquet_file.read_header(path)
    else:
        header = csv_file.read_header(path, mapping.encoding, mapping.delimiter)
    places = _find_columns(path, mapping, header)
    if parquet:  # only these are read, so these are the places in what is given
        places = {field: place for place, field in enumerate(places)}
    return Source(
        path=path,
        mapping=mapping,
        header=header,
        places=places,
        parquet=parquet,
        rows=rows,
        size=size,
        digest=digest.digest(),
    )


def read(source: Source, position: int = 0, line: int = 0) -> Iterator[Raw]:
    """Give the rows of a source, from ``position`` (after ``line`` lines) on."""
    mapping = source.mapping
    if source.parquet:
        headers = msgspec.structs.asdict(mapping.columns)
        columns = [headers[field] for field in source.places]
        return parquet_file.read_rows(source.path, columns, position)
    rows = csv_file.read_rows(
        source.path, source.header, mapping.encoding, mapping.delimiter, position, line
    )
    return cast(Iterator[Raw], rows)  # a text is a cell


def _find_columns(path: Path, mapping: Mapping, header: list[str]) -> dict[str, int]:
    """Give the place of each field that the file has; refuse when one that is needed is not."""
    places: dict[str, int] = {}
    defaults = msgspec.structs.asdict(Columns())
    headers = msgspec.structs.asdict(mapping.columns)
    for field, column in headers.items():
        if header.count(column) > 1:
            raise ColumnRepeated(file=path.name, column=texts.shown(column))
        if column in header:
            places[field] = header.index(column)
    needed = {field for field in REQUIRED if field != "outlet" or mapping.outlet is None}
    if not {"quantity", "unit_price"} <= places.keys():
        needed.add("amount")
    needed |= {field for field, column in headers.items() if column != defaults[field]}
    if mapping.outlet is not None:
        places.pop("outlet", None)
    for field in headers:
        if field in needed and field not in places and not (field == "outlet" and mapping.outlet):
            found = ", ".join(texts.shown(name) for name in header[: limits.IDENTITIES])
            raise ColumnMissing(
                file=path.name, column=texts.shown(headers[field]), field=field, found=found
            )
    return places
