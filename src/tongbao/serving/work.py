"""The worker as a process of the service."""

import logging
import os
from multiprocessing.connection import Connection as Rope
from typing import Final

from tongbao.hosting import logs, traces
from tongbao.kernel import clock, metrics
from tongbao.kernel.settings import Settings
from tongbao.serving.rope import watch
from tongbao.upkeep import jobs
from tongbao.upkeep.types import Run
from tongbao.worker import service

_log: Final = logging.getLogger("tongbao.worker")


def work(settings: Settings, rope: Rope) -> None:
    """Run all jobs that the settings do not leave out, until SIGTERM or the parent's death."""
    watch(rope, lambda: None)
    logs.configure(settings.log_format, settings.log_level)
    traces.begin(os.environ, "worker")
    service.serve(jobs.choose(settings.worker_skip), settings, clock.now, _tell, _log.warning)


def _tell(run: Run) -> None:
    seconds = (run.ended_at - run.began_at).total_seconds()
    metrics.JOB_SECONDS.labels(run.job, run.outcome).observe(seconds)
    if run.outcome == "failed":
        _log.error("job failed", extra={"job": run.job, "error": run.error})
    elif run.eventful:
        _log.info("job done", extra={"job": run.job, "facts": run.facts})
