"""Load of any size: days of traffic in an alliance, in batches, as fast as they are posted."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from msgspec import Struct

from tongbao.clearing import windows
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.ledger.seal import seal
from tongbao.points import due
from tongbao.points.operations import Operation
from tongbao.points.post import post
from tongbao.sandbox import traffic
from tongbao.sandbox.month import Begin
from tongbao.sandbox.tally import Tally, count
from tongbao.sandbox.traffic import Traffic, World

FIRST: Final = datetime(2026, 1, 1, 16, tzinfo=UTC)
"""Midnight in Shanghai at which the first day of every simulation begins."""

OPENING: Final = 5_000
"""Points (fen) that every member has before the first sale, so that there is something to spend."""


class Plan(Struct, frozen=True, kw_only=True):
    """How much load: so many operations, over so many days, in batches of at most ``batch``.

    ``first`` is the midnight at which the first day begins. ``open``: the last day's window stays
    open.
    """

    operations: int
    days: int
    batch: int
    skew: float
    hot_share: float
    first: datetime = FIRST
    open: bool = False


def open_wallets(
    begin: Begin, world: World, tell: Callable[[int], None], at: datetime = FIRST
) -> None:
    """Give every member its first points; ``tell`` how many at each batch."""
    batch: list[Operation] = []
    for operation in traffic.opening(world, OPENING):
        batch.append(operation)
        if len(batch) == limits.PAGE:
            _open(begin, batch, tell, at)
            batch = []
    _open(begin, batch, tell, at)


def _open(
    begin: Begin, batch: Sequence[Operation], tell: Callable[[int], None], at: datetime
) -> None:
    if batch:
        with begin() as conn:
            post(conn, batch, at)
        tell(len(batch))


def run(
    begin: Begin, world: World, random: Random, plan: Plan, tell: Callable[[int], None]
) -> Tally:
    """Let the planned days pass, each batch in a transaction of its own; give what was answered.

    Each day ends with what is due, the close of its clearing window and the sealing of the journal.
    """
    assert 0 < plan.batch <= limits.BATCH and plan.days > 0
    stream = traffic.start(world, random, skew=plan.skew, hot_share=plan.hot_share)
    tally = Tally()
    for day in range(plan.days):
        midnight = plan.first + timedelta(days=day)
        share = plan.operations * (day + 1) // plan.days - plan.operations * day // plan.days
        times = traffic.times_of_day(random, midnight, share)
        for start in range(0, share, plan.batch):
            within = times[start : start + plan.batch]
            with begin() as conn:
                _post(conn, stream, within, tally)
            tell(len(within))
        if not plan.open or day < plan.days - 1:
            with begin() as conn:
                _cut_over(conn, midnight + timedelta(days=1))
    return tally


def _post(conn: Connection, stream: Traffic, times: Sequence[datetime], tally: Tally) -> None:
    operations = traffic.draw(stream, len(times), times)
    outcomes = post(conn, operations, times[-1])
    traffic.accept(stream, operations, outcomes)
    count(tally, outcomes)


def _cut_over(conn: Connection, at: datetime) -> None:
    for operations in due.pages(conn, at):
        post(conn, operations, at)
    windows.close(conn, at)
    seal(conn, at)
