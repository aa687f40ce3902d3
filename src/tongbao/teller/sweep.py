"""Sweep: post what time has made due, page by page, and seal what waits.

What the command line and the worker both do. It may be stopped anywhere, run again, and run twice
at once: keys follow from what is due, so nothing is ended or released a second time.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct, field

from tongbao.kernel.db import Connection, DatabaseUnreachable
from tongbao.kernel.errors import Refusal
from tongbao.ledger import seal
from tongbao.points import due
from tongbao.points.check import Rules
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import OutcomeUnknown, is_lost, post_batch


class Swept(Struct, kw_only=True):
    """What a sweep has done: operations and points by kind, refusals by code.

    ``failed`` counts what could not be posted, by code or kind of exception; it is still due.
    ``sealed``: batches linked to the chain after it. ``more``: it ended before all was looked at.
    """

    posted: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    sealed: int = 0
    more: bool = False


def sweep(
    conn: Connection,
    rules: Rules,
    now: Callable[[], datetime],
    tell: Callable[[int], object] = lambda _: None,
    until: datetime | None = None,
) -> Swept:
    """Post all that is due when it begins, each page in a transaction of its own.

    Operations that fail are counted and left for the next sweep. ``tell`` hears of how many each
    page was. No page is begun after ``until``. Raises what ends the connection; whatever was posted
    before stays.
    """
    swept = Swept()
    for page in due.pages(conn, now()):
        if until is not None and now() >= until:
            swept.more = True
            break
        for outcome in post_batch(conn, page, now(), rules):
            _count(conn, swept, outcome)
        tell(len(page))
    return swept


def sweep_and_seal(
    conn: Connection,
    rules: Rules,
    now: Callable[[], datetime],
    tell: Callable[[int], object] = lambda _: None,
    until: datetime | None = None,
) -> Swept:
    """Sweep, and then seal what waits, unless the sweep took all the time there was."""
    swept = sweep(conn, rules, now, tell, until)
    if not swept.more:
        swept.sealed = seal_waiting(conn, now)
    return swept


def seal_waiting(conn: Connection, now: Callable[[], datetime]) -> int:
    """Seal the batches that wait and give how many; under load not all: there is always one more.

    None when somebody else is sealing.
    """
    total = 0
    while True:
        with conn.transaction():
            sealed = seal.seal(conn, now(), seal.LIMIT)
        total += sealed
        if sealed < seal.LIMIT:
            return total


def _count(conn: Connection, swept: Swept, outcome: Outcome | Exception) -> None:
    if isinstance(outcome, Exception):
        if isinstance(outcome, OutcomeUnknown | DatabaseUnreachable) or is_lost(conn, outcome):
            raise outcome
        name = outcome.code if isinstance(outcome, Refusal) else type(outcome).__name__
        swept.failed[name] += 1
    elif outcome.replayed:
        pass  # somebody else sweeps too
    elif outcome.refusal is not None:
        swept.refused[outcome.refusal.code] += 1
    else:
        swept.posted[outcome.kind] += 1
        swept.points[outcome.kind] += sum(part.points for part in outcome.lots)
