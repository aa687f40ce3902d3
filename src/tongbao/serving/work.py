"""The worker as a process of the service."""

import logging
from multiprocessing.connection import Connection as Rope
from typing import Final

from tongbao.kernel import clock
from tongbao.kernel.settings import Settings
from tongbao.serving.rope import watch
from tongbao.worker import jobs, service
from tongbao.worker.types import Run

_log: Final = logging.getLogger("tongbao.worker")


def work(settings: Settings, rope: Rope) -> None:
    """Run all jobs that the settings do not leave out, until SIGTERM or the parent's death."""
    watch(rope, lambda: None)
    service.serve(jobs.choose(settings.worker_skip), settings, clock.now, _tell, _log.warning)


def _tell(run: Run) -> None:
    if run.outcome == "failed":
        _log.error("%s failed: %s", run.job, run.error)
    elif run.eventful:
        _log.info("%s: %s", run.job, run.facts)
