"""What is measured, on one page. A test compares it with ``docs/reference/metrics.md``.

Several processes of one service add up in files of a folder that the environment names
(``PROMETHEUS_MULTIPROC_DIR``); without it each process counts for itself.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)

REQUEST_SECONDS: Final = Histogram(
    "tongbao_http_request_seconds",
    "Time from a request's arrival to the end of its answer",
    ["method", "route", "status"],
    buckets=_SECONDS,
)
REQUESTS_RUNNING: Final = Gauge(
    "tongbao_http_requests_running",
    "Requests that are being answered",
    multiprocess_mode="livesum",
)
REFUSALS: Final = Counter("tongbao_refusals_total", "Refusals answered over HTTP", ["code"])
MESSAGE_SECONDS: Final = Histogram(
    "tongbao_iso8583_message_seconds",
    "Time from a message's arrival to its answer",
    ["type", "code"],
    buckets=_SECONDS,
)
CONNECTIONS: Final = Gauge(
    "tongbao_iso8583_connections",
    "Connections of terminals that are open",
    multiprocess_mode="livesum",
)
BATCH_OPERATIONS: Final = Histogram(
    "tongbao_teller_batch_operations", "Operations posted together", buckets=_SIZES
)
BATCH_SECONDS: Final = Histogram(
    "tongbao_teller_batch_seconds", "Time to post and commit a batch", buckets=_SECONDS
)
QUEUE_SECONDS: Final = Histogram(
    "tongbao_teller_queue_seconds",
    "Time that the first operation of a batch waited to be taken",
    buckets=_SECONDS,
)
OPERATIONS: Final = Counter(
    "tongbao_operations_total",
    "Operations that a teller has answered",
    ["kind", "outcome"],
)
POOL_USED: Final = Gauge(
    "tongbao_pool_connections_used",
    "Connections of the pools that are in use",
    multiprocess_mode="livesum",
)
POOL_SECONDS: Final = Histogram(
    "tongbao_pool_wait_seconds", "Time to get a connection that works", buckets=_SECONDS
)
JOB_SECONDS: Final = Histogram(
    "tongbao_job_seconds",
    "Time of one run of a job",
    ["job", "outcome"],
    buckets=(*_SECONDS, 60.0, 300.0, 1_800.0),
)
CALL_SECONDS: Final = Histogram(
    "tongbao_webhook_call_seconds",
    "Time of one call of a webhook",
    ["outcome"],
    buckets=_SECONDS,
)
