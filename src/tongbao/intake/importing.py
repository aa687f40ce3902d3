"""Importing a file of sales, chunk by chunk, from where it was left."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import dropwhile
from pathlib import Path
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import psycopg
from msgspec import Struct
from psycopg import errors

from tongbao.alliance.types import Outlet
from tongbao.intake import checkpoint, receipts, register, rejects, resolve, sorting, tally
from tongbao.intake.checkpoint import Checkpoint
from tongbao.intake.chunk import Job, import_chunk, reject_chunk
from tongbao.intake.entry import Entry, fault_of, read_entries
from tongbao.intake.mapping import Mapping, spend_of, zone_of
from tongbao.intake.receipts import Receipt
from tongbao.intake.refusals import PostingFailed
from tongbao.intake.resolve import Names
from tongbao.intake.source import Source, read
from tongbao.intake.tally import Summary
from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.kernel.settings import Settings
from tongbao.ledger.journal import KeyTaken
from tongbao.ledger.seal import seal
from tongbao.members.identities import IdentityTaken
from tongbao.points.check import Rules

TRIES: Final = 3
"""How often a chunk is tried that lost a race with somebody else's posting."""

_ROWS: Final = 20_000
"""Rows of one chunk, whatever the number of its receipts."""

_BEYOND: Final = 2**62

_SEAL: Final = 100
"""Chunks between two seals."""

_AGAIN: Final = (KeyTaken, IdentityTaken, errors.SerializationFailure, errors.DeadlockDetected)


_FAILED: Final = (KeyTaken, IdentityTaken, psycopg.DatabaseError)


class _Chunk(Struct):
    """Receipts that are imported together, and where the next ones begin."""

    receipts: list[Receipt]
    position: int
    line: int
    rows: int


def import_file(
    conn: Connection,
    source: Source,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    rejects_folder: Path | None = None,
    tell: Callable[[int], object] = lambda rows: None,
) -> Summary:
    """Import a file of sales and sum it up; ``tell`` hears how many rows each chunk had.

    Goes on where an import of the same content with the same mapping was interrupted. Refuses
    ``import-running``, ``rejects-unwritable``, what registering refuses, and, for a file that
    breaks off in the middle, ``file-malformed``.
    """
    mapping, began, read_rows = source.mapping, monotonic(), 0
    path = rejects.path_of(source.path, rejects_folder)
    with checkpoint.locked(conn, source, clock()) as found:
        to = found
        file, whole = rejects.open_at(path, to.rejects)
        with file:
            if not whole:  # somebody has taken the rejects away; what was posted stays posted
                to = checkpoint.restart(conn, to.file, clock())
            resumed = to.position > 0
            if mapping.register is not None:
                with conn.transaction():
                    register.prepare(conn, mapping.register, clock())
            job = Job(
                mapping=mapping,
                spend=spend_of(mapping),
                issuer=resolve.issuer_of(conn, mapping),
                secret=settings.identity_secret,
                rules=Rules(past=None, zone=settings.time_zone),
                batch=settings.batch_limit,
                rejects=file,
                clock=clock,
            )
            zone = zone_of(mapping, settings.time_zone)
            for number, chunk in enumerate(_chunks(source, to, zone, job.batch), start=1):
                _import(conn, job, chunk, to)
                read_rows += chunk.rows
                tell(chunk.rows)
                if number % _SEAL == 0:
                    _seal(conn, clock)
        _seal(conn, clock)
        checkpoint.finish(conn, to.file, clock())
        if not to.rejects:
            path.unlink(missing_ok=True)
        return tally.summarise(
            conn,
            to.file,
            source.path.name,
            rejects_file=str(path),
            resumed=resumed,
            rows=read_rows,
            seconds=monotonic() - began,
        )


def _seal(conn: Connection, clock: Callable[[], datetime]) -> None:
    with conn.transaction():
        seal(conn, clock())


def _entries(source: Source, start: Checkpoint, zone: ZoneInfo) -> Iterator[Entry]:
    """Give the entries from where the file was left."""
    mapping = source.mapping
    into = partial(read_entries, mapping=mapping, places=source.places, zone=zone)
    if not mapping.group_by_receipt:
        return into(read(source, start.position, start.line))
    position = start.position
    ordered = sorting.by_time(into(read(source)), receipts=mapping.lines)
    return dropwhile(lambda entry: entry.position < position, ordered)


def _chunks(source: Source, start: Checkpoint, zone: ZoneInfo, size: int) -> Iterator[_Chunk]:
    """Give the receipts in chunks of at most ``size`` receipts and about ``_ROWS`` rows."""
    together: list[Receipt] = []
    rows = 0
    entries = _entries(source, start, zone)
    for receipt in receipts.gather(entries, lines=source.mapping.lines):
        if len(together) == size or rows >= _ROWS:
            yield _Chunk(together, receipt.position, receipt.line, rows)
            together, rows = [], 0
        together.append(receipt)
        rows += receipt.entries
    if together:
        yield _Chunk(together, _end(source), together[-1].line + 1, rows)


def _end(source: Source) -> int:
    """Give a position behind everything: of a CSV its size, else more than there are rows."""
    in_bytes = not source.parquet and not source.mapping.group_by_receipt
    return source.size if in_bytes else _BEYOND


def _import(conn: Connection, job: Job, chunk: _Chunk, to: Checkpoint) -> None:
    """Import a chunk; if the database refuses it as a whole, only the culprits suffer."""
    outlets = _outlets(conn, job.mapping, chunk.receipts, job.clock)
    step = partial(_try, conn, job, outlets)
    after = Checkpoint(file=to.file, position=chunk.position, line=chunk.line, rejects=to.rejects)
    try:
        step(chunk.receipts, after)
    except _FAILED as error:
        _check_alive(conn, error)
        for place, receipt in enumerate(chunk.receipts):
            following = chunk.receipts[place + 1 :]
            after = Checkpoint(
                file=to.file,
                position=following[0].position if following else chunk.position,
                line=following[0].line if following else chunk.line,
                rejects=to.rejects,
            )
            try:
                step([receipt], after)
            except _FAILED as fault:
                _check_alive(conn, fault)
                with conn.transaction():
                    reason = fault_of(PostingFailed(reason=type(fault).__name__))
                    reject_chunk(conn, job, [receipt], reason, after)
            to.rejects = after.rejects
    to.position, to.line, to.rejects = after.position, after.line, after.rejects


def _check_alive(conn: Connection, error: Exception) -> None:
    """Refuse ``database-unreachable`` when it was not about the rows."""
    if conn.broken or conn.closed:
        raise DatabaseUnreachable(reason=" ".join(str(error).split())) from error


def _try(
    conn: Connection,
    job: Job,
    outlets: dict[str, Outlet],
    chunk: Sequence[Receipt],
    after: Checkpoint,
) -> None:
    """Import receipts in one transaction; try again when somebody else was faster."""
    size = after.rejects
    for left in reversed(range(TRIES)):
        after.rejects = size
        try:
            with conn.transaction():
                names = Names(outlets=outlets, issuer=job.issuer)
                import_chunk(conn, job, names, chunk, after)
        except _AGAIN:
            if not left:
                raise
        else:
            return


def _outlets(
    conn: Connection, mapping: Mapping, chunk: Sequence[Receipt], clock: Callable[[], datetime]
) -> dict[str, Outlet]:
    """Give the outlets of a chunk, registering those that are missing if the mapping says how."""
    found, missing = resolve.find_outlets(conn, chunk)
    if missing and mapping.register is not None:
        with conn.transaction():
            register.register_outlets(conn, missing, mapping.register, clock())
        found, _ = resolve.find_outlets(conn, chunk)
    return found
