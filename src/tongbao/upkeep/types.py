"""The nouns of the worker: a job, what it works with, how a run went."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings

QUEUE: Final = "tongbao"
"""The queue that workers take jobs from."""

Facts = dict[str, Any]
"""What a job did, to be shown and kept: counts and codes by name; empty when nothing was due."""


class Bench(Struct, frozen=True, kw_only=True):
    """What a job works with: settings, a connection without a transaction, and the clock."""

    settings: Settings
    conn: Connection
    now: Callable[[], datetime]


class Job(Struct, frozen=True, kw_only=True):
    """Something done on time. ``cron`` says when, in UTC; a sixth field counts seconds."""

    name: str
    cron: str
    help: str
    do: Callable[[Bench], Facts]


class Run(Struct, frozen=True, kw_only=True):
    """How one run of a job went: ``done``, ``failed`` or ``busy`` (somebody else runs it).

    ``error`` is the code and sentence of a refusal, or the kind and text of an exception.
    """

    job: str
    outcome: str
    began_at: datetime
    ended_at: datetime
    facts: Facts = {}
    error: str | None = None

    @property
    def eventful(self) -> bool:
        """Tell whether there is anything to say about it."""
        return self.outcome == "failed" or any(self.facts.values())
