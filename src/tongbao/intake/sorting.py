"""Sorting a file that is in no order: receipts gathered, then by time, without holding it.

SQLite does it, in a temporary file of about the size of the sales file.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import msgspec

from tongbao.intake.entry import Entry
from tongbao.kernel.clock import micros

_MANY: Final = 5_000
"""Entries that are written and read together."""

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Not durable: a sort that was interrupted is done again. 64 MiB of cache, the rest on disk.
_SETTINGS: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -65536;
CREATE TABLE entry (line INTEGER, outlet TEXT, receipt TEXT, at INTEGER, packed BLOB);
"""
# A receipt stands where its first line does, its lines in the order of the file.
_RECEIPTS: Final = """
SELECT packed FROM (
  SELECT packed, outlet, receipt, line, min(at) OVER (PARTITION BY outlet, receipt) AS began
  FROM entry
)
ORDER BY began, outlet, receipt, line
"""
_SINGLE: Final = "SELECT packed FROM entry ORDER BY at, line"


def by_time(entries: Iterable[Entry], *, receipts: bool) -> Iterator[Entry]:
    """Give ``entries`` in order of time, those of one receipt together if ``receipts``.

    What could not be read has no time and comes first. The ``position`` of an entry becomes its
    rank.
    """
    pack, unpack = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Entry).decode
    # No name: a database in a file that nobody can see and that goes with the process.
    conn = sqlite3.connect("", isolation_level=None)
    try:
        conn.executescript(_SETTINGS)
        given = iter(entries)
        while part := list(islice(given, _MANY)):
            conn.execute("BEGIN")
            conn.executemany(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
                ((e.line, e.outlet, e.receipt, micros(e.at or _START), pack(e)) for e in part),
            )
            conn.execute("END")
        rows = conn.execute(_RECEIPTS if receipts else _SINGLE)
        rank = 0
        while packed := rows.fetchmany(_MANY):
            for (one,) in packed:
                entry = unpack(one)
                entry.position = rank
                rank += 1
                yield entry
    finally:
        conn.close()
