"""Explain one operation: what it moved and why, lot by lot, and how it stands in the journal.

Only reads; everything said here is in the journal and in the record of the key.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct
from psycopg.rows import class_row

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.ledger.books import PLACE_BITS
from tongbao.points import refusals
from tongbao.points.outcome import Claim

Q = sql.load(__package__, "explain_queries.sql")

Row = TypeVar("Row")
_LARGEST_ID = 2**63 - 1


class Explained(Struct, frozen=True, kw_only=True):
    """The operation's own row; ``data`` is the detail that its transfers cannot say."""

    id: int
    kind: str
    owner_id: int
    organisation_id: int | None
    organisation: str | None
    outlet: str | None
    original_id: int | None
    window_id: int
    window_closed_at: datetime | None
    points: int
    cash: int
    written_at: datetime
    effective_at: datetime
    data: str


class Moved(Struct, frozen=True, kw_only=True):
    """One transfer (fen) with the name of its movement and the sentence that it stands for.

    ``from_code`` and ``to_code`` are organisations' codes; none: a member.
    """

    n: int
    movement: str
    unit: str
    meaning: str
    from_owner: int
    from_code: str | None
    from_kind: str
    to_owner: int
    to_code: str | None
    to_kind: str
    amount: int
    from_lot: int | None
    to_lot: int | None


class TouchedLot(Struct, frozen=True, kw_only=True):
    """What the operation did to a lot: its points and its reserve (fen).

    ``remaining`` is what is in it now, in whatever state.
    """

    id: int
    owner_id: int
    issuer_id: int
    issuer: str
    issuer_name: str
    kind: str
    earned_at: datetime
    expires_at: datetime | None
    points: int
    reserve: int
    remaining: int


class Relative(Struct, frozen=True, kw_only=True):
    """An operation that this one follows (``before``) or that follows it."""

    id: int
    kind: str
    before: bool
    points: int
    cash: int
    effective_at: datetime


class Record(Struct, frozen=True, kw_only=True):
    """What was asked under which key, and the answer that is replayed for it (JSON text)."""

    scope: int
    caller: str | None
    key: str
    refused: bool
    fingerprint: str
    answer: str
    written_at: datetime


class Batch(Struct, frozen=True, kw_only=True):
    """The batch it was written with, and its seal in the hash chain; none yet: it waits."""

    id: int
    written_at: datetime
    operations: int
    transfers: int
    digest: str
    position: int | None
    seal: str | None
    sealed_at: datetime | None


class Explanation(Struct, frozen=True, kw_only=True):
    """One operation explained. A refused one has its record alone: it has moved nothing."""

    id: int
    operation: Explained | None
    place: int
    transfers: list[Moved]
    lots: list[TouchedLot]
    claims: list[Claim]
    relatives: list[Relative]
    record: Record | None
    batch: Batch | None


def explain(conn: Connection, operation_id: int, party: int | None = None) -> Explanation:
    """Explain an operation by its id, refused ones too; refuses ``operation-not-found``.

    With ``party`` only what was at an outlet of that organisation, or asked for by it: of others
    no more is read than of what is not there.
    """
    if not 0 < operation_id <= _LARGEST_ID:
        raise refusals.OperationNotFound(operation=operation_id)
    given: dict[str, Any] = {"id": operation_id, "batch": operation_id >> PLACE_BITS}
    found = _rows(conn, Explained, Q.explained_operation, given)
    record = _rows(conn, Record, Q.explained_record, given)
    parties = {one.organisation_id for one in found} | {one.scope for one in record}
    if not parties or party not in {None, *parties}:
        raise refusals.OperationNotFound(operation=operation_id)
    operation = found[0] if found else None
    if operation is not None:
        given |= {"owner": operation.owner_id, "original": operation.original_id}
    transfers = _rows(conn, Moved, Q.explained_transfers, given) if operation else []
    batch = _rows(conn, Batch, Q.explained_batch, given)
    return Explanation(
        id=operation_id,
        operation=operation,
        place=operation_id & ((1 << PLACE_BITS) - 1),
        transfers=transfers,
        lots=_rows(conn, TouchedLot, Q.explained_lots, given) if operation else [],
        claims=_claims(transfers),
        relatives=_rows(conn, Relative, Q.explained_relatives, given) if operation else [],
        record=record[0] if record else None,
        batch=batch[0] if batch else None,
    )


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Give an explanation for JSON: what is kept as JSON text stands in it as it is."""
    data: dict[str, Any] = msgspec.to_builtins(explanation, enc_hook=str)
    if explanation.operation is not None:
        data["operation"]["data"] = Raw(explanation.operation.data.encode())
    if explanation.record is not None:
        data["record"]["answer"] = Raw(explanation.record.answer.encode())
    return data


def _claims(transfers: Iterable[Moved]) -> list[Claim]:
    """Sum the claims by issuer and redeemer, as the answer does; counter-claims are negative."""
    sums: dict[tuple[int, int], int] = {}
    for moved in transfers:
        if moved.movement in ("claim", "claim_reserve"):
            pair, amount = (moved.from_owner, moved.to_owner), moved.amount
        elif moved.movement == "counterclaim":
            pair, amount = (moved.to_owner, moved.from_owner), -moved.amount
        else:
            continue
        sums[pair] = sums.get(pair, 0) + amount
    return [Claim(*pair, amount) for pair, amount in sums.items()]


def _rows(conn: Connection, kind: type[Row], statement: bytes, given: dict[str, Any]) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement, given).fetchall()
