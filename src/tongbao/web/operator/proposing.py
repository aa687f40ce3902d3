"""What is proposed of one organisation: money that stands there, its part in the fund, its bank."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.alliance import blocks, collateral, organisations
from tongbao.alliance.types import Organisation
from tongbao.bank import accounts, numbers
from tongbao.bank.types import Details
from tongbao.clearing import exposure
from tongbao.desk.proposals import Proposal
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.losses import caps, default, fund
from tongbao.web import forms, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.operator import named
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

MONEY: Final[dict[str, Callable[..., Proposal]]] = {
    collateral.DEPOSIT: collateral.propose_deposit,
    collateral.WITHDRAWAL: collateral.propose_withdrawal,
    blocks.PURCHASE: blocks.propose_purchase,
    blocks.RETURN: blocks.propose_return,
}
"""Money of an organisation that needs no reference: what is approved is booked once anyway."""

_MERCHANT: Final = (*MONEY, fund.CONTRIBUTE, fund.RETURN)
_OPERATOR: Final = (fund.SET_FIRST_LOSS, fund.RETURN_FIRST_LOSS)
_WHAT: Final = {
    "money": mark("Money that stands there"),
    "cap": mark("Part in the guarantee fund"),
    "account": mark("Bank account"),
}
PROPOSED: Final = Said(mark("It is proposed; somebody else must decide it."))
_PATH: Final = "/operator/organisations/{organisation:int}/propose/{what:str}"


@get(_PATH, opt=sees("admin", "settlement"))
async def ask_proposal(
    request: Request[Any, Any, Any], organisation: FromPath[int], what: FromPath[str]
) -> Response[str]:
    """Ask what is proposed of an organisation."""
    return await _page(request, organisation, what, None, None)


@post(_PATH, opt=sees("admin", "settlement"))
async def propose(
    request: Request[Any, Any, Any], organisation: FromPath[int], what: FromPath[str]
) -> Response[str]:
    """Propose it; another person decides."""
    at, me = clock.now(), who.of(request)
    ways = {"cap": _propose_cap, "account": _propose_account}

    def do(conn: Connection, form: Form) -> Done:
        made = ways.get(what, _propose_money)(conn, organisation, form, me.login, at)
        return noted(request, conn, made, at)

    return await forms.submit(
        request, do, lambda form, no: _page(request, organisation, what, form, no)
    )


@post("/operator/organisations/{organisation:int}/reinstatement", opt=sees("admin", "settlement"))
async def propose_reinstatement(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Propose that a suspended organisation may issue again."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Done:
        reason = form.text("reason")
        made = default.propose_reinstatement(conn, organisation, by=me.login, reason=reason, at=at)
        return noted(request, conn, made, at)

    return await forms.submit(
        request, do, lambda form, no: _page(request, organisation, "money", form, no)
    )


def noted(request: Request[Any, Any, Any], conn: Connection, made: Proposal, at: datetime) -> Done:
    """Write down who has proposed what, and lead to the proposal."""
    actor, subject = who.of(request).actor(who.address(request)), f"proposal {made.id}"
    audit.note(conn, "proposal-made", actor, at, subject=subject, said={"kind": made.kind})
    return Done(f"/operator/proposals/{made.id}", PROPOSED)


def _propose_money(
    conn: Connection, organisation: int, form: Form, by: str, at: datetime
) -> Proposal:
    kind = form.choice("kind", (*_MERCHANT, *_OPERATOR))
    amount, reason = form.fen("amount"), form.text("reason")
    if kind in MONEY:
        return MONEY[kind](conn, organisation, amount, by=by, reason=reason, at=at)
    key = form.text("reference")
    return fund.propose(conn, kind, organisation, amount, key, by=by, reason=reason, at=at)


def _propose_cap(
    conn: Connection, organisation: int, form: Form, by: str, at: datetime
) -> Proposal:
    return caps.propose(
        conn,
        organisation,
        required=form.fen("required"),
        cap=form.fen("cap"),
        by=by,
        reason=form.text("reason"),
        at=at,
    )


def _propose_account(
    conn: Connection, organisation: int, form: Form, by: str, at: datetime
) -> Proposal:
    signed = form.maybe("signed_on")
    details = Details(
        number=form.text("number"),
        name=form.text("name"),
        bic=form.maybe("bic"),
        cnaps=form.maybe("cnaps"),
        mandate=form.maybe("mandate"),
        signed_on=numbers.parse_date("signed_on", signed) if signed else None,
    )
    valid_from = numbers.parse_date("valid_from", form.text("valid_from"))
    reason = form.text("reason")
    return accounts.propose(conn, organisation, details, valid_from, by=by, reason=reason, at=at)


async def _page(
    request: Request[Any, Any, Any],
    organisation: int,
    what: str,
    form: Form | None,
    refusal: Refusal | None,
) -> Response[str]:
    at = clock.now()
    today = at.astimezone(pages.words_of(request).zone).date()
    shown = await parts.read(request, lambda conn: _show(conn, organisation, at, today))
    found: Organisation = shown["organisation"]
    kinds = _OPERATOR if found.role == "operator" else _MERCHANT
    beside = {}
    if refusal is not None and refusal.code == "bank-account-malformed":
        beside = {refusal.code: str(refusal.facts.get("field", ""))}
    return pages.page(
        request,
        "operator/propose.html",
        status=422 if refusal else 200,
        what=what if what in _WHAT else "money",
        ways={code: text for code, text in _WHAT.items() if code != "cap" or kinds is _MERCHANT},
        kinds={kind: named.PROPOSALS[kind] for kind in kinds},
        today=today,
        form=form,
        refused=forms.beside(refusal, {"amount-malformed": "amount"} | beside),
        **shown,
    )


def _show(conn: Connection, organisation: int, at: datetime, today: date) -> dict[str, Any]:
    found = organisations.get(conn, organisation)
    return {
        "organisation": found,
        "exposure": exposure.of(conn, organisation, at),
        "cap": caps.get(conn, organisation),
        "account": accounts.at_day(conn, [organisation], today).get(organisation),
    }


ROUTES: Final[list[BaseRouteHandler]] = [ask_proposal, propose, propose_reinstatement]
