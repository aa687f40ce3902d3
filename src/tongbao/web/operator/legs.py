"""Legs of a settlement: listed, explained, and asked for once more when the bank refused one."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.clearing import booking, explain, legs, settlements, windows
from tongbao.clearing.trail import steps
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "clearing_queries.sql")

WAYS: Final = {"pay": mark("Pays"), "paid": mark("Is paid")}
LISTING: Final = Listing(
    name="legs",
    query=Q.legs,
    sort="amount",
    search=("name", "code", "end_to_end_id", "state", "way"),
    hint=mark("Organisation, code, state or end-to-end id"),
    undated="all are of one settlement",
    choices=(
        Choice(name="way", title=mark("Direction"), values=WAYS),
        Choice(name="state", title=mark("State"), values=labels.LEG_STATES),
    ),
    columns=(
        lists.by_name(
            mark("Organisation"),
            lambda row: f"/operator/settlements/{row['settlement_id']}/legs/{row['id']}",
        ),
        Column(name="way", title=mark("Direction"), says=WAYS),
        Column(name="amount", title=mark("Owed to it (−: by it)"), kind="money", sort=True),
        Column(name="paid", title=mark("Moved"), kind="money", sort=True),
        Column(name="state", title=mark("State"), kind="state", says=labels.LEG_STATES, sort=True),
        Column(name="attempt", title=mark("Attempt"), kind="number", sort=True),
    ),
    empty=mark("Nobody was due"),
    advice=mark("Who owes or is owed something is settled when its cycle ends."),
)
AGAIN: Final = "rejected"
"""In this state a leg may be instructed once more."""

_LOGGED: Final = {
    "instruct": "leg-instructed-again",
    "refuse": "leg-refused",
    "fail": "leg-given-up",
}
_DONE: Final = {
    "instruct": Said(mark("It is instructed again. Now make the file for the bank.")),
    "refuse": Said(mark("It is noted. Instruct it again, or give it up.")),
    "fail": Said(mark("It is given up; what is left of it waits for the next settlement.")),
}


@get("/operator/settlements/{settlement:int}/legs/{organisation:int}", opt=sees(*OPERATOR))
async def leg_page(
    request: Request[Any, Any, Any], settlement: FromPath[int], organisation: FromPath[int]
) -> Response[str]:
    """Show what one organisation is paid or pays, what it is made of, and what became of it."""
    return await _page(request, settlement, organisation, None, None)


@post(
    "/operator/settlements/{settlement:int}/legs/{organisation:int}",
    opt=sees("admin", "settlement"),
)
async def change_leg(
    request: Request[Any, Any, Any], settlement: FromPath[int], organisation: FromPath[int]
) -> Response[str]:
    """Instruct a leg once more that the bank has refused, note a refusal, or give the leg up."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        action = form.choice("action", tuple(_DONE))
        sessions.check_step_up(me, at)
        which = (settlement, organisation)
        if action == "instruct":
            legs.reinstruct_leg(conn, *which, by=me.login, at=at, reason=form.maybe("reason"))
        elif action == "refuse":
            legs.reject_leg(conn, *which, reason=form.prose("reason"), by=me.login, at=at)
        else:
            legs.fail_leg(conn, *which, reason=form.prose("reason"), by=me.login, at=at)
        subject, said = f"settlement {settlement}", {"organisation": organisation}
        audit.note(conn, _LOGGED[action], me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/settlements/{settlement}/legs/{organisation}", _DONE[action])

    return await forms.submit(
        request, do, lambda form, no: _page(request, settlement, organisation, form, no)
    )


@post(
    "/operator/settlements/{settlement:int}/legs/{organisation:int}/anew",
    opt=sees("admin", "settlement"),
)
async def propose_anew(
    request: Request[Any, Any, Any], settlement: FromPath[int], organisation: FromPath[int]
) -> Response[str]:
    """Propose to settle one organisation alone, whose leg was given up; somebody else approves."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    zone = pages.words_of(request).zone

    def do(conn: Connection, _form: Form) -> Done:
        leg = legs.get(conn, settlement, organisation)
        if leg.state not in legs.GIVEN_UP:
            raise legs.not_now(leg, "settled anew")
        newest = windows.newest_closed(conn)
        if newest is None:
            raise settlements.NoWindowClosed
        made = settlements.propose(
            conn,
            business_date=newest.opened_at.astimezone(zone).date(),
            organisations=[organisation],
            by=me.login,
            at=at,
        )
        subject, said = f"settlement {made.id}", {"organisation": organisation}
        audit.note(conn, "settlement-proposed", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/settlements/{made.id}", Said(mark("The settlement is proposed.")))

    return await forms.submit(
        request, do, lambda form, no: _page(request, settlement, organisation, form, no)
    )


async def _page(
    request: Request[Any, Any, Any],
    settlement: int,
    organisation: int,
    form: Form | None,
    refusal: Refusal | None,
) -> Response[str]:
    def ask(conn: Connection) -> dict[str, Any]:
        return {
            "told": explain.explain_leg(conn, settlement, organisation),
            "one": settlements.get(conn, settlement),
            "organisation": organisations.get(conn, organisation),
            "trail": steps(conn, settlement, organisation),
            "booked": booking.of_leg(conn, settlement, organisation),
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/leg.html",
        status=422 if refusal else 200,
        form=form,
        states=labels.LEG_STATES,
        again=AGAIN,
        payable=legs.PAYABLE,
        unfinished=legs.UNFINISHED,
        given_up=legs.GIVEN_UP,
        refused=forms.beside(refusal, {}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [leg_page, change_leg, propose_anew]
