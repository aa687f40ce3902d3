"""Money of a leg that is booked by hand: typed, looked at once more, and booked once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.clearing import booking, legs, settlements
from tongbao.clearing.types import Leg
from tongbao.hosting import parts
from tongbao.kernel import amounts, clock, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Refusal
from tongbao.kernel.once import KeyReused
from tongbao.web import forms, labels, pages, who
from tongbao.web.forms import ALREADY, Done, Form
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

PATH: Final = "/operator/settlements/{settlement:int}/legs/{organisation:int}/money/{move:str}"

_ACTS: Final = sees("admin", "settlement")
_LOGGED: Final = {"moved": "leg-booked", "back": "leg-returned"}
_DONE: Final = {
    "moved": Said(mark("It is booked.")),
    "back": Said(mark("It is booked as come back; the money is in the position again.")),
}
_FIELDS: Final = {
    "amount-malformed": "amount",
    "amount-out-of-range": "amount",
    "leg-overpaid": "amount",
    "leg-not-paid": "amount",
    "reference-malformed": "reference",
    "reference-taken": "reference",
}


class ReferenceTaken(Conflict):
    code = "reference-taken"
    text = "the reference {reference} was booked before, with another amount"


class Money(Struct, frozen=True):
    """What was typed: an amount in fen, the bank's reference, and why it came back."""

    amount: int
    reference: str
    reason: str


@get(PATH, opt=_ACTS)
async def ask_money(
    request: Request[Any, Any, Any],
    settlement: FromPath[int],
    organisation: FromPath[int],
    move: FromPath[str],
) -> Response[str]:
    """Ask how much the bank has moved for a leg, or how much of it came back."""
    texts.choice("move", move, tuple(_DONE))
    return await _asked(request, (settlement, organisation), move, None, None)


@post(PATH, opt=_ACTS)
async def book_money(
    request: Request[Any, Any, Any],
    settlement: FromPath[int],
    organisation: FromPath[int],
    move: FromPath[str],
) -> Response[str]:
    """Show what would be booked; once somebody is sure, book it."""
    form = await forms.read(request)
    which = (settlement, organisation)
    texts.choice("move", move, tuple(_DONE))
    if form.ticked("sure"):
        return await _book(request, which, move)
    if form.ticked("change"):
        return await _asked(request, which, move, form, None)
    try:
        return await _sure(request, which, move, form)
    except Refusal as no:
        return forms.step_up(request, no) or await _asked(request, which, move, form, no)


async def _book(
    request: Request[Any, Any, Any], which: tuple[int, int], what: str
) -> Response[str]:
    at, me, address = clock.now(), who.of(request), who.address(request)
    settlement, organisation = which

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        money = _typed(form, what)
        before = legs.get(conn, *which)
        how: dict[str, Any] = {"reference": money.reference, "at": at, "by": me.login}
        with _known_reference(money):
            if what == "moved":
                leg = booking.book(conn, *which, money.amount, **how)
            else:
                leg = booking.return_payment(conn, *which, money.amount, reason=money.reason, **how)
        path = f"/operator/settlements/{settlement}/legs/{organisation}"
        if leg == before:
            return Done(path, ALREADY)
        said = {
            "organisation": organisation,
            "amount": money.amount,
            "reference": money.reference,
        }
        subject = f"settlement {settlement}"
        audit.note(conn, _LOGGED[what], me.actor(address), at, subject=subject, said=said)
        return Done(path, _DONE[what])

    return await forms.submit(request, do, lambda form, no: _asked(request, which, what, form, no))


def _typed(form: Form, what: str) -> Money:
    reason = form.prose("reason") if what == "back" else ""
    return Money(form.fen("amount"), form.text("reference"), reason)


@contextmanager
def _known_reference(money: Money) -> Iterator[None]:
    """Say of a reference that it is taken, where the journal speaks of a key."""
    try:
        yield
    except KeyReused as no:
        raise ReferenceTaken(reference=money.reference) from no


async def _sure(
    request: Request[Any, Any, Any], which: tuple[int, int], what: str, form: Form
) -> Response[str]:
    """Give the page that shows once more what is about to be booked."""
    sessions.check_step_up(who.of(request), clock.now())
    money = _typed(form, what)

    def ask(conn: Connection) -> dict[str, Any]:
        with _known_reference(money):
            before, after = booking.foresee(
                conn, *which, money.amount, reference=money.reference, back=what == "back"
            )
        return {"before": before, "after": after, **_about(conn, which)}

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/leg_money_sure.html",
        form=form,
        what=what,
        money=money,
        states=labels.LEG_STATES,
        **shown,
    )


async def _asked(
    request: Request[Any, Any, Any],
    which: tuple[int, int],
    what: str,
    form: Form | None,
    refusal: Refusal | None,
) -> Response[str]:
    def ask(conn: Connection) -> dict[str, Any]:
        leg: Leg = legs.get(conn, *which)
        most = leg.left if what == "moved" else leg.paid
        return {"leg": leg, "most": most, **_about(conn, which)}

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/leg_money.html",
        status=422 if refusal else 200,
        form=form,
        what=what,
        payable=legs.PAYABLE,
        typed=amounts.show(shown["most"]).replace(",", ""),
        states=labels.LEG_STATES,
        refused=forms.beside(refusal, _FIELDS),
        **shown,
    )


def _about(conn: Connection, which: tuple[int, int]) -> dict[str, Any]:
    return {
        "one": settlements.get(conn, which[0]),
        "organisation": organisations.get(conn, which[1]),
    }


ROUTES: Final[list[BaseRouteHandler]] = [ask_money, book_money]
