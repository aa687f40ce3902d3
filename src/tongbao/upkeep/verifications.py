"""Verifications of the laws: asked for and carried out by the worker, and a record of each.

A whole one takes minutes on a large ledger, so nobody waits for it who calls: it is asked for, and
how it went is read. What runs on schedule or by command is recorded as well, when it has ended.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from tongbao.clearing.laws import LAWS
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound
from tongbao.ledger import verify as ledger
from tongbao.ledger.verify import OFFENDERS, Report, Result
from tongbao.upkeep.run import describe
from tongbao.upkeep.types import QUEUE

Q = sql.load(__package__, "verification_queries.sql")

JOB: Final = "verify"
"""The job that carries out what was asked for."""

_LAST: Final = 2**63 - 1

_KEPT: Final = timedelta(days=90)
"""How long it is known that a verification on schedule found nothing."""

State = Literal["waiting", "running", "holds", "broken", "failed"]
Origin = Literal["schedule", "command", "person"]


class VerificationNotFound(NotFound):
    code = "verification-not-found"
    text = "there is no verification {verification}"


class Offending(Struct, frozen=True, kw_only=True):
    """A row that breaks a law, and which query found it; its values are written as texts."""

    query: str
    row: dict[str, str | None]


class Verified(Struct, frozen=True, kw_only=True):
    """What verifying one law has found; ``offenders`` are not all, if there are many."""

    law: int
    sentence: str
    holds: bool
    milliseconds: int
    offenders: list[Offending]


class Verification(Struct, frozen=True, kw_only=True):
    """A verification and what it found.

    ``since``: when the point was recorded that it began from, none: everything was verified.
    ``position``: the last operation it saw; ``unsealed``: batches that waited for their seal then.
    ``error`` says why it could not be carried out.
    """

    id: int
    origin: Origin
    incremental: bool
    state: State
    asked_by: str | None
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    since: datetime | None
    position: int | None
    unsealed: int | None
    laws: list[Verified]
    error: str | None

    @property
    def broken(self) -> list[int]:
        """Name the laws that did not hold."""
        return [one.law for one in self.laws if not one.holds]


def ask(conn: Connection, *, incremental: bool, by: str, at: datetime) -> Verification:
    """Ask for the laws to be verified; the one that waits or runs already, if there is one.

    In the caller's transaction; the worker begins when it is committed.
    """
    conn.execute(Q.ask, {"incremental": incremental, "by": by, "at": at})
    asked = conn.execute(Q.asked, {"incremental": incremental}).fetchone()
    assert asked is not None, "it was there, or is now"
    conn.execute(Q.search_queue)
    conn.execute(Q.queue_job, {"queue": QUEUE, "job": JOB, "at": at})
    return get(conn, asked[0])


def get(conn: Connection, verification: int) -> Verification:
    """Give a verification; refuses ``verification-not-found``."""
    found = _read(conn, Q.verification, {"id": verification})
    if not found:
        raise VerificationNotFound(verification=verification)
    return found[0]


def listed(conn: Connection, before: int = _LAST, limit: int = limits.PAGE) -> list[Verification]:
    """List verifications, the newest first: those with ids below ``before``."""
    return _read(conn, Q.verifications, {"before": before, "limit": limit})


def carry_out_asked(conn: Connection, now: Callable[[], datetime]) -> list[Report]:
    """Carry out what was asked for, one after the other; for the one who runs the job."""
    reports = []
    while (taken := conn.execute(Q.take, {"at": now()}).fetchone()) is not None:
        number, incremental = taken
        try:
            with conn.transaction():
                report = ledger.verify(conn, incremental=incremental, at=now(), laws=LAWS)
        except Exception as error:
            if conn.broken:
                raise  # it is taken once more
            conn.execute(Q.end_one, _failed(error, now()) | {"id": number})
            raise
        conn.execute(Q.end_one, _ended(report, now()) | {"id": number})
        reports.append(report)
    return reports


def verify(
    conn: Connection,
    now: Callable[[], datetime],
    *,
    origin: Origin,
    incremental: bool = True,
    limit: int = OFFENDERS,
    tell: Callable[[Result], None] = lambda _: None,
) -> Report:
    """Verify the laws at once, and record it; what prevents it is recorded and raised."""
    began = now()
    said = {"origin": origin, "incremental": incremental, "began": began}
    try:
        with conn.transaction():
            report = ledger.verify(
                conn, incremental=incremental, at=began, limit=limit, tell=tell, laws=LAWS
            )
    except Exception as error:
        with suppress(psycopg.Error):
            conn.execute(Q.write_ended, said | _failed(error, now()))
        raise
    conn.execute(Q.write_ended, said | _ended(report, now()))
    return report


def forget(conn: Connection, at: datetime) -> int:
    """Forget what found nothing on schedule long ago; give how many."""
    return conn.execute(Q.forget, {"before": at - _KEPT}).rowcount


def _ended(report: Report, at: datetime) -> dict[str, Any]:
    """Give what is recorded of a verification that was carried out."""
    return {
        "state": "holds" if report.holds else "broken",
        "at": at,
        "since": report.since,
        "position": report.position,
        "unsealed": report.waiting,
        "laws": msgspec.json.encode([_told(one) for one in report.results]).decode(),
        "error": None,
    }


def _failed(error: Exception, at: datetime) -> dict[str, Any]:
    """Give what is recorded of one that could not be carried out."""
    nothing = dict.fromkeys(("since", "position", "unsealed", "laws"))
    return nothing | {"state": "failed", "at": at, "error": describe(error)}


def _told(result: Result) -> Verified:
    return Verified(
        law=result.law,
        sentence=result.sentence,
        holds=result.holds,
        milliseconds=round(result.milliseconds),
        offenders=[
            Offending(
                query=one.query,
                row={name: None if v is None else str(v) for name, v in one.row.items()},
            )
            for one in result.offenders
        ],
    )


_decode = msgspec.json.Decoder(list[Verified]).decode


def _read(conn: Connection, query: bytes, given: dict[str, Any]) -> list[Verification]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, given).fetchall()
    return [Verification(**row | {"laws": _decode(row["laws"] or "[]")}) for row in rows]
