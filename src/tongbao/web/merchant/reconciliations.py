"""Reconciliation: a till's file of a day against the ledger, and what to do about what differs."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.access.sessions import SignedIn
from tongbao.alliance import outlets
from tongbao.alliance.types import Outlet
from tongbao.clearing import calendar
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.reconcile import days, till
from tongbao.reconcile.refusals import ReconciliationNotFound
from tongbao.reconcile.till_file import How
from tongbao.reconcile.types import Asked, Reconciliation
from tongbao.web import forms, lists, pages, till_notes, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.merchant.outlets import find as find_outlet
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, FieldMissing, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "told_queries.sql")

STATES: Final = {"balanced": mark("Balanced"), "differs": mark("Differs")}
ENCODINGS: Final = ("utf-8", "gb18030")
UNITS: Final = {"yuan": mark("yuan"), "fen": mark("fen")}
CODES: Final = {
    "unreadable": mark("The line cannot be read"),
    "missing-here": mark("Only the till has it"),
    "missing-reversal-here": mark("Only the till has reversed it"),
    "refused-here": mark("It was refused here"),
    "unposted-here": mark("It waits as an exception"),
    "reversed-here": mark("It was reversed here"),
    "missing-at-till": mark("The till does not have it"),
    "missing-reversal-at-till": mark("The till has not reversed it"),
    "less-at-till": mark("The till says less"),
    "more-at-till": mark("The till says more"),
    "kind-differs": mark("The two mean different things"),
    "duplicate-at-till": mark("The till has it twice"),
    "other-day": mark("It belongs to another day"),
    "other-outlet": mark("It was posted for another outlet"),
    "totals-differ": mark("The totals differ"),
}
"""What each code of a difference says."""
ADVICE: Final = {
    "unreadable": mark("Correct the line as the note says, and send the file again."),
    "missing-here": mark("Let the till send it now, or dispute it if it is too old."),
    "missing-reversal-here": mark("Let the till send the reversal again."),
    "refused-here": mark("Cancel it at the till; if the goods are gone, send an advice."),
    "unposted-here": mark("Look at your exceptions; the operator works on it."),
    "reversed-here": mark("Reverse it at the till, too; if it did happen, post it anew."),
    "missing-at-till": mark("If it did not happen, reverse it here; else book it at the till."),
    "missing-reversal-at-till": mark("Reverse it at the till, unless the till never had it."),
    "less-at-till": mark("Refund the difference here, or correct the till."),
    "more-at-till": mark("Let the till send the difference, or correct the till."),
    "kind-differs": mark("Compare both receipts; reverse what is wrong and post it anew."),
    "duplicate-at-till": mark("Strike out the second one at the till."),
    "other-day": mark("Reconcile it on the day in the note, and set the till's clock."),
    "other-outlet": mark("Correct the outlet that the terminal is set to."),
    "totals-differ": mark("Upload the lines of the day: they say which sale it is."),
}
"""What to do about it."""
LISTING: Final = Listing(
    name="reconciliations",
    query=Q.reconciliations,
    sort="-id",
    search=("name", "outlet", "asked_by"),
    hint=mark("File, outlet or person"),
    dates="at",
    choices=(Choice(name="state", title=mark("State"), values=STATES),),
    columns=(
        Column(
            name="business_day",
            title=mark("Business day"),
            kind="date",
            sort=True,
            second="outlet",
            second_title=mark("Outlet"),
            to=lambda row: f"/merchant/reconciliations/{row['id']}",
        ),
        Column(name="state", title=mark("State"), kind="state", says=STATES),
        Column(name="name", title=mark("File")),
        Column(name="lines", title=mark("Lines"), kind="number", sort=True),
        Column(name="differences", title=mark("Differences"), kind="number", sort=True),
        Column(name="asked_by", title=mark("Compared by"), kind="person"),
        Column(name="at", title=mark("Compared"), kind="moment"),
    ),
    empty=mark("No till was reconciled yet"),
    advice=mark("Upload what a till says of a day: its lines, or its totals."),
)
DIFFERENCES: Final = Listing(
    name="differences",
    query=Q.differences,
    key="n",
    sort="n",
    search=("label", "outlet", "note"),
    hint=mark("Receipt, outlet or note"),
    undated="all are of one business day",
    choices=(Choice(name="code", title=mark("What differs"), values=CODES),),
    columns=(
        Column(
            name="label",
            title=mark("Receipt"),
            sort=True,
            tells=till_notes.label,
            second="outlet",
            second_title=mark("Outlet"),
            to=lambda row: (
                f"/merchant/operations/{row['operation_id']}" if row["operation_id"] else None
            ),
        ),
        Column(
            name="code",
            title=mark("What differs"),
            sort=True,
            says=CODES,
            second="note",
            second_title=mark("Note"),
            second_tells=till_notes.note,
        ),
        Column(name="till_amount", title=mark("Said by the till"), kind="money"),
        Column(name="here_amount", title=mark("Here"), kind="money"),
        Column(name="till_points", title=mark("Points at the till"), kind="points"),
        Column(name="here_points", title=mark("Points here"), kind="points"),
        Column(name="advice", title=mark("What to do"), says=ADVICE),
        Column(name="line", title=mark("Line"), kind="id"),
    ),
    empty=mark("Nothing differs"),
    advice=mark("What the till has and what was posted agree."),
)


@get("/merchant/reconciliations", opt=sees(*MERCHANT))
async def reconciliation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what was reconciled."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/reconciliations.html", LISTING, mine)


@get("/merchant/reconciliations/new", opt=sees(*MERCHANT))
async def ask_file(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for a till's file of a day."""
    return await _new(request, None, None)


@post("/merchant/reconciliations/new", opt=sees(*MERCHANT))
async def compare(request: Request[Any, Any, Any]) -> Response[str]:
    """Compare a till's file with the ledger; the same file again is answered as before."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    cutover = calendar.cutover_of(parts.of(request).settings)

    def do(conn: Connection, form: Form) -> Done:
        file = form.files.get("file")
        if file is None or not file.filename:
            raise FieldMissing(name="file")
        outlet = form.maybe("outlet")
        asked = Asked(
            organisation_id=me.organisation_id,
            day=days.parse(form.text("day")),
            by=me.login,
            cutover=cutover,
            outlet_id=None if outlet is None else _outlet(conn, outlet, me).id,
            again=form.ticked("again"),
        )
        encoding = cast(Literal["utf-8", "gb18030"], form.choice("encoding", ENCODINGS))
        amounts = cast(Literal["yuan", "fen"], form.choice("amounts", tuple(UNITS)))
        with tempfile.TemporaryDirectory(prefix="tongbao-") as folder:
            path = Path(folder) / _called(file.filename)
            path.write_bytes(file.file.read())
            done = till.reconcile(conn, path, asked, at, How(encoding=encoding, amounts=amounts))
        subject = f"reconciliation {done.id}"
        audit.note(conn, "till-reconciled", me.actor(address), at, subject=subject)
        said = mark("This file was compared before; this is what was found.")
        to = f"/merchant/reconciliations/{done.id}"
        return Done(to, Said(said) if done.replayed else None)

    return await forms.submit(request, do, lambda form, no: _new(request, form, no))


@get("/merchant/reconciliations/{reconciliation:int}", opt=sees(*MERCHANT))
async def reconciliation_page(
    request: Request[Any, Any, Any], reconciliation: FromPath[int]
) -> Response[Any]:
    """Show both sides' sums, and each line that differs with what to do about it."""
    me = who.of(request)

    def ask(conn: Connection) -> dict[str, Any]:
        found = _mine(conn, reconciliation, me)
        places = {one.id: one.name for one in outlets.list_of(conn, me.organisation_id)}
        return {"one": found, "sums": till.sums(conn, found.id), "places": places}

    shown = await parts.read(request, ask)
    return await lists.show(
        request,
        "merchant/reconciliation.html",
        DIFFERENCES,
        {"reconciliation": reconciliation},
        states=STATES,
        subjects=till_notes.SUBJECTS,
        **shown,
    )


def _mine(conn: Connection, reconciliation: int, me: SignedIn) -> Reconciliation:
    """Give a reconciliation of one's own organisation; another's is not there."""
    found = till.get(conn, reconciliation)
    if found.organisation_id != me.organisation_id:
        raise ReconciliationNotFound(reconciliation=reconciliation)
    return found


def _outlet(conn: Connection, given: str, me: SignedIn) -> Outlet:
    number = int(given) if given.isdecimal() and len(given) < _DIGITS else 0
    return find_outlet(conn, number, me.organisation_id)


def _called(filename: str) -> str:
    """Give the name of a file without folders, of a length that every disk takes."""
    name = filename.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return name.encode()[-limits.NAME :].decode(errors="ignore").strip(". ") or "till.csv"


_DIGITS: Final = 19
"""Digits that no id has."""


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    mine, zone = who.of(request).organisation_id, pages.words_of(request).zone
    today: date = clock.now().astimezone(zone).date()
    places = await parts.read(request, lambda conn: outlets.list_of(conn, mine))
    return pages.page(
        request,
        "merchant/reconciliation_new.html",
        status=422 if refusal else 200,
        form=form,
        outlets=places,
        encodings=ENCODINGS,
        units=UNITS,
        today=today.isoformat(),
        refused=forms.beside(refusal, _FIELDS),
    )


_FIELDS: Final = {
    "day-malformed": "day",
    "outlet-not-found": "outlet",
    "till-file-unknown": "file",
    "file-malformed": "file",
    "file-unreadable": "file",
}
"""The field of a refusal that does not name it."""

ROUTES: Final[list[BaseRouteHandler]] = [
    reconciliation_list,
    ask_file,
    compare,
    reconciliation_page,
]
