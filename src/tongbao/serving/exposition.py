"""Metrics for Prometheus, on a port of their own: one answer for all processes of the service."""

import os
import tempfile
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings
from tongbao.serving.standing import Standing

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


class MetricsUnusable(Refused):
    code = "metrics-unusable"
    text = "metrics cannot be served at {host}:{port}: {reason}"


@contextmanager
def exposed(settings: Settings, environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Serve metrics while the block runs, if the settings say where.

    The processes started in it count into one folder, which ``environ`` names to them. Refuses
    ``metrics-unusable``.
    """
    if settings.metrics_port is None:
        yield
        return
    host, port = settings.metrics_host, settings.metrics_port
    with tempfile.TemporaryDirectory(prefix="tongbao-metrics-") as folder:
        environ[FOLDER] = folder
        registry = CollectorRegistry()
        _Counted(registry, folder)  # type: ignore[no-untyped-call]
        registry.register(Standing(settings))
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            reason = error.strerror or str(error)
            raise MetricsUnusable(host=host, port=port, reason=reason) from error
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            del environ[FOLDER]


class _Counted(MultiProcessCollector):
    """What the processes have counted. What dead ones were doing is left out."""

    def collect(self) -> Iterable[Metric]:
        for file in Path(self._path).glob("gauge_live*_*.db"):
            pid = file.stem.rpartition("_")[2]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                mark_process_dead(int(pid), self._path)  # type: ignore[no-untyped-call]
        found: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
        return found
