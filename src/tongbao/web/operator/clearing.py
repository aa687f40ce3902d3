"""Clearing: windows, who owes whom in each as a heat map, positions; settlements and approvals."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.access import audit, sessions
from tongbao.bank import files
from tongbao.clearing import settlements, windows
from tongbao.clearing.report import Report, report
from tongbao.clearing.trail import steps
from tongbao.clearing.types import Pair
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Refusal
from tongbao.web import called, forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator.legs import LISTING as LEGS
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, PageNotFound, sees
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "clearing_queries.sql")

_SIDE: Final = 16
"""Organisations on each side of a heat map: those that owe and are owed most."""

WINDOW_STATES: Final = {"open": mark("Still open"), "closed": mark("Closed")}
WINDOWS: Final = Listing(
    name="windows",
    query=Q.windows,
    sort="-id",
    search=("id",),
    hint=mark("Number of the window"),
    dates="opened_at",
    choices=(Choice(name="state", title=mark("State"), values=WINDOW_STATES),),
    columns=(
        Column(
            name="id",
            title=mark("Window"),
            kind="id",
            sort=True,
            to=lambda row: f"/operator/windows/{row['id']}",
        ),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=WINDOW_STATES,
            tones={"open": "running"},
        ),
        Column(name="claimed", title=mark("Claimed"), kind="money"),
        Column(name="pairs", title=mark("Pairs"), kind="number"),
        Column(name="opened_at", title=mark("Opened"), kind="moment"),
        Column(name="closed_at", title=mark("Closed at"), kind="moment"),
    ),
    empty=mark("There is no window yet"),
    advice=mark(
        "One is always open; it is closed when the business day ends, and the next one opens."
    ),
)
SETTLEMENTS: Final = Listing(
    name="settlements",
    query=Q.settlements,
    sort="-id",
    search=("id", "state", "proposed_by"),
    hint=mark("Number, state or person"),
    dates="proposed_at",
    choices=(Choice(name="state", title=mark("State"), values=labels.SETTLEMENT_STATES),),
    columns=(
        Column(
            name="business_date",
            title=mark("Business date"),
            kind="date",
            sort=True,
            to=lambda row: f"/operator/settlements/{row['id']}",
        ),
        Column(name="id", title=mark("Number"), kind="id", sort=True),
        Column(name="state", title=mark("State"), kind="state", says=labels.SETTLEMENT_STATES),
        Column(name="to_collect", title=mark("To collect"), kind="money"),
        Column(name="paid_in", title=mark("Paid in"), kind="money"),
        Column(name="to_pay", title=mark("To pay out"), kind="money"),
        Column(name="paid_out", title=mark("Paid out"), kind="money"),
        Column(name="proposed_by", title=mark("Proposed by"), kind="person"),
    ),
    empty=mark("Nothing has been settled yet"),
    advice=mark("Propose a settlement once a window is closed."),
)

NETS: Final = Listing(
    name="positions",
    query=Q.nets,
    sort="clearing",
    search=("name", "code"),
    hint=mark("Name or code"),
    undated="all are of one window",
    columns=(
        lists.by_name(mark("Organisation"), lambda row: f"/operator/organisations/{row['id']}"),
        Column(name="clearing", title=mark("Position"), kind="money", sort=True),
        Column(name="reserve", title=mark("Reserve"), kind="money", sort=True),
        Column(name="fees", title=mark("Fees"), kind="money", sort=True),
    ),
    empty=mark("Nothing moved a position in this window"),
    advice=mark("Points that are spent elsewhere than where they were given move it, and fees."),
)


class WindowClosedBefore(Conflict):
    code = "window-closed-before"
    text = "window {window} was closed before"


@get("/operator/windows", opt=sees(*OPERATOR))
async def window_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the clearing windows."""
    return await lists.show(request, "operator/windows.html", WINDOWS)


@get("/operator/windows/{window:int}", opt=sees(*OPERATOR))
async def window_page(request: Request[Any, Any, Any], window: FromPath[int]) -> Response[Any]:
    """Show who owes whom in a window, and what netting makes of it."""
    return await _window(request, window, None)


@post("/operator/windows/{window:int}/close", opt=sees("admin", "settlement"))
async def close_window(request: Request[Any, Any, Any], window: FromPath[int]) -> Response[Any]:
    """Close the open window before its time; the next one opens at once."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        if windows.close(conn, at).id != window:
            raise WindowClosedBefore(window=window)  # and the one that was open then stays open
        subject = f"window {window}"
        audit.note(conn, "window-closed", me.actor(address), at, subject=subject)
        text = mark("It is closed. What it has made due can be proposed for settlement.")
        return Done(f"/operator/windows/{window}", Said(text))

    return await forms.submit(request, do, lambda _form, no: _window(request, window, no))


async def _window(
    request: Request[Any, Any, Any], window: int, refusal: Refusal | None
) -> Response[Any]:
    def ask(conn: Connection) -> tuple[Report, Heat, dict[int, str]]:
        told = report(conn, window)
        heat = _heat(told.pairs)
        return told, heat, called.names(conn, {*heat.rows, *heat.columns})

    told, heat, names = await parts.read(request, ask)
    spoken = pages.words_of(request)
    return await lists.show(
        request,
        "operator/window.html",
        NETS,
        {"window": window},
        told=told,
        path=f"/operator/windows/{window}",
        status=422 if refusal else 200,
        heat=_drawn(heat, names, spoken) if heat.cells else None,
        states=labels.SETTLEMENT_STATES,
        refused=forms.beside(refusal, {}),
    )


@get("/operator/settlements", opt=sees(*OPERATOR))
async def settlement_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the settlements."""
    return await lists.show(request, "operator/settlements.html", SETTLEMENTS)


@post("/operator/settlements/propose", opt=sees("admin", "settlement"))
async def propose(request: Request[Any, Any, Any]) -> Response[Any]:
    """Propose to settle whatever is due up to the newest closed window."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        newest = windows.newest_closed(conn)
        if newest is None or newest.closed_at is None:
            raise settlements.NoWindowClosed
        day = newest.opened_at.astimezone(pages.words_of(request).zone).date()
        made = settlements.propose(conn, business_date=day, by=me.login, at=at)
        subject = f"settlement {made.id}"
        audit.note(conn, "settlement-proposed", me.actor(address), at, subject=subject)
        due = made.state != "settled"
        told = mark("The settlement is proposed.") if due else mark("Nothing was due to anybody.")
        return Done(f"/operator/settlements/{made.id}", Said(told))

    async def again(_form: Form, no: Refusal) -> Response[Any]:
        return await lists.show(
            request,
            "operator/settlements.html",
            SETTLEMENTS,
            path="/operator/settlements",
            status=422,
            refused=forms.beside(no, {}),
        )

    return await forms.submit(request, do, again)


@get("/operator/settlements/{settlement:int}", opt=sees(*OPERATOR))
async def settlement_page(
    request: Request[Any, Any, Any], settlement: FromPath[int]
) -> Response[Any]:
    """Show a settlement: its legs, its files, its trail."""
    return await show(request, settlement, None, None)


@post("/operator/settlements/{settlement:int}/decision", opt=sees("admin", "settlement"))
async def decide(request: Request[Any, Any, Any], settlement: FromPath[int]) -> Response[Any]:
    """Approve or reject a settlement, as another person than who proposed it."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        decision = form.choice("decision", ("approve", "reject"))
        sessions.check_step_up(me, at)
        if decision == "approve":
            settlements.approve(conn, settlement, by=me.login, at=at)
        else:
            reason = form.text("reason")
            settlements.reject(conn, settlement, by=me.login, at=at, reason=reason)
        subject, said = f"settlement {settlement}", {"decision": decision}
        audit.note(conn, "settlement-decided", me.actor(address), at, subject=subject, said=said)
        text = mark("It is approved.") if decision == "approve" else mark("It is rejected.")
        return Done(f"/operator/settlements/{settlement}", Said(text))

    return await forms.submit(request, do, lambda form, no: show(request, settlement, form, no))


@get("/operator/settlements/{settlement:int}/files/{file:int}", opt=sees("admin", "settlement"))
async def payment_file(
    request: Request[Any, Any, Any], settlement: FromPath[int], file: FromPath[int]
) -> Response[bytes]:
    """Give a payment file for the bank, the same bytes each time."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def take(conn: Connection) -> tuple[str, bytes]:
        found = files.get(conn, file)
        if found.settlement_id != settlement:
            raise PageNotFound
        audit.note(conn, "payment-file-taken", me.actor(address), at, subject=found.message_id)
        return found.message_id, b"".join(files.render(conn, found))

    name, content = await parts.write(request, take)
    kind = "xml" if content.lstrip().startswith(b"<") else "csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, media_type=f"application/{kind}", headers=headers)


async def show(
    request: Request[Any, Any, Any], settlement: int, form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    """Give the page of a settlement, with what was refused of a form on it."""

    def ask(conn: Connection) -> dict[str, Any]:
        trail = steps(conn, settlement)
        return {
            "one": settlements.get(conn, settlement),
            "skipped": settlements.skipped(conn, settlement),
            "files": files.of_settlement(conn, settlement),
            "trail": trail,
            "names": called.names(conn, (step.organisation_id for step in trail)),
        }

    shown = await parts.read(request, ask)
    return await lists.show(
        request,
        "operator/settlement.html",
        LEGS,
        {"settlement": settlement},
        path=f"/operator/settlements/{settlement}",
        status=422 if refusal else 200,
        form=form,
        states=labels.SETTLEMENT_STATES,
        leg_states=labels.LEG_STATES,
        refused=forms.beside(refusal, {}),
        **shown,
    )


class Heat(Struct, frozen=True):
    """Claims (fen) of those that owe, and are owed, most: ``[column, row, amount]``."""

    rows: list[int]
    columns: list[int]
    cells: list[list[int]]


def _heat(pairs: list[Pair]) -> Heat:
    """Choose whose claims are drawn; the rest is in the table."""
    owed: dict[tuple[int, int], int] = {}
    for pair in pairs:
        for debtor, creditor, amount in (
            (pair.debtor, pair.creditor, pair.owed),
            (pair.creditor, pair.debtor, pair.owed_back),
        ):
            if amount:
                owed[debtor, creditor] = owed.get((debtor, creditor), 0) + amount
    sums: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for sides, amount in owed.items():
        for one, total in zip(sides, sums, strict=True):
            total[one] = total.get(one, 0) + amount
    rows, columns = (sorted(total, key=lambda one: -total[one])[:_SIDE] for total in sums)
    cells = [
        [columns.index(creditor), rows.index(debtor), amount]
        for (debtor, creditor), amount in owed.items()
        if debtor in rows and creditor in columns
    ]
    return Heat(rows, columns, cells)


def _drawn(heat: Heat, names: dict[int, str], spoken: Words) -> dict[str, Any]:
    return {
        "kind": "heat",
        "unit": "money",
        "label": spoken.say(mark("Claims: each row owes each column")),
        "x": [_short(names, one) for one in heat.columns],
        "y": [_short(names, one) for one in heat.rows],
        "cells": heat.cells,
    }


def _short(names: dict[int, str], one: int) -> str:
    return names.get(one, str(one)).split(" (")[0]


ROUTES: Final[list[BaseRouteHandler]] = [
    window_list,
    window_page,
    close_window,
    settlement_list,
    propose,
    settlement_page,
    decide,
    payment_file,
]
