"""The rejects file: line, code, reason and receipt of each row that did not get in."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from tongbao.intake.entry import Entry, Fault
from tongbao.intake.refusals import RejectsUnwritable

_HEADER: Final = ("line", "code", "reason", "receipt")
SUFFIX: Final = ".rejects.csv"


class Reject(Struct, frozen=True):
    """One row that did not get in."""

    line: int
    code: str
    reason: str
    receipt: str


def reject(entry: Entry, fault: Fault) -> Reject:
    """Give an entry as a reject."""
    return Reject(entry.line, fault.code, fault.reason, entry.receipt)


def path_of(sales: Path, folder: Path | None) -> Path:
    """Give where the rejects of a sales file go: beside it, or into ``folder``."""
    return (folder or sales.parent) / (sales.name + SUFFIX)


def open_at(path: Path, size: int) -> tuple[BinaryIO, bool]:
    """Open the rejects file with its first ``size`` bytes and say whether it had them.

    Whatever a killed import wrote after its last commit is cut off. Refuses
    ``rejects-unwritable``.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
    except OSError as error:
        raise RejectsUnwritable(file=path, reason=error.strerror) from None
    whole = file.seek(0, os.SEEK_END) >= size
    if not whole:
        size = 0
    file.truncate(size)
    file.seek(size)
    return file, whole


def write(file: BinaryIO, size: int, rejects: Iterable[Reject]) -> int:
    """Write rejects behind the first ``size`` bytes, to the disk; give the size then."""
    rows = sorted(rejects, key=lambda one: one.line)
    if not rows:
        return size
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if size == 0:
        writer.writerow(_HEADER)
    writer.writerows((one.line, one.code, one.reason, one.receipt) for one in rows)
    file.seek(size)
    file.truncate()
    file.write(text.getvalue().encode("utf-8", "replace"))
    file.flush()
    os.fsync(file.fileno())  # before the commit that says how long the file is
    return file.tell()
