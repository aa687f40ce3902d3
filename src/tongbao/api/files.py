"""Files for the bank and from it over HTTP: planned, fetched, sent, and what became of them."""

import asyncio
import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from tongbao.api import uploads
from tongbao.api.acting import Actor, Me, Req, act, noted, show
from tongbao.api.bank_accounts import DetailsOut
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.nouns import tell
from tongbao.api.paging import pages, whole
from tongbao.api.reach import operators
from tongbao.api.wire import Id, Money, PathId, PathLine, Reason
from tongbao.bank import by_hand, files, importing, missing, reading, writers
from tongbao.bank.files import Planned, Written
from tongbao.bank.importing import Imported
from tongbao.bank.types import BookedLine, Kind, Report
from tongbao.clearing import calendar, settlements
from tongbao.hosting import parts
from tongbao.hosting.database import begun
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.liability import months

_LAST: Final = 2**63 - 1
_BYTES: Final = "application/octet-stream"

READ: Final = operators("clearing:read")
WRITE: Final = operators("clearing:write", status_code=200)


class FileOut(Struct, frozen=True, kw_only=True):
    """Payments that go to the bank together: one kind, one day, one account of the operator.

    ``digest``: the SHA-256 of what was fetched, in hex; null: it was not fetched yet.
    """

    id: Id
    settlement: Id
    kind: Kind
    run: int
    part: int
    message_id: str
    writer: str
    count: int
    amount: Money
    execute_on: date
    remittance: str
    made_at: datetime
    account: DetailsOut
    digest: str | None


class PlannedOut(Struct, frozen=True, kw_only=True):
    """All files of a settlement, and the organisations whose leg could go into none."""

    files: list[FileOut]
    left_out: list[Id]


class PlanIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The format of files that are new: iso20022, csv, or another package's."""

    writer: Annotated[str, Meta(max_length=limits.CODE)] = writers.STANDARD


class BankReportOut(Struct, frozen=True, kw_only=True):
    """A file that came from the bank; ``lines`` counts movements of money, or statuses."""

    id: Id
    family: str
    message: str
    message_id: str
    name: str
    size: int
    lines: int
    created_at: datetime
    read_at: datetime
    done_at: datetime | None


class CountOut(Struct, frozen=True, kw_only=True):
    """How many lines or statuses of a report came to what."""

    what: str
    count: int
    amount: Money


class ImportedOut(Struct, frozen=True, kw_only=True):
    """What became of a file; ``replayed``: it was sent before, and nothing was done now."""

    report: BankReportOut
    counts: list[CountOut]
    replayed: bool


class BankLineOut(Struct, frozen=True, kw_only=True):
    """One movement of money on the operator's account, and what it was matched with."""

    id: str
    report: Id
    number: int
    state: str
    incoming: bool
    amount: Money
    currency: str
    reversal: bool
    booked_on: date | None
    end_to_end_id: str | None
    reference: str | None
    batch: str | None
    party: str | None
    account: str | None
    remittance: str | None
    how: str | None
    settlement: Id | None
    organisation: Id | None
    attempt: int | None
    decided_by: str | None


class MatchIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payment's end-to-end id, such as TB12-1003-1."""

    payment: Annotated[str, Meta(min_length=1, max_length=limits.CODE)]


class SendBackIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the money goes back."""

    reason: Reason


class MissingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Payments that should have been paid so many days before a day; unset: today."""

    days: Annotated[int, Meta(ge=0, le=365)] = missing.DAYS
    day: date | None = None


class MissingOut(Struct, frozen=True, kw_only=True):
    """How many payments no statement tells of; each is an exception item."""

    day: date
    missing: int


@post("/v1/settlements/{settlement:str}/files", **operators("clearing:write"))
async def plan(
    request: Req, caller: Me, actor: Actor, settlement: PathId, data: JSONBody[PlanIn]
) -> Response[PlannedOut]:
    """Decide which files the instructed legs go into; asked again, only what is new is added."""
    zone = ZoneInfo(parts.of(request).settings.time_zone)

    def do(conn: Connection, at: datetime) -> Planned:
        return files.plan(conn, number(settlement), zone=zone, at=at, writer=data.writer)

    return await act(request, caller, actor, data, PlannedOut, do)


@get("/v1/settlements/{settlement:str}/files", **READ)
async def list_of_settlement(request: Req, settlement: PathId) -> Page[FileOut]:
    """List the files of a settlement in the order in which they were made."""
    which = number(settlement)

    def ask(conn: Connection) -> list[Any]:
        settlements.get(conn, which)
        return files.of_settlement(conn, which)

    return await whole(request, FileOut, ask)


@get("/v1/files", **READ)
async def list_newest(request: Req) -> Page[FileOut]:
    """List the files of the newest settlements."""
    return await whole(request, FileOut, lambda conn: files.of_settlement(conn, None))


@get("/v1/files/{file:str}", **READ)
async def get_file(request: Req, file: PathId) -> FileOut:
    """Give a file as it was planned."""
    return await show(request, FileOut, lambda conn: files.get(conn, number(file)))


@get("/v1/files/{file:str}/content", **operators("clearing:write", media_type=_BYTES))
async def get_content(request: Req, file: PathId) -> Stream:
    """Fetch a file as the bank gets it; fetched again it is the same to the byte."""
    pool = parts.of(request).pool

    def make(path: Path) -> Written:
        with begun(pool) as conn:
            found = files.get(conn, number(file))
            with tempfile.TemporaryDirectory(prefix="tongbao-") as folder:
                written = files.write(conn, found, Path(folder))
                shutil.move(written.path, path)
        return written

    return await uploads.fetched(make, lambda done: Path(done.path).name, _BYTES)


@post(
    "/v1/bank-reports",
    **operators("clearing:write", upload=True, request_max_body_size=None),
)
async def send_report(
    request: Req,
    caller: Me,
    actor: Actor,
    name: Annotated[str | None, QueryParameter(description="What the file is called.")] = None,
) -> Response[ImportedOut]:
    """Import a file from the bank: pain.002, camt.053 or camt.054; the body is the file.

    Its content is its key: sent again, it changes nothing, and goes on where it was stopped.
    """
    pool = parts.of(request).pool

    def take_in(path: Path) -> Imported:
        with pool.connection() as conn:
            return importing.import_file(conn, path, clock.now())

    async with uploads.received(request, name, limits.BANK_FILE) as path:
        await noted(request, caller, actor)
        done = await asyncio.to_thread(take_in, path)
    headers = {"Idempotent-Replayed": "true"} if done.replayed else None
    return Response(tell(ImportedOut, done), status_code=201, headers=headers)


@get("/v1/bank-reports", **READ)
async def list_reports(
    request: Req, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[BankReportOut]:
    """List files that came from the bank, the newest first."""
    return await pages(
        request, BankReportOut, cursor, limit, _LAST, lambda one: one.id,
        lambda conn, before, most: reading.listed(conn, before=before, limit=most),
    )  # fmt: skip


@get("/v1/bank-reports/{report:str}", **READ)
async def get_report(request: Req, report: PathId) -> ImportedOut:
    """Give a file that came from the bank, and what became of its lines."""

    def ask(conn: Connection) -> Imported:
        found: Report = reading.get(conn, number(report))
        return Imported(report=found, counts=importing.counts(conn, found), replayed=False)

    return await show(request, ImportedOut, ask)


@get("/v1/bank-lines", **READ)
async def list_lines(
    request: Req,
    report: Annotated[str | None, QueryParameter(description="Only of this report.")] = None,
    in_state: Annotated[
        Literal["new", "matched", "known", "pending", "open", "returned"] | None,
        QueryParameter(name="state", description="Only those in this state."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[BankLineOut]:
    """List movements of money that the bank has reported, the newest report first."""
    which = None if report is None else number(report)
    return await pages(
        request, BankLineOut, cursor, limit, (_LAST, 0), lambda one: (one.report_id, one.number),
        lambda conn, after, most: by_hand.listed(
            conn, report_id=which, state=in_state, after=after, limit=most
        ),
    )  # fmt: skip


@post("/v1/bank-lines/{line:str}/match", **WRITE)
async def match(
    request: Req, caller: Me, actor: Actor, line: PathLine, data: JSONBody[MatchIn]
) -> Response[BankLineOut]:
    """Book an open line as a payment; one that is less pays it in part."""

    def do(conn: Connection, at: datetime) -> BookedLine:
        return by_hand.match(conn, line, data.payment, by=actor, at=at)

    return await act(request, caller, actor, data, BankLineOut, do)


@post("/v1/bank-lines/{line:str}/return", **WRITE)
async def send_back(
    request: Req, caller: Me, actor: Actor, line: PathLine, data: JSONBody[SendBackIn]
) -> Response[BankLineOut]:
    """Note that the money of an open line goes back to where it came from."""

    def do(conn: Connection, at: datetime) -> BookedLine:
        return by_hand.send_back(conn, line, by=actor, reason=data.reason, at=at)

    return await act(request, caller, actor, data, BankLineOut, do)


@post("/v1/payments/missing", **WRITE)
async def find_missing(
    request: Req, caller: Me, actor: Actor, data: JSONBody[MissingIn]
) -> Response[MissingOut]:
    """Raise exception items for payments that no statement tells of."""
    cutover = calendar.cutover_of(parts.of(request).settings)

    def do(conn: Connection, at: datetime) -> MissingOut:
        day = calendar.business_date(at, cutover)
        if data.day is not None:
            day = months.check_day(data.day)
        return MissingOut(day=day, missing=missing.raise_missing(conn, day, at, data.days))

    return await act(request, caller, actor, data, MissingOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [
    plan, list_of_settlement, list_newest, get_file, get_content, send_report, list_reports,
    get_report, list_lines, match, send_back, find_missing,
]  # fmt: skip
