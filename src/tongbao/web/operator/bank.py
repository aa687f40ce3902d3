"""The bank: files that go to it, files that come from it, and lines that a person decides on."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec.structs import replace

from tongbao.access import audit, sessions
from tongbao.bank import files, importing, reading
from tongbao.bank.importing import Imported
from tongbao.clearing import settlements
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator import clearing
from tongbao.web.pages import Said
from tongbao.web.who import FieldMissing, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "bank_queries.sql")

_SEES: Final = sees("admin", "settlement", "auditor")
_ACTING: Final = ("admin", "settlement")
_ACTS: Final = sees(*_ACTING)
_PIECE: Final = 1 << 20
_NAME: Final = 200
_ALREADY: Final = Said(mark("This file was read before; nothing was booked twice."))

FAMILIES: Final = {
    "pain.002": mark("Status report (pain.002)"),
    "camt.053": mark("Statement (camt.053)"),
    "camt.054": mark("Notification (camt.054)"),
}
WAYS: Final = {"payout": mark("Payouts"), "collection": mark("Collections")}
LINE_STATES: Final = {
    "new": mark("Not looked at yet"),
    "matched": mark("Matched"),
    "known": mark("Known from another file"),
    "pending": mark("Pending at the bank"),
    "open": mark("Somebody must look"),
    "returned": mark("Sent back"),
    "done": mark("Noted"),
}
HOW: Final = {
    "end_to_end": mark("by its end-to-end id"),
    "amount": mark("by amount and account"),
    "batch": mark("as a whole file"),
    "hand": mark("by hand"),
    "return": mark("as money that came back"),
}
REPORTS: Final = Listing(
    name="bank-reports",
    query=Q.reports,
    sort="-id",
    search=("name", "message_id"),
    hint=mark("Name or message id"),
    dates="read_at",
    choices=(Choice(name="family", title=mark("Kind"), values=FAMILIES),),
    columns=(
        Column(
            name="name",
            title=mark("File"),
            second="message_id",
            second_title=mark("Message id"),
            to=lambda row: f"/operator/bank/reports/{row['id']}",
        ),
        Column(name="family", title=mark("Kind"), says=FAMILIES),
        Column(name="lines", title=mark("Lines"), kind="number", sort=True),
        Column(name="open", title=mark("To look at"), kind="number"),
        Column(name="created_at", title=mark("Made by the bank"), kind="moment"),
        Column(name="read_at", title=mark("Read"), kind="moment"),
        Column(name="id", title=mark("Number"), kind="id", sort=True),
    ),
    empty=mark("The bank has sent nothing yet"),
    advice=mark("Upload a status report, a statement or a notification; each is booked once."),
)
FILES: Final = Listing(
    name="payment-files",
    query=Q.payment_files,
    sort="-id",
    search=("message_id",),
    hint=mark("Message id"),
    dates="made_at",
    choices=(Choice(name="kind", title=mark("Kind"), values=WAYS),),
    columns=(
        Column(
            name="message_id",
            title=mark("File"),
            to=lambda row: f"/operator/settlements/{row['settlement_id']}",
        ),
        Column(name="kind", title=mark("Kind"), says=WAYS),
        Column(name="payments", title=mark("Payments"), kind="number", sort=True),
        Column(name="amount", title=mark("Amount"), kind="money", sort=True),
        Column(name="paid", title=mark("Paid"), kind="money"),
        Column(name="execute_on", title=mark("To be paid on"), kind="date"),
        Column(
            name="download",
            title=mark("Download"),
            says={"xml": mark("Download"), "csv": mark("Download")},
            to=lambda row: f"/operator/settlements/{row['settlement_id']}/files/{row['id']}",
        ),
        Column(name="id", title=mark("Number"), kind="id", sort=True),
    ),
    empty=mark("No payment file has been made yet"),
    advice=mark("They are made on the page of a settlement, once it is approved."),
)
_FILES_SEEN: Final = replace(
    FILES, columns=tuple(one for one in FILES.columns if one.name != "download")
)
"""For who may not take a file to the bank."""

LINES: Final = Listing(
    name="bank-lines",
    query=Q.lines,
    key="number",
    sort="number",
    search=("end_to_end_id", "party", "reference", "remittance"),
    hint=mark("End-to-end id, other side, reference or purpose"),
    dates="booked_on",
    days=True,
    choices=(Choice(name="state", title=mark("State"), values=LINE_STATES),),
    columns=(
        Column(
            name="number",
            title=mark("Line"),
            kind="id",
            sort=True,
            to=lambda row: f"/operator/bank/lines/{row['line']}" if row["line"] else None,
        ),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=LINE_STATES,
            to=lambda row: f"/operator/exceptions/{row['item']}" if row["item"] else None,
        ),
        Column(name="how", title=mark("How"), says=HOW),
        Column(name="amount", title=mark("Amount"), kind="money", sort=True),
        Column(
            name="party",
            title=mark("Other side"),
            second="remittance",
            second_title=mark("Purpose"),
        ),
        Column(
            name="end_to_end_id",
            title=mark("Payment"),
            to=lambda row: (
                f"/operator/settlements/{row['settlement']}" if row["settlement"] else None
            ),
        ),
        Column(name="booked_on", title=mark("Booked on"), kind="date"),
    ),
    empty=mark("There is no line in this file"),
    advice=mark("The bank had nothing to tell; compare the file with its statement."),
)


@get("/operator/bank", opt=_SEES)
async def report_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the files that came from the bank."""
    return await _reports(request, None, None)


@post("/operator/bank/reports", opt=_ACTS)
async def send_report(request: Request[Any, Any, Any]) -> Response[Any]:
    """Read a file of the bank: what is in it is matched and booked, once however often it comes."""
    form = await forms.read(request)
    me, address, at = who.of(request), who.address(request), clock.now()
    try:
        done = await _import(request, form)
    except Refusal as no:
        return await _reports(request, form, no)
    subject = f"bank report {done.report.id}"
    said = {"file": done.report.name, "replayed": done.replayed}
    await parts.write(
        request,
        lambda conn: audit.note(
            conn, "bank-file-read", me.actor(address), at, subject=subject, said=said
        ),
    )
    told = _ALREADY if done.replayed else Said(mark("The file is read and booked."))
    return pages.go(f"/operator/bank/reports/{done.report.id}", told)


@get("/operator/bank/reports/{report:int}", opt=_SEES)
async def report_page(request: Request[Any, Any, Any], report: FromPath[int]) -> Response[Any]:
    """Show what a file of the bank said, and what became of each line."""

    def ask(conn: Connection) -> Imported:
        found = reading.get(conn, report)
        return Imported(report=found, counts=importing.counts(conn, found), replayed=False)

    told = await parts.read(request, ask)
    return await lists.show(
        request,
        "operator/bank_report.html",
        LINES,
        {"report": report},
        told=told,
        counts=[(*_count(one.what), one) for one in told.counts],
        families=FAMILIES,
    )


@get("/operator/bank/files", opt=_SEES)
async def file_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the payment files, each to be downloaded again, the same to the byte."""
    acts = who.of(request).role in _ACTING
    return await lists.show(request, "operator/bank_files.html", FILES if acts else _FILES_SEEN)


@post("/operator/settlements/{settlement:int}/files", opt=_ACTS)
async def make_files(request: Request[Any, Any, Any], settlement: FromPath[int]) -> Response[Any]:
    """Instruct an approved settlement, and make the files that tell the bank."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    zone = ZoneInfo(parts.of(request).settings.time_zone)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        settlements.instruct(conn, settlement, at=at, by=me.login)
        made = files.plan(conn, settlement, zone=zone, at=at)
        subject, said = f"settlement {settlement}", {"files": len(made.files)}
        audit.note(conn, "payment-files-made", me.actor(address), at, subject=subject, said=said)
        text = mark("The payment files are made.")
        if made.left_out:
            text = mark("The files are made; whoever has no account is among the exceptions.")
        return Done(f"/operator/settlements/{settlement}", Said(text))

    return await forms.submit(
        request, do, lambda form, no: clearing.show(request, settlement, form, no)
    )


async def _import(request: Request[Any, Any, Any], form: Form) -> Imported:
    sent = form.files.get("file")
    if sent is None or not sent.filename:
        raise FieldMissing(name="file")
    pool = parts.of(request).pool
    with tempfile.TemporaryDirectory(prefix="tongbao-") as folder:
        path = Path(folder) / _called(sent)
        with path.open("wb") as out:
            while piece := await sent.read(_PIECE):
                await asyncio.to_thread(out.write, piece)

        def take_in() -> Imported:
            with pool.connection() as conn:
                return importing.import_file(conn, path, clock.now())

        return await asyncio.to_thread(take_in)


def _called(sent: UploadFile) -> str:
    """Give what a file is called, without folders."""
    name = texts.line("file", sent.filename.replace("\\", "/").rpartition("/")[2], limits.NAME)
    return name.encode()[-_NAME:].decode(errors="ignore").strip(".") or "file"


def _count(what: str) -> tuple[str, str, str]:
    """Give the state, how, and the code of what lines came to."""
    state, _, how = what.partition(" by ")
    code, _, whole = what.partition(" of a file")
    if state in LINE_STATES:
        return LINE_STATES[state], HOW.get(how, how), state
    return "", mark("of a whole file") if whole or what != code else "", code


async def _reports(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    about_file = refusal is not None and not refusal.code.startswith("field-")
    beside = {refusal.code: "file"} if refusal is not None and about_file else {}
    return await lists.show(
        request,
        "operator/bank.html",
        REPORTS,
        path="/operator/bank",
        status=422 if refusal else 200,
        form=form,
        refused=forms.beside(refusal, beside),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    report_list,
    send_report,
    report_page,
    file_list,
    make_files,
]
