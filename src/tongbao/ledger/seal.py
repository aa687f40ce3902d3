"""The hash chain: seal what has been committed, and walk what has been sealed.

Posting leaves each batch with its digest in ``ledger.unsealed``. Sealing comes after the commit,
takes what it can see and links it to the chain, so that no posting ever waits for another's
place in it. A batch that commits late is sealed late, whatever its id.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from tongbao.kernel import arrays, sql
from tongbao.ledger.digest import GENESIS, OPERATION_COLUMNS, TRANSFER_COLUMNS, digest, link

Q = sql.load(__package__, "seal_queries.sql")

LOCK: Final = 7_407_002
"""Key of the advisory lock of the one who seals."""

LIMIT: Final = 10_000
"""Batches sealed in one transaction unless told otherwise."""

_CHUNK: Final = 20_000
"""Rows of the journal that are looked at together when digests are recomputed."""


class Fault(Struct, frozen=True, kw_only=True):
    """One place where the chain is broken: a seal (``position``), a batch, or both."""

    position: int | None = None
    batch_id: int | None = None
    fault: str


class _Seal(Struct, frozen=True):
    position: int
    batch_id: int
    digest: bytes
    batch_digest: bytes | None


class _Batch(Struct, frozen=True):
    id: int
    written_at: datetime
    operations: int
    transfers: int
    digest: bytes


def seal(conn: Connection[Any], at: datetime, limit: int = LIMIT) -> int:
    """Append to the chain at most ``limit`` batches that wait, in the order of their ids.

    Gives how many were sealed; none when somebody else is sealing. Posting is never held up.
    """
    locked = conn.execute(Q.try_seal_lock, {"lock": LOCK}).fetchone()
    if locked is None or not locked[0]:
        return 0
    waiting = conn.execute(Q.read_unsealed, {"limit": limit}).fetchall()
    if not waiting:
        return 0
    position, previous = conn.execute(Q.read_last_seal).fetchone() or (0, GENESIS)
    digests = []
    for batch_id, batch_digest in waiting:
        previous = link(previous, batch_id, batch_digest)
        digests.append(previous.hex())
    batches = arrays.ints([batch_id for batch_id, _ in waiting])
    positions = arrays.ints(range(position + 1, position + 1 + len(waiting)))
    conn.execute(
        Q.write_seals,
        {"positions": positions, "batches": batches, "digests": arrays.words(digests), "at": at},
    )
    conn.execute(Q.delete_unsealed, {"batches": batches})
    return len(waiting)


def verify_chain(
    conn: Connection[Any],
    since_position: int = 0,
    since_digest: bytes = GENESIS,
    since_batch: int = 0,
    limit: int = 20,
) -> list[Fault]:
    """Walk the seals after ``since_position`` and recompute the batches from ``since_batch`` on.

    ``since_digest`` is what the seal at ``since_position`` was when it was verified. Gives at most
    ``limit`` faults of the seals and as many of the batches, the first ones first. Streams: memory
    does not grow with the journal. The caller's transaction must see one snapshot.
    """
    seals = _walk_seals(conn, since_position, since_digest)
    batches = _walk_batches(conn, since_batch)
    return [*islice(seals, limit), *islice(batches, limit)]


def _walk_seals(conn: Connection[Any], position: int, previous: bytes) -> Iterator[Fault]:
    """Find the seals that do not follow from the one before; each fault is told once."""
    known = conn.execute(Q.read_seal, {"position": position}).fetchone()
    if position and (known is None or known[0] != previous):
        yield Fault(position=position, fault="this seal was verified before and is another now")
        previous = known[0] if known else previous
    with conn.cursor("seals", row_factory=class_row(_Seal)) as cursor:
        cursor.execute(Q.walk_seals, {"position": position})
        for each in cursor:
            if each.position != position + 1:
                gone = f"seals {position + 1} to {each.position - 1} are missing"
                yield Fault(position=position + 1, fault=gone)
            if each.batch_digest is None:
                gone = "there is no such batch"
                yield Fault(position=each.position, batch_id=each.batch_id, fault=gone)
            elif link(previous, each.batch_id, each.batch_digest) != each.digest:
                fault = "it does not follow from the seal before and its batch"
                yield Fault(position=each.position, batch_id=each.batch_id, fault=fault)
            position, previous = each.position, each.digest


def _walk_batches(conn: Connection[Any], since: int) -> Iterator[Fault]:
    """Find the batches whose rows do not give their digest."""
    with conn.cursor("batches", row_factory=class_row(_Batch)) as cursor:
        cursor.execute(Q.walk_batches, {"since": since})
        for chunk in _chunks(cursor):
            yield from _check_batches(conn, chunk)


def _chunks(batches: Iterator[_Batch]) -> Iterator[list[_Batch]]:
    chunk: list[_Batch] = []
    rows = 0
    for batch in batches:
        chunk.append(batch)
        rows += batch.operations + batch.transfers
        if rows >= _CHUNK:
            yield chunk
            chunk, rows = [], 0
    if chunk:
        yield chunk


def _check_batches(conn: Connection[Any], batches: Sequence[_Batch]) -> Iterator[Fault]:
    span = {"first": batches[0].id, "last": batches[-1].id}
    operations = {row[0]: row[1:] for row in conn.execute(Q.read_operation_columns, span)}
    transfers = {row[0]: row[1:] for row in conn.execute(Q.read_transfer_columns, span)}
    for batch in batches:
        count, same_time, *columns = operations.get(
            batch.id, (0, True, *["{}"] * len(OPERATION_COLUMNS))
        )
        moved, same, *moves = transfers.get(batch.id, (0, True, *["{}"] * len(TRANSFER_COLUMNS)))
        if (count, moved) != (batch.operations, batch.transfers):
            fault = (
                f"it has {count} operations and {moved} transfers; "
                f"{batch.operations} and {batch.transfers} were written"
            )
        elif not (same_time and same):
            fault = "rows of it have another time of writing"
        elif digest(batch.id, batch.written_at, columns, moves) != batch.digest:
            fault = "its rows do not give its digest"
        else:
            continue
        yield Fault(batch_id=batch.id, fault=fault)
