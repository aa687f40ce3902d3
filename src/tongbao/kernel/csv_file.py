"""CSV files, record by record: whatever is wrong with a line is said of that line alone."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from tongbao.kernel.errors import Refusal
from tongbao.kernel.files import FileMalformed, RowEncoding, RowMalformed, RowTooLong

Raw = tuple[int, int, list[str] | None, Refusal | None]
"""Where a record begins (for going on there), its line number, its cells or why there are none."""

_LONGEST: Final = 65_536
"""Bytes of one line."""

_TALLEST: Final = 50
"""Lines of one record: a quote that is never closed swallows no more."""

_BOM: Final = b"\xef\xbb\xbf"


class _Lines:
    """The lines of a file as texts, for ``csv.reader``; those that are none are set aside."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file = file
        self.encoding = encoding
        self.position = self.line = 0
        self.taken: list[tuple[int, int, int]] = []
        """The lines of the record: where each begins, where it ends, its number."""
        self.faults: list[Raw] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _TALLEST:
            raise csv.Error(f"a quoted field runs over more than {_TALLEST} lines")
        while True:
            start = self.position
            raw = self.file.readline(_LONGEST)
            if not raw:
                raise StopIteration
            self.line += 1
            self.position += len(raw)
            if len(raw) == _LONGEST and not raw.endswith(b"\n"):
                self._skip_rest()
                self._set_aside(start, RowTooLong(most=_LONGEST))
                continue
            try:
                text = raw.decode(self.encoding)
            except UnicodeDecodeError:
                self._set_aside(start, RowEncoding(encoding=self.encoding.upper()))
                continue
            self.taken.append((start, self.position, self.line))
            return text

    def go_to(self, position: int, line: int) -> None:
        """Go on at the byte ``position``, after ``line`` lines."""
        self.file.seek(position)
        self.position, self.line = position, line
        self.taken.clear()

    def _skip_rest(self) -> None:
        while piece := self.file.readline(_LONGEST):
            self.position += len(piece)
            if piece.endswith(b"\n"):
                return

    def _set_aside(self, start: int, refusal: Refusal) -> None:
        self.faults.append((start, self.line, None, refusal))


def read_header(path: Path, encoding: str, delimiter: str) -> list[str]:
    """Give the names in the first line; refuses ``file-malformed`` when there is none."""
    with path.open("rb") as file:
        first = next(_records(_begin(file, encoding), delimiter, None), None)
    if first is None:
        raise FileMalformed(file=path.name, reason="it is empty")
    _, _, cells, refusal = first
    if cells is None:
        raise FileMalformed(file=path.name, reason=f"its header cannot be read: {refusal}")
    return [cell.strip() for cell in cells]


def read_rows(
    path: Path, header: list[str], encoding: str, delimiter: str, position: int, line: int
) -> Iterator[Raw]:
    """Give the records after the header, or from the byte ``position`` on, after ``line`` lines.

    A record that cannot be read comes without cells and with the refusal.
    """
    with path.open("rb") as file:
        lines = _begin(file, encoding)
        if position:
            lines.go_to(position, line)
        else:
            next(_records(lines, delimiter, None), None)
        yield from _records(lines, delimiter, len(header))


def _begin(file: BinaryIO, encoding: str) -> _Lines:
    lines = _Lines(file, encoding)
    lines.go_to(len(_BOM) if file.read(len(_BOM)) == _BOM else 0, 0)
    return lines


def _records(lines: _Lines, delimiter: str, width: int | None) -> Iterator[Raw]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        fault = None
        cells: list[str] | None = None
        try:
            cells = next(reader, None)
        except csv.Error as error:
            fault = str(error)
        if cells and width is not None and len(cells) != width:
            fault = f"{len(cells)} fields where the header has {width}"
        yield from lines.faults
        lines.faults.clear()
        if fault is None and cells is None:
            return
        if not lines.taken or not (cells or fault):
            continue
        start, end, number = lines.taken[0]
        if fault is None:
            yield (start, number, cells, None)
            continue
        yield (start, number, None, RowMalformed(reason=fault))
        if len(lines.taken) > 1:  # what a stray quote has swallowed is read as it stands
            lines.go_to(end, number)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
