"""The jobs, in the order in which one run of all does them. Each is a call of a package below.

All of them look at what is due now, not at what a clock has told them: a job that was missed, or
cut short by ``kill -9``, is made up for by the next run of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tongbao.access import forgetting
from tongbao.bank.missing import raise_missing
from tongbao.clearing.calendar import cutover_of
from tongbao.clearing.exposure import raise_alerts
from tongbao.clearing.scheduled import close_due, propose_due
from tongbao.desk import exceptions
from tongbao.figures import cohorts, days, windows
from tongbao.joining import applications
from tongbao.kernel import job_queue, sql
from tongbao.kernel.errors import NotFound
from tongbao.ledger.verify import Report
from tongbao.points.check import Rules
from tongbao.points.guard import forget as forget_codes
from tongbao.reconcile.disputes import remind
from tongbao.teller.sweep import seal_waiting
from tongbao.teller.sweep import sweep as sweep_due
from tongbao.till.sleepers import lock_all
from tongbao.till.watch import forget as forget_tallies
from tongbao.till.watch import look_at_all
from tongbao.upkeep import settling, verifications
from tongbao.upkeep.types import QUEUE, Bench, Facts, Job
from tongbao.webhooks import deliveries, fanout

Q = sql.load(__package__)

BROKEN_LAW: Final = "broken-law"
_WORKER: Final = "worker"
"""Who proposes, for the record: a person has to approve."""

_KEPT: Final = timedelta(days=40)
"""How long used payment codes and the watch's counts are kept: offline lines may come so late."""
CALL: Final = "call-webhook"
"""The job, queued when it is needed, that calls one webhook."""

_PAGES: Final = 50
"""Pages of events that one run queues at most."""

_AT_ONCE: Final = 100
"""Organisations that are looked up together to be summed."""

_EVERY_MINUTE: Final = "* * * * *"
_EVERY_FIVE_SECONDS: Final = "* * * * * */5"
_EVERY_TWO_SECONDS: Final = "* * * * * */2"


class JobUnknown(NotFound):
    code = "job-unknown"
    text = "there is no job named {job}; there are {known}"


def sweep(bench: Bench) -> Facts:
    """End holds past their time, release awards, end lots past their date."""
    swept = sweep_due(bench.conn, Rules(zone=bench.settings.time_zone), bench.now)
    return {**swept.posted, "refused": dict(swept.refused), "not_posted": dict(swept.failed)}


def seal(bench: Bench) -> Facts:
    """Link the batches that were committed to the hash chain."""
    return {"batches": seal_waiting(bench.conn, bench.now)}


def close(bench: Bench) -> Facts:
    """Close the window of a business date that has ended."""
    with bench.conn.transaction():
        window = close_due(bench.conn, bench.now(), cutover_of(bench.settings))
    return {"window": window.id if window else None}


def propose(bench: Bench) -> Facts:
    """Propose the settlements that are due; a person approves them."""
    with bench.conn.transaction():
        made = propose_due(bench.conn, bench.now(), cutover_of(bench.settings), _WORKER)
    return {"settlements": [one.id for one in made]}


def alerts(bench: Bench) -> Facts:
    """Raise items for limits nearly used and blocks to be bought; end those that have passed."""
    with bench.conn.transaction():
        found = raise_alerts(bench.conn, bench.now())
    return {"raised": found.raised, "ended": found.ended}


def figures(bench: Bench) -> Facts:
    """Sum closed windows, for pages that show the alliance as a whole or an issuer's points."""
    zone, summed, more = bench.settings.time_zone, 0, True
    while more:
        with bench.conn.transaction():
            more = windows.catch_up(bench.conn, zone, 1) > 0
        summed += more
    more = True
    while more:
        with bench.conn.transaction():
            more = cohorts.catch_up(bench.conn, zone)
    return {"windows": summed, "organisations": _sum_days(bench)}


def _sum_days(bench: Bench) -> int:
    """Sum what organisations did by day, each in a transaction of its own; give how many."""
    cutover, summed, last = cutover_of(bench.settings), 0, 0
    while late := days.behind(bench.conn, _AT_ONCE, last):
        for last in late:
            with bench.conn.transaction():
                days.catch_up(bench.conn, last, cutover)
        summed += len(late)
    return summed


def payments(bench: Bench) -> Facts:
    """Raise items for payments that should have been on a statement of the bank by now."""
    now = bench.now()
    today = now.astimezone(ZoneInfo(bench.settings.time_zone)).date()
    with bench.conn.transaction():
        return {"missing": raise_missing(bench.conn, today, now)}


def disputes(bench: Bench) -> Facts:
    """Raise items for disputes that somebody should have answered or decided by now."""
    with bench.conn.transaction():
        return {"overdue": remind(bench.conn, bench.now())}


def watch(bench: Bench) -> Facts:
    """Look at what staff and refunds look like; what is found waits for a person."""
    return {"found": look_at_all(bench.conn, bench.now).found}


def sleepers(bench: Bench) -> Facts:
    """Lock the wallets of members who have not been here for long."""
    return {"locked": lock_all(bench.conn, bench.now, bench.settings.dormant_days).locked}


def verify(bench: Bench) -> Facts:
    """Verify what somebody has asked for, else what is new; a broken law waits on the desk."""
    reports = verifications.carry_out_asked(bench.conn, bench.now)
    if not reports:
        reports = [verifications.verify(bench.conn, bench.now, origin="schedule")]
    for report in reports:
        if not report.holds:
            with bench.conn.transaction():
                _raise_items(bench, report)
    broken = {one.law for report in reports for one in report.results if not one.holds}
    return {"broken_laws": sorted(broken)}


def webhooks(bench: Bench) -> Facts:
    """Queue what webhooks are to be told, and a job for each that has something to be sent."""
    queued = _PAGES
    while queued and fan_out_page(bench):
        queued -= 1
    with bench.conn.transaction():
        replayed = fanout.go_on(bench.conn, bench.now())
    due = fanout.due(bench.conn, bench.now())
    bench.conn.execute(job_queue.SEARCH)
    fanout.queue_jobs(bench.conn, due, QUEUE, CALL)
    return {"replayed": replayed}


def fan_out_page(bench: Bench) -> bool:
    """Queue what one page of events makes due; tell whether there may be more."""
    with bench.conn.transaction():
        return fanout.fan_out(bench.conn, bench.now()) == fanout.PAGE


def tidy(bench: Bench) -> Facts:
    """Forget what killed workers had taken from the queue, and what nobody counts any more."""
    with bench.conn.transaction():
        forget_codes(bench.conn, bench.now() - _KEPT)
        forget_tallies(bench.conn, (bench.now() - _KEPT).date())
        verifications.forget(bench.conn, bench.now())
    with bench.conn.transaction():
        forgetting.forget(bench.conn, bench.now())
        deliveries.forget(bench.conn, bench.now())
        applications.forget(bench.conn, bench.now())
    bench.conn.execute(job_queue.SEARCH)
    return {"lost": bench.conn.execute(Q.forget_lost_jobs).rowcount}


def _raise_items(bench: Bench, report: Report) -> None:
    """Raise an item for each broken law that has none open; its offenders are shown by verify."""
    now = bench.now()
    waiting = exceptions.listed(bench.conn, BROKEN_LAW, now=now)
    known = {item.facts["law"] for item in waiting}
    for result in report.results:
        if not result.holds and result.law not in known:
            facts = {
                "law": result.law,
                "sentence": result.sentence,
                "offenders": len(result.offenders),
                "position": report.position,
            }
            subject = f"law {result.law}, {now.isoformat()}"
            exceptions.raise_item(bench.conn, BROKEN_LAW, None, subject, facts, now)


def choose(skip: str) -> list[Job]:
    """Give the jobs but those named in ``skip``, separated by commas; refuses ``job-unknown``."""
    left_out = [name for name in skip.split(",") if name]
    known = [job.name for job in JOBS]
    for name in left_out:
        if name not in known:
            raise JobUnknown(job=name, known=", ".join(known))
    return [job for job in JOBS if job.name not in left_out]


JOBS: Final[Sequence[Job]] = (
    Job(name="sweep", cron=_EVERY_MINUTE, do=sweep, help="holds, releases and expiries due"),
    Job(name="close", cron=_EVERY_MINUTE, do=close, help="the window, at the cut-over"),
    Job(name="propose", cron=_EVERY_MINUTE, do=propose, help="settlements that are due"),
    Job(name="alerts", cron=_EVERY_MINUTE, do=alerts, help="limits and blocks nearly used"),
    Job(name="pay", cron=_EVERY_MINUTE, do=settling.pay, help="payment files, when approved"),
    Job(name="take", cron=_EVERY_MINUTE, do=settling.take, help="what the bank has sent"),
    Job(name="payments", cron="*/15 * * * *", do=payments, help="what the bank has not reported"),
    Job(name="disputes", cron="*/15 * * * *", do=disputes, help="deadlines of disputes"),
    Job(
        name="statements",
        cron="*/5 * * * *",
        do=settling.state,
        help="everybody's statements",
    ),
    Job(name="figures", cron=_EVERY_MINUTE, do=figures, help="sums of closed windows, for pages"),
    Job(name="liability", cron="30 * * * *", do=settling.estimate, help="a month that is over"),
    Job(name="seal", cron=_EVERY_FIVE_SECONDS, do=seal, help="the hash chain"),
    Job(name="webhooks", cron=_EVERY_TWO_SECONDS, do=webhooks, help="who is to be told of what"),
    Job(name="verify", cron="*/10 * * * *", do=verify, help="the laws, on what is new"),
    Job(name="watch", cron=_EVERY_MINUTE, do=watch, help="what staff and refunds look like"),
    Job(name="sleepers", cron="20 19 * * *", do=sleepers, help="wallets without their members"),
    Job(name="tidy", cron="*/5 * * * *", do=tidy, help="what killed workers left in the queue"),
)
