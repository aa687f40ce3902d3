"""What the hash chain is made of: the digest of a batch, and the link from seal to seal.

A batch's digest is SHA-256 over this text, in UTF-8:

- ``tongbao batch 1``, the batch's id and ``written_at`` in microseconds since 1970 UTC, each
  followed by a newline;
- then each column, as the number of its bytes, a colon and the PostgreSQL array literal of its
  values, nulls as ``NULL``: those of the operations in the order of their ids, then those of the
  transfers in the order of (operation_id, n). ``data`` is no literal but its JSON texts, with
  U+001E between them.

The texts are those in which the rows travel to PostgreSQL (``kernel/arrays.py``), so that
posting hashes what it has already written; PostgreSQL gives the same texts back from its rows.
``data`` has the type ``json``, which keeps its text.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from tongbao.kernel.clock import micros

OPERATION_COLUMNS: Final = (
    "owner_id", "id", "kind", "organisation_id", "outlet_id", "original_id", "window_id",
    "points", "cash", "effective", "data",
)  # fmt: skip
"""Columns of the operations in their order; ``effective`` is ``effective_at`` in microseconds."""

TRANSFER_COLUMNS: Final = (
    "owner_id", "operation_id", "n", "movement", "from_owner", "to_owner", "amount",
    "from_lot", "to_lot",
)  # fmt: skip
"""Columns of the transfers in their order; window and times are those of the operation."""

GENESIS: Final = bytes(32)
"""What the first seal is linked to."""


def digest(
    batch_id: int,
    written_at: datetime,
    operation_columns: Sequence[str],
    transfer_columns: Sequence[str],
) -> bytes:
    """Give the digest (32 bytes) of one batch from the texts of its columns, in their order."""
    assert len(operation_columns) == len(OPERATION_COLUMNS), "columns of operations"
    assert len(transfer_columns) == len(TRANSFER_COLUMNS), "columns of transfers"
    head = f"tongbao batch 1\n{batch_id}\n{micros(written_at)}\n"
    parts = [head.encode()]
    for column in (*operation_columns, *transfer_columns):
        text = column.encode()
        parts += (b"%d:" % len(text), text)
    return sha256(b"".join(parts)).digest()


def link(previous: bytes, batch_id: int, batch_digest: bytes) -> bytes:
    """Give the digest of the seal that follows ``previous`` and covers this batch."""
    return sha256(previous + batch_id.to_bytes(8, "big") + batch_digest).digest()
