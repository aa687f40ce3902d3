"""Upkeep over HTTP: what the worker does on time, done now; how its jobs go; the laws verified."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tongbao.api.acting import Actor, Me, Req, act, in_steps, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.reach import operators
from tongbao.api.wire import Id, PathId
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.teller.sweep import sweep_and_seal
from tongbao.till import sleepers, watch
from tongbao.upkeep import jobs, verifications
from tongbao.upkeep.status import JobState, status
from tongbao.upkeep.verifications import Origin, State, Verification

_MOST: Final = timedelta(seconds=20)
"""How long a call does what the worker does: proxies wait for an answer for a minute."""

_LAST: Final = 2**63 - 1

DO: Final = "clearing:write"
READ: Final = operators("audit:read")


class SweptOut(Struct, frozen=True, kw_only=True):
    """What a sweep has done: operations and their points (hundredths) by kind, refusals by code.

    ``failed``: what could not be posted, by code; it is still due. ``sealed``: batches linked to
    the chain. ``more``: its time was over before all was looked at; ask again, with another key.
    """

    posted: dict[str, int]
    points: dict[str, int]
    refused: dict[str, int]
    failed: dict[str, int]
    sealed: int
    more: bool


class WatchedOut(Struct, frozen=True, kw_only=True):
    """How many events were read, and how many items they raised at most.

    ``more``: its time was over before all were read; ask again, with another key.
    """

    events: int
    found: int
    more: bool


class SleepersIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to begin: after a member, the ``through`` of the answer before; unset: at the first."""

    after: Annotated[Id | None, Meta(examples=["1007"])] = None


class LockedOut(Struct, frozen=True, kw_only=True):
    """How many wallets were locked.

    ``through``: the last member that was looked at when its time was over; null: all were.
    """

    locked: int
    through: Id | None


class JobOut(Struct, frozen=True, kw_only=True):
    """A job of the worker and its runs; ``cron`` is in UTC, a sixth field counts seconds.

    ``facts``: what the last run did. ``error`` is of the last failure, at ``failed_at``;
    ``failures_in_row`` counts those since the last run that went well. ``running`` is also one
    whose worker died in it, until it is run again.
    """

    name: str
    help: str
    cron: str
    state: JobState
    next_at: datetime
    runs: int
    began_at: datetime | None
    ended_at: datetime | None
    facts: dict[str, Any] | None
    failures: int
    failures_in_row: int
    failed_at: datetime | None
    error: str | None


class LagOut(Struct, frozen=True, kw_only=True):
    """How old the oldest event is that a reader has not read, in seconds; 0: it has read all."""

    reader: str
    seconds: float


class WorkerOut(Struct, frozen=True, kw_only=True):
    """How many workers live, how many jobs wait in their queue and run; jobs and event readers."""

    workers: int
    waiting: int
    running: int
    jobs: list[JobOut]
    readers: list[LagOut]


class VerificationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to verify: everything, or with ``incremental`` what is new since all laws held last."""

    incremental: bool = False


class VerificationOut(Struct, frozen=True, kw_only=True):
    """A verification of the laws: ``waiting``, ``running``, or how it ended.

    It ``holds``, is ``broken`` (the laws are named) or has ``failed``, ``error`` says why.
    ``since``: from when on, null: everything; ``position``: the last operation that it saw;
    ``unsealed``: batches that waited for their seal then.
    """

    id: Id
    origin: Origin
    incremental: bool
    state: State
    asked_by: str | None
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    since: datetime | None
    position: Id | None
    unsealed: int | None
    broken: list[int]
    error: str | None


class OffendingOut(Struct, frozen=True, kw_only=True):
    """A row that breaks a law, and the name of the query that found it; values are texts."""

    query: str
    row: dict[str, str | None]


class VerifiedOut(Struct, frozen=True, kw_only=True):
    """What verifying one law has found; of many rows that offend it, the first."""

    law: int
    sentence: str
    holds: bool
    milliseconds: int
    offenders: list[OffendingOut]


class VerificationWholeOut(VerificationOut, frozen=True, kw_only=True):
    """A verification with what was found, law by law; none before it has ended."""

    laws: list[VerifiedOut]


@post("/v1/sweeps", **operators(DO, status_code=200))
async def sweep(request: Req, caller: Me, actor: Actor) -> Response[SweptOut]:
    """End holds past their time, release awards, end lots past their date; then seal.

    The worker does so every minute. Whatever is due is done once, however often it is asked for.
    """
    rules = parts.of(request).teller.rules

    def do(conn: Connection) -> object:
        return sweep_and_seal(conn, rules, clock.now, until=clock.now() + _MOST)

    return await in_steps(request, caller, actor, None, SweptOut, do)


@post("/v1/risk/watch", **operators("risk:write", status_code=200))
async def look(request: Req, caller: Me, actor: Actor) -> Response[WatchedOut]:
    """Read what has happened since the last time, and note what deserves a look."""

    def do(conn: Connection) -> object:
        return watch.look_at_all(conn, clock.now, clock.now() + _MOST)

    return await in_steps(request, caller, actor, None, WatchedOut, do)


@post("/v1/risk/sleepers", **operators("risk:write", status_code=200))
async def lock_sleepers(
    request: Req, caller: Me, actor: Actor, data: JSONBody[SleepersIn]
) -> Response[LockedOut]:
    """Lock the wallets of members who have not been here for `TONGBAO_DORMANT_DAYS`."""
    days = parts.of(request).settings.dormant_days
    above = 0 if data.after is None else number(data.after)

    def do(conn: Connection) -> object:
        until = clock.now() + _MOST
        return sleepers.lock_all(conn, clock.now, days, above=above, until=until)

    return await in_steps(request, caller, actor, data, LockedOut, do)


@get("/v1/worker", **READ)
async def get_worker(request: Req) -> WorkerOut:
    """Give each job's last and next run and its failures, the queue, and who works on it."""
    return await show(request, WorkerOut, lambda conn: status(conn, jobs.JOBS, clock.now()))


@post("/v1/verifications", **operators(DO, status_code=202))
async def ask(
    request: Req, caller: Me, actor: Actor, data: JSONBody[VerificationIn]
) -> Response[VerificationOut]:
    """Ask the worker to verify the laws of the ledger; what is found is read when it has ended.

    Asked for while another of its kind waits or runs, it is that one.
    """

    def do(conn: Connection, at: datetime) -> Verification:
        return verifications.ask(conn, incremental=data.incremental, by=actor, at=at)

    return await act(request, caller, actor, data, VerificationOut, do)


@get("/v1/verifications", **READ)
async def list_verifications(
    request: Req, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[VerificationOut]:
    """List verifications of the laws, the newest first: asked for, on schedule and by command."""
    return await pages(
        request, VerificationOut, cursor, limit, _LAST, lambda one: one.id, verifications.listed
    )


@get("/v1/verifications/{verification:str}", **READ)
async def get_verification(request: Req, verification: PathId) -> VerificationWholeOut:
    """Give a verification with what was found of each law."""
    which = number(verification)
    return await show(request, VerificationWholeOut, lambda conn: verifications.get(conn, which))


ROUTES: Final[list[BaseRouteHandler]] = [
    sweep,
    look,
    lock_sleepers,
    get_worker,
    ask,
    list_verifications,
    get_verification,
]
