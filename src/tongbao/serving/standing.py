"""What the database knows of how things stand, asked when metrics are asked for."""

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tongbao.events import outbox
from tongbao.kernel import db, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings

Q = sql.load(__package__)

UP: Final = "tongbao_database_up"

GAUGES: Final = {
    "tongbao_event_reader_lag_seconds": (
        "Age of the oldest event that a reader has not read", outbox.LAGS, ["reader"],
    ),
    "tongbao_event_stream_held_seconds": (
        "Age of the oldest transaction that holds the stream of events up", Q.stream_lag, [],
    ),
    "tongbao_webhooks": ("Endpoints by state", Q.webhook_states, ["state"]),
    "tongbao_exception_items": (
        "Items that wait for a person: limits nearly used, broken laws, disabled webhooks",
        Q.open_items, ["kind"],
    ),
    "tongbao_unsealed_batches": ("Batches that are not in the hash chain yet", Q.unsealed, []),
}  # fmt: skip
"""Name, meaning, question and labels; the last column of an answer is the value."""

PAIRS: Final = {
    Q.webhook_queue: (
        [],
        ("tongbao_webhook_deliveries_waiting", "Deliveries that wait"),
        ("tongbao_webhook_oldest_seconds", "Since when the oldest delivery waits"),
    ),
    Q.failing_jobs: (
        ["job"],
        ("tongbao_job_failures_in_row", "Runs of a job that failed since one went well"),
        ("tongbao_job_age_seconds", "Time since the last run of a job ended"),
    ),
}
"""Questions with two values: labels, and name and meaning of each."""


PATIENCE: Final = 5.0
"""Seconds in which the database has to answer; who asks for metrics waits ten."""


class Standing(Collector):
    """Asks the database, on one connection; thread-safe. A database that is away is an answer.

    One that hangs keeps one thread and one connection, however often is asked.
    """

    def __init__(self, settings: Settings, patience: float = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience
        self._conn: Connection | None = None
        self._asked: Future[list[Metric]] | None = None
        self._guard = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Give all gauges, or that the database does not answer in time."""
        with self._guard:
            asked = self._asked
            if asked is None or asked.done():
                asked = self._asked = Future()
                threading.Thread(
                    target=self._ask, args=(asked,), name="standing", daemon=True
                ).start()
        try:
            return asked.result(self._patience)
        except (TimeoutError, psycopg.Error, Refusal):
            return [_gauge(UP, "Whether the database answers", [], [(0,)])]

    def _ask(self, asked: "Future[list[Metric]]") -> None:
        try:
            self._conn = self._conn or db.connect(self._settings)
            asked.set_result(list(_ask(self._conn)))
        except BaseException as error:  # noqa: BLE001 - it is told to who asks
            self._let_go()
            asked.set_exception(error)

    def _let_go(self) -> None:
        if self._conn is not None:
            with suppress(psycopg.Error):
                self._conn.close()
        self._conn = None


def _ask(conn: Connection) -> Iterable[Metric]:
    yield _gauge(UP, "Whether the database answers", [], [(1,)])
    for name, (meaning, question, labels) in GAUGES.items():
        yield _gauge(name, meaning, labels, conn.execute(question).fetchall())
    for question, (labels, *both) in PAIRS.items():
        rows = conn.execute(question).fetchall()
        for place, (name, meaning) in enumerate(both, start=len(labels)):
            values = [(*row[: len(labels)], row[place]) for row in rows]
            yield _gauge(name, meaning, labels, values)


def _gauge(
    name: str, meaning: str, labels: Sequence[str], rows: Sequence[Sequence[object]]
) -> GaugeMetricFamily:
    made = GaugeMetricFamily(name, meaning, labels=list(labels))
    for *said, value in rows:
        made.add_metric([str(one) for one in said], float(str(value or 0)))
    return made
