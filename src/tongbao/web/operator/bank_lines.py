"""Lines of the bank that nobody has placed: each is one payment, or money that goes back."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.bank import by_hand
from tongbao.bank.types import BookedLine
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator.bank import HOW, LINE_STATES
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

Q = sql.load(__package__, "bank_queries.sql")

_SEES: Final = sees("admin", "settlement", "auditor")
_ACTS: Final = sees("admin", "settlement")
_DECIDERS: Final = ("admin", "settlement")

WHYS: Final = {
    "bank-unknown": labels.EXCEPTIONS["bank-unknown"],
    "bank-amount": labels.EXCEPTIONS["bank-amount"],
    "bank-duplicate": labels.EXCEPTIONS["bank-duplicate"],
    "bank-returned": labels.EXCEPTIONS["bank-returned"],
    "bank-unexpected": labels.EXCEPTIONS["bank-unexpected"],
    "bank-currency-entry": labels.EXCEPTIONS["bank-currency-entry"],
}
OPEN: Final = Listing(
    name="open-lines",
    query=Q.open_lines,
    sort="-read_at",
    search=("party", "remittance", "reference", "end_to_end_id", "report"),
    hint=mark("Other side, purpose, reference, payment or file"),
    dates="booked_on",
    days=True,
    choices=(Choice(name="kind", title=mark("Why"), values=WHYS),),
    columns=(
        Column(
            name="amount",
            title=mark("Amount"),
            kind="money",
            sort=True,
            to=lambda row: f"/operator/bank/lines/{row['id']}",
        ),
        Column(
            name="party",
            title=mark("Other side"),
            second="remittance",
            second_title=mark("Purpose"),
        ),
        Column(name="end_to_end_id", title=mark("Payment"), kind="code"),
        Column(
            name="kind",
            title=mark("Why"),
            says=WHYS,
            to=lambda row: f"/operator/exceptions/{row['item']}" if row["item"] else None,
        ),
        Column(name="assigned_to", title=mark("Works on it"), kind="person"),
        Column(name="booked_on", title=mark("Booked on"), kind="date"),
        Column(
            name="report",
            title=mark("File"),
            to=lambda row: f"/operator/bank/reports/{row['report_id']}",
        ),
        Column(name="read_at", title=mark("Read"), kind="moment", sort=True),
    ),
    empty=mark("All money of the bank is placed"),
    advice=mark("A line that fits no payment appears here, when a file of the bank is read."),
)
MEANINGS: Final = {"paid": mark("Pays it"), "back": mark("Came back of it")}
FITS: Final = {"whole": mark("All of it"), "part": mark("A part of it")}
PAYMENTS: Final = Listing(
    name="fitting-payments",
    query=Q.fitting_payments,
    sort="rest",
    search=("name", "code", "id", "account"),
    hint=mark("Organisation, code, end-to-end id or account"),
    dates="execute_on",
    days=True,
    choices=(
        Choice(name="meaning", title=mark("What the money does"), values=MEANINGS),
        Choice(name="fits", title=mark("How much of it"), values=FITS),
    ),
    columns=(
        Column(
            name="id",
            title=mark("Payment"),
            kind="code",
            to=lambda row: f"/operator/bank/lines/{row['line']}/as/{row['id']}",
        ),
        lists.by_name(mark("Organisation"), lambda row: f"/operator/organisations/{row['whose']}"),
        Column(name="meaning", title=mark("What the money does"), says=MEANINGS),
        Column(name="fits", title=mark("How much of it"), says=FITS),
        Column(name="amount", title=mark("Left to be moved, or moved"), kind="money", sort=True),
        Column(name="rest", title=mark("Left afterwards"), kind="money", sort=True),
        Column(name="execute_on", title=mark("To be paid on"), kind="date", sort=True),
    ),
    empty=mark("No payment can be meant"),
    advice=mark(
        "None is left of which so much may still be paid, or come back. Let the money go back, or"
        " see to the payment first."
    ),
)
_DONE: Final = {
    "match": Said(mark("It is booked as this payment.")),
    "return": Said(mark("It is noted that the money goes back.")),
}


@get("/operator/bank/lines", opt=_SEES)
async def line_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the lines of the bank that wait for a person."""
    return await lists.show(request, "operator/bank_lines.html", OPEN)


@get("/operator/bank/lines/{line:str}", opt=_SEES)
async def line_page(request: Request[Any, Any, Any], line: FromPath[str]) -> Response[Any]:
    """Show a line of the bank; of one that is open, which payments it may be."""
    return await _page(request, line, None, None)


@get("/operator/bank/lines/{line:str}/as/{payment:str}", opt=_ACTS)
async def line_as(
    request: Request[Any, Any, Any], line: FromPath[str], payment: FromPath[str]
) -> Response[Any]:
    """Show once more what is booked if a line is a payment."""

    def ask(conn: Connection) -> dict[str, Any]:
        foreseen = by_hand.foresee(conn, line, payment)
        whose = foreseen.payment.organisation_id
        return {
            "foreseen": foreseen,
            "before": foreseen.before,
            "after": foreseen.after,
            "organisation": organisations.get(conn, whose),
        }

    try:
        shown = await parts.read(request, ask)
    except Refusal as no:
        return await _page(request, line, None, no)
    return pages.page(
        request,
        "operator/bank_line_sure.html",
        line=shown["foreseen"].line,
        states=labels.LEG_STATES,
        **shown,
    )


@post("/operator/bank/lines/{line:str}", opt=_ACTS)
async def decide_line(request: Request[Any, Any, Any], line: FromPath[str]) -> Response[Any]:
    """Book an open line of the bank as a payment, or note that its money goes back."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        what = form.choice("what", tuple(_DONE))
        sessions.check_step_up(me, at)
        said = {"what": what}
        if what == "match":
            payment = form.text("payment")
            by_hand.foresee(conn, line, payment)  # it says in more words what does not fit
            by_hand.match(conn, line, payment, by=me.login, at=at)
            said["payment"] = payment
        else:
            form.text("sure")
            by_hand.send_back(conn, line, by=me.login, reason=form.prose("reason"), at=at)
        subject = f"bank line {line}"
        audit.note(conn, "bank-line-decided", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/bank/lines/{line}", _DONE[what])

    return await forms.submit(request, do, lambda form, no: _page(request, line, form, no))


async def _page(
    request: Request[Any, Any, Any], line: str, form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    def ask(conn: Connection) -> dict[str, Any]:
        found = by_hand.get(conn, line)
        names = {"report": found.report_id, "number": found.number}
        about = conn.execute(Q.about_line, names).fetchone()
        whose = found.organisation_id
        return {
            "line": found,
            "about": dict(zip(_ABOUT, about or (), strict=True)),
            "organisation": None if whose is None else organisations.get(conn, whose),
        }

    shown = await parts.read(request, ask)
    found: BookedLine = shown["line"]
    shown |= {
        "states": LINE_STATES,
        "how": HOW,
        "form": form,
        "path": f"/operator/bank/lines/{line}",
    }
    shown |= {"refused": forms.beside(refusal, {})}
    status = 422 if refusal else 200
    if found.state != "open" or who.of(request).role not in _DECIDERS:
        return pages.page(request, "operator/bank_line.html", status=status, **shown, listed=None)
    values = {"line": found.id, "incoming": found.incoming, "amount": found.amount}
    return await lists.show(
        request, "operator/bank_line.html", PAYMENTS, values, status=status, **shown
    )


_ABOUT: Final = ("name", "item", "reason", "twin")
"""What ``about_line`` gives: the file, the exception item, why it was closed, the other line."""

ROUTES: Final[list[BaseRouteHandler]] = [line_list, line_page, line_as, decide_line]
