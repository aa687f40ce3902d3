"""Traces by OpenTelemetry: request, batch and commit, when the environment names a collector.

The variables are OpenTelemetry's own (``OTEL_EXPORTER_OTLP_ENDPOINT`` and others); the libraries
are the extra ``tongbao[traces]``.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import metadata
from typing import Any, Final

from tongbao.kernel import tracing
from tongbao.kernel.errors import Refused

VARIABLES: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class TracesNotInstalled(Refused):
    code = "traces-not-installed"
    text = "traces are wanted, and OpenTelemetry is not installed: {missing}"


def begin(environ: Mapping[str, str], part: str) -> bool:
    """Trace in this process if ``environ`` names a collector; tell whether it does.

    ``part`` is the name of the process in traces. Refuses ``traces-not-installed``.
    """
    if not any(environ.get(name) for name in VARIABLES):
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesNotInstalled(missing=error.name) from error
    named = {
        "service.name": environ.get("OTEL_SERVICE_NAME") or "tongbao",
        "service.version": metadata.version("tongbao"),
        "service.instance.id": part,
    }
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.use(Traces(provider))
    return True


class Traces:
    """Spans of OpenTelemetry, as the packages below want them."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import trace

        self._trace = trace
        self._tracer = provider.get_tracer("tongbao")

    def span(
        self, name: str, links: Sequence[Any], facts: dict[str, Any]
    ) -> AbstractContextManager[Any]:
        """Give a span that is current in its block, and says so when the block fails."""
        made: AbstractContextManager[Any] = self._tracer.start_as_current_span(
            name,
            links=[self._trace.Link(mark) for mark in links],
            attributes={key: value for key, value in facts.items() if value is not None},
        )
        return made

    def here(self) -> Any:
        """Give the context of the current span; None outside of any."""
        context = self._trace.get_current_span().get_span_context()
        return context if context.is_valid else None
