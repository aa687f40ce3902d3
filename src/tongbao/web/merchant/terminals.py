"""Terminals of the organisation: where they stand, their keys, what they may do offline."""

import secrets
from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from psycopg.rows import dict_row

from tongbao.access import audit, sessions
from tongbao.alliance.terminals import TerminalNotFound
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.till import allowances, signed
from tongbao.till.allowances import AllowanceTimes
from tongbao.till.offline_till import OfflineTill
from tongbao.web import forms, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.merchant.offline import ALLOWANCES
from tongbao.web.merchant.outlets import TERMINAL_STATES
from tongbao.web.offline import Q
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

_SEED: Final = 32
_GOES_ON: Final = 303
_FIELDS: Final = {"terminal-key-malformed": "public_key", "allowance-times": "days"}
_SIZES: Final = ("spend_points", "member_points", "award_amount")
OFFLINE: Final = {
    "none": mark("Has no key"),
    "key": mark("Has a key and no allowance"),
    "may": mark("May work offline"),
}
LISTING: Final = Listing(
    name="terminals",
    query=Q.terminals,
    sort="code",
    search=("code", "outlet"),
    hint=mark("Code or outlet"),
    undated="they stand where they stand: nothing dates a terminal",
    choices=(
        Choice(name="state", title=mark("State"), values=TERMINAL_STATES),
        Choice(name="offline", title=mark("Offline"), values=OFFLINE),
    ),
    columns=(
        Column(
            name="code",
            title=mark("Terminal"),
            sort=True,
            to=lambda row: f"/merchant/terminals/{row['id']}",
        ),
        Column(
            name="outlet",
            title=mark("Outlet"),
            sort=True,
            to=lambda row: f"/merchant/outlets/{row['outlet_id']}",
        ),
        Column(name="state", title=mark("State"), kind="state", says=TERMINAL_STATES),
        Column(name="offline", title=mark("Offline"), says=OFFLINE),
        Column(name="good_until", title=mark("Until"), kind="moment"),
    ),
    empty=mark("You have no terminal yet"),
    advice=mark("Open an outlet and add one; a till names it in what it sends."),
)


@get("/merchant/terminals", opt=sees(*MERCHANT))
async def terminal_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the terminals of all outlets of the organisation."""
    mine = {"organisation": who.of(request).organisation_id, "at": clock.now()}
    return await lists.show(request, "merchant/terminals.html", LISTING, mine)


@get("/merchant/terminals/{terminal:int}", opt=sees(*MERCHANT))
async def terminal_page(request: Request[Any, Any, Any], terminal: FromPath[int]) -> Response[Any]:
    """Show a terminal, its key, and what it may do offline."""
    return await _page(request, terminal, None, None)


@post("/merchant/terminals/{terminal:int}/key", opt=sees("manager"))
async def give_key(request: Request[Any, Any, Any], terminal: FromPath[int]) -> Response[Any]:
    """Register the key that a terminal has made, or make one for it and show it this once."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    shown: list[str] = []

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        how = form.choice("how", ("own", "made"))
        place = _terminal(conn, terminal, me.organisation_id)
        seed = secrets.token_bytes(_SEED)
        public = OfflineTill(seed).public_key if how == "made" else form.text("public_key").lower()
        allowances.register(conn, place["outlet_id"], place["code"], public, by=me.login, at=at)
        subject, said = f"terminal {place['place']}", {"outlet": place["outlet_id"]}
        audit.note(conn, "terminal-key-set", me.actor(address), at, subject=subject, said=said)
        if how == "made":
            shown[:] = [seed.hex()]
        text = mark("The key is registered. Now give the terminal an allowance.")
        return Done(f"/merchant/terminals/{terminal}", Said(text))

    answer = await forms.submit(request, do, lambda form, no: _page(request, terminal, form, no))
    if not shown or answer.status_code != _GOES_ON:
        return answer
    mine = me.organisation_id
    place = await parts.read(request, lambda conn: _terminal(conn, terminal, mine))
    return pages.page(
        request,
        "merchant/terminal_key_made.html",
        terminal=place,
        secret=shown[0],
        operators_key=_operators(request),
    )


@post("/merchant/terminals/{terminal:int}/key/end", opt=sees("manager"))
async def end_key(request: Request[Any, Any, Any], terminal: FromPath[int]) -> Response[Any]:
    """End a terminal's key, and what it may do offline with it."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        place = _terminal(conn, terminal, me.organisation_id)
        allowances.end_key(conn, place["outlet_id"], place["code"], at)
        subject, said = f"terminal {place['place']}", {"outlet": place["outlet_id"]}
        audit.note(conn, "terminal-key-ended", me.actor(address), at, subject=subject, said=said)
        text = mark("The key is ended. What the terminal did before is still taken.")
        return Done(f"/merchant/terminals/{terminal}", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, terminal, form, no))


@post("/merchant/terminals/{terminal:int}/allowances", opt=sees("manager"))
async def give_allowance(request: Request[Any, Any, Any], terminal: FromPath[int]) -> Response[Any]:
    """Let a terminal work offline from now on, for so much and so long."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    key = parts.of(request).settings.access_secret

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        place = _terminal(conn, terminal, me.organisation_id)
        sizes = {name: form.fen(name) for name in _SIZES}
        made = allowances.grant(
            conn,
            place["outlet_id"],
            place["code"],
            spend_points=sizes["spend_points"],
            member_points=sizes["member_points"],
            award_amount=sizes["award_amount"],
            valid_until=at + timedelta(days=_days(form)),
            by=me.login,
            at=at,
            key=key,
        )
        subject = f"terminal {place['place']}"
        said = {
            "outlet": place["outlet_id"],
            "allowance": made.allowance,
            "points": made.spend_points,
            "amount": made.award_amount,
        }
        audit.note(conn, "allowance-granted", me.actor(address), at, subject=subject, said=said)
        text = mark("It is allowed. Now give the grant to the terminal.")
        return Done(f"/merchant/allowances/{made.allowance}", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, terminal, form, no))


def _days(form: Form) -> int:
    given, most = form.text("days"), allowances.LONGEST.days
    if not given.isdecimal() or len(given) > len(str(most)) or not 1 <= int(given) <= most:
        raise AllowanceTimes(days=most)
    return int(given)


def _operators(request: Request[Any, Any, Any]) -> str:
    """Give the operator's public key, by which a terminal knows its grants."""
    return signed.public_hex(signed.operators_key(parts.of(request).settings.access_secret))


def _terminal(conn: Connection, terminal: int, mine: int) -> dict[str, Any]:
    """Give a terminal of an organisation; refuses ``terminal-not-found`` for others'."""
    given = {"terminal": terminal, "organisation": mine}
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(Q.terminal_of, given).fetchone()
    if found is None:
        raise TerminalNotFound(terminal=terminal, outlet="–")
    return found


async def _page(
    request: Request[Any, Any, Any], terminal: int, form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    mine = who.of(request).organisation_id
    found = await parts.read(request, lambda conn: _terminal(conn, terminal, mine))
    return await lists.show(
        request,
        "merchant/terminal.html",
        ALLOWANCES,
        {"organisation": mine, "terminal": terminal, "at": clock.now()},
        path=f"/merchant/terminals/{terminal}",
        status=422 if refusal else 200,
        terminal=found,
        form=form,
        states=TERMINAL_STATES,
        operators_key=_operators(request),
        longest=allowances.LONGEST.days,
        refused=forms.beside(refusal, _FIELDS),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    terminal_list,
    terminal_page,
    give_key,
    end_key,
    give_allowance,
]
