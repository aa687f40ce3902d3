"""Who writes payment files: ISO 20022, CSV, and what other packages bring.

A bank that wants its own format is served by a package that has an entry point in the group
``tongbao.bank_writers``:

    [project.entry-points."tongbao.bank_writers"]
    mybank = "mybank_tongbao:writer"

where ``writer`` is a ``Writer``. It must write the same bytes for the same file and payments (no
clock, no chance, nothing read from elsewhere) and take the payments one by one, as they come.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from msgspec import Struct

from tongbao.bank import csv_file, pain
from tongbao.bank.types import Payment, PaymentFile
from tongbao.kernel import texts
from tongbao.kernel.errors import NotFound, Refused

GROUP: Final = "tongbao.bank_writers"


class WriterNotFound(NotFound):
    code = "bank-writer-not-found"
    text = "there is no writer of payment files called {given}; there are {known}"


class WriterUnusable(Refused):
    code = "bank-writer-unusable"
    text = "the writer {writer} cannot be used: {reason}"


class Writer(Struct, frozen=True, kw_only=True):
    """How payment files are written: ``write`` gives one in pieces, ``suffix`` ends its name."""

    suffix: str
    write: Callable[[PaymentFile, Iterable[Payment]], Iterator[bytes]]


STANDARD: Final = "iso20022"
_OURS: Final = {
    STANDARD: Writer(suffix=".xml", write=pain.write),
    "csv": Writer(suffix=".csv", write=csv_file.write),
}


def names() -> list[str]:
    """Give the names of all writers, ours first."""
    return [*_OURS, *sorted(point.name for point in entry_points(group=GROUP))]


@cache
def find(name: str) -> Writer:
    """Give a writer by its name; refuses ``bank-writer-not-found``, ``bank-writer-unusable``."""
    if name in _OURS:
        return _OURS[name]
    for point in entry_points(group=GROUP, name=name):
        try:
            found = point.load()
        except Exception as error:  # whatever its import raises
            raise WriterUnusable(writer=name, reason=repr(error)) from error
        if not isinstance(found, Writer):
            raise WriterUnusable(writer=name, reason=f"{point.value} is no Writer")
        return found
    raise WriterNotFound(given=texts.shown(name), known=", ".join(names()))
