"""A trace leads from a request to its batch, and to the commit."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.world import build
from tongbao.alliance.types import Terms
from tongbao.hosting import traces
from tongbao.kernel import db as database
from tongbao.kernel import tracing
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award
from tongbao.teller.teller import Teller


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(traces.Traces(provider))
    yield exporter
    tracing._tracers.clear()


def test_a_request_its_batch_and_the_commit_are_linked(
    db: Connection, database_url: str, spans: InMemorySpanExporter
) -> None:
    world = build(db, {"A": Terms()})
    award = Award(
        key="1", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=100,
    )  # fmt: skip
    with Teller(lambda: database.connect(database_url)) as teller, tracing.span("POST request"):
        teller.post(award)
    made = {span.name: span for span in spans.get_finished_spans()}
    request, batch = made["POST request"], made["batch"]
    assert [link.context.span_id for link in batch.links] == [request.context.span_id]
    for name in ("post", "commit"):
        parent = made[name].parent
        assert parent is not None
        assert parent.span_id == batch.context.span_id
    assert dict(batch.attributes or {}) == {"operations": 1}


def test_nobody_is_traced_who_has_not_asked_for_it() -> None:
    assert traces.begin({}, "here") is False
    assert tracing.here() is None
