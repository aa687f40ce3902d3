"""Refuse before posting: what a request names was not found, so that no operation can be made.

The refusal is kept under the request's key like any other: a late retry must not take points
after the till took cash.
"""

from datetime import datetime

from tongbao.kernel import once
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.points import outcome as out
from tongbao.points.operations import Asked


def refuse(
    conn: Connection, scope: int, key: str, asked: Asked, kind: str, refusal: Refusal, at: datetime
) -> out.Outcome:
    """Give and keep the refusal of a request of ``kind``, or what its key was answered before.

    Refuses ``key-reused`` and ``key-running``.
    """
    known = once.begin(conn, scope, key, asked.mark)
    if known is not None:
        return out.replay(known)
    facts = dict(refusal.facts)
    outcome = out.Outcome(
        operation=0,
        kind=kind,
        status="refused",
        position=0,
        written_at=at,
        effective_at=at,
        refusal=out.Refusal(refusal.code, str(refusal), facts, asked.request_id),
    )
    answer = out.encode(outcome).encode()
    once.keep(conn, scope, key, asked.mark, answer, refused=True, at=at)
    return outcome
