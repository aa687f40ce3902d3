"""Spans of what is being done, for whoever has asked for traces; for nobody they cost nothing.

A door that has set up OpenTelemetry gives its tracer to ``use``; the library is not imported here.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

Mark = Any
"""A place in a trace, to link to: OpenTelemetry's ``SpanContext``."""


class Tracer(Protocol):
    """What makes spans and says where we are (``hosting/traces.py``)."""

    def span(
        self, name: str, links: Sequence[Mark], facts: dict[str, Any]
    ) -> Any:  # a context manager
        """Give a span that lasts as long as a block."""

    def here(self) -> Mark | None:
        """Give the place in the trace that this thread or task is in."""


_NOTHING: Final = nullcontext()
_tracers: list[Tracer] = []


def use(tracer: Tracer) -> None:
    """Make spans with ``tracer`` from now on, in this process."""
    _tracers[:] = [tracer]


def span(name: str, links: Sequence[Mark | None] = (), **facts: Any) -> AbstractContextManager[Any]:
    """Make a span of the block, linked to what it does things for."""
    if not _tracers:
        return _NOTHING
    made: AbstractContextManager[Any] = _tracers[0].span(
        name, [mark for mark in links if mark is not None], facts
    )
    return made


def here() -> Mark | None:
    """Give the place in the trace that this thread or task is in, to be linked to."""
    return _tracers[0].here() if _tracers else None
