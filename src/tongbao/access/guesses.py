"""How often something may be tried: counted in the database, for all processes together.

A guess is counted before it is looked at, in a statement that lets one go after the other, so
that a thousand at once are counted, too. Whoever is refused is given back as a refusal and not
raised, for the count must be committed.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__, "guess_queries.sql")


class TooManyAttempts(Refused):
    code = "too-many-attempts"
    text = "this was tried too often; try again in {seconds} seconds"


class Bound(Struct, frozen=True):
    """At most ``most`` of a ``kind`` in ``within``, per subject."""

    kind: str
    most: int
    within: timedelta


LONGEST: Final = timedelta(days=1)
"""No bound looks back further."""


def count(conn: Connection, bound: Bound, subject: str, at: datetime) -> TooManyAttempts | None:
    """Count one try; give the refusal when there were too many."""
    assert bound.within <= LONGEST, "what is older is forgotten"
    values = {"kind": bound.kind, "subject": subject, "at": at, "begin": at - bound.within}
    row = conn.execute(Q.count_guess, values).fetchone()
    assert row is not None, "it has just been written"
    since, tried = row
    if tried <= bound.most:
        return None
    wait = max(timedelta(seconds=1), since + bound.within - at)
    return TooManyAttempts(seconds=-(-wait // timedelta(seconds=1)))


def refused(conn: Connection, bound: Bound, subject: str, at: datetime) -> TooManyAttempts | None:
    """Give the refusal when there were too many tries already; counts none.

    For what is right nearly always, and is counted when it was wrong.
    """
    values = {"kind": bound.kind, "subject": subject, "begin": at - bound.within}
    row = conn.execute(Q.guesses_so_far, values).fetchone()
    if row is None or row[1] < bound.most:
        return None
    wait = max(timedelta(seconds=1), row[0] + bound.within - at)
    return TooManyAttempts(seconds=-(-wait // timedelta(seconds=1)))


def forgive(conn: Connection, bound: Bound, subject: str) -> None:
    """Forget what was tried, after it was right."""
    conn.execute(Q.forgive_guess, {"kind": bound.kind, "subject": subject})


def forget(conn: Connection, at: datetime) -> int:
    """Forget what no bound looks at any more; give how many."""
    return conn.execute(Q.forget_guesses, {"before": at - LONGEST}).rowcount
