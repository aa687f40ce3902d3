"""Verify the laws on one snapshot: everything, or what is new since the last point verified.

A point is recorded when every law holds: what its snapshot saw, how far the chain had come and
what each account and lot held. An incremental run adds the transfers of batches which that
snapshot did not see, whatever their ids, so that a late commit is never passed over. The laws
about what stands (1, 3, 4, 5, 12) are always verified whole.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

import psycopg
from msgspec import Struct
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import class_row, dict_row

from tongbao.kernel import sql
from tongbao.ledger.digest import GENESIS
from tongbao.ledger.laws import CHAIN, LAWS, Law
from tongbao.ledger.seal import Fault, verify_chain

Q = sql.load(__package__, "verify_queries.sql")

OFFENDERS: Final = 20
"""Offending rows shown of each query unless told otherwise."""

_NOTHING_SEEN: Final = "1:1:"
_NO_WINDOW: Final = 2**31 - 1

Value = int | str | bool | float | datetime | None


class Offender(Struct, frozen=True, kw_only=True):
    """One row that breaks a law: which query found it, and what it says."""

    query: str
    row: dict[str, Value]


class Result(Struct, frozen=True, kw_only=True):
    """What verifying one law gave. ``offenders`` are at most the limit of each query."""

    law: int
    sentence: str
    milliseconds: float
    offenders: list[Offender]

    @property
    def holds(self) -> bool:
        """Tell whether nothing offends the law."""
        return not self.offenders


class Report(Struct, frozen=True, kw_only=True):
    """What one run found. ``since`` is the time of the point it started from; none: everything.

    ``position`` is the last operation it saw; ``waiting`` counts the batches not sealed yet.
    """

    at: datetime
    since: datetime | None
    position: int | None
    waiting: int
    results: list[Result]

    @property
    def holds(self) -> bool:
        """Tell whether every law holds."""
        return all(result.holds for result in self.results)


class _Point(Struct, frozen=True, kw_only=True):
    snapshot: str = _NOTHING_SEEN
    seal_position: int = 0
    seal_digest: bytes = GENESIS
    unsealed_from: int = 0
    verified_at: datetime | None = None


def verify(
    conn: Connection[Any],
    *,
    incremental: bool,
    at: datetime,
    limit: int = OFFENDERS,
    tell: Callable[[Result], None] = lambda _: None,
    laws: Sequence[Law] = LAWS,
) -> Report:
    """Verify ``laws`` and record the point if they hold; ``tell`` hears each result at once.

    The doors give the ledger's laws and those of packages above it. Must be the first thing in the
    caller's transaction, which it makes repeatable read: one snapshot for all laws. One run at a
    time; a second waits. Incremental without an earlier point is a whole run.
    """
    assert conn.info.transaction_status == TransactionStatus.INTRANS, "a door opens the transaction"
    conn.execute(Q.one_snapshot)
    conn.execute(Q.one_verifier)
    conn.execute(Q.plan_for_large_sums)
    point = (_read_point(conn) if incremental else None) or _Point()
    given = _parameters(conn, point, limit)
    results = []
    for law in laws:
        results.append(_verify_law(conn, law, given, point))
        tell(results[-1])
    report = Report(
        at=at,
        since=point.verified_at,
        position=_one(conn, Q.read_position),
        waiting=_one(conn, Q.count_unsealed) or 0,
        results=results,
    )
    if report.holds:
        _record(conn, at)
    return report


def _read_point(conn: Connection[Any]) -> _Point | None:
    with conn.cursor(row_factory=class_row(_Point)) as cursor:
        return cursor.execute(Q.read_last_point).fetchone()


def _parameters(conn: Connection[Any], point: _Point, limit: int) -> dict[str, Any]:
    """Say where the new begins: the first batch unseen or unsealed then, the first window."""
    since, window = 0, 0
    if point.verified_at is not None:
        unseen = _one(conn, Q.read_first_new_batch, {"snapshot": point.snapshot})
        since = min(unseen or point.unsealed_from, point.unsealed_from)
        window = _one(conn, Q.read_first_window, {"since": since}) or _NO_WINDOW
    return {
        "limit": limit,
        "since": since,
        "window": window,
        "snapshot": point.snapshot,
        "incremental": point.verified_at is not None,
    }


def _verify_law(conn: Connection[Any], law: Law, given: dict[str, Any], point: _Point) -> Result:
    began = perf_counter()
    offenders = []
    for query, statement in law.queries.items():
        offenders += [Offender(query=query, row=row) for row in _run(conn, statement, given)]
    if law.number == CHAIN:
        faults = verify_chain(
            conn, point.seal_position, point.seal_digest, given["since"], given["limit"]
        )
        offenders += [Offender(query="verify_chain", row=_fault_row(fault)) for fault in faults]
    return Result(
        law=law.number,
        sentence=law.sentence,
        milliseconds=round((perf_counter() - began) * 1000, 1),
        offenders=offenders,
    )


def _run(conn: Connection[Any], statement: bytes, given: dict[str, Any]) -> list[dict[str, Value]]:
    """Run one query of a law; data that it cannot even read offends it too."""
    try:
        with conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(statement, given, prepare=False).fetchall()
    except psycopg.DataError as error:
        return [{"fault": f"the law cannot be computed: {error}"}]
    return [
        {name: int(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows
    ]


def _fault_row(fault: Fault) -> dict[str, Value]:
    return {
        "seal_position": fault.position,
        "batch_id": fault.batch_id,
        "fault": fault.fault,
    }


def _record(conn: Connection[Any], at: datetime) -> None:
    """Keep what this snapshot saw and found; all of it agrees, since every law holds."""
    conn.execute(Q.write_balances)
    conn.execute(Q.write_lots)
    conn.execute(Q.delete_empty_lots)
    conn.execute(Q.write_point, {"genesis": GENESIS, "at": at})


def _one(
    conn: Connection[Any], statement: bytes, given: dict[str, Any] | None = None
) -> int | None:
    row = conn.execute(statement, given).fetchone()
    return row[0] if row else None
