"""One organisation: how it stands, with whom it has claims, its outlets; suspended, given terms."""

from datetime import datetime
from itertools import groupby
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct
from psycopg.rows import dict_row

from tongbao.access import audit, sessions
from tongbao.alliance import contracts, organisations
from tongbao.alliance.types import Contract, Organisation, Terms
from tongbao.clearing import exposure
from tongbao.clearing.exposure import Exposure
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.losses import default
from tongbao.web import forms, labels, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.operator import terms
from tongbao.web.otherwise import WAYS
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "organisation_queries.sql")

_PARTIES: Final = 500
_FEED: Final = 10


class Shown(Struct, frozen=True, kw_only=True):
    """An organisation as its page shows it."""

    organisation: Organisation
    exposure: Exposure
    history: list[Contract]
    counterparties: list[dict[str, Any]]
    regions: list[tuple[str, list[dict[str, Any]]]]
    feed: list[dict[str, Any]]


@get("/operator/organisations/{organisation:int}", opt=sees(*OPERATOR))
async def organisation_page(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Show how an organisation stands."""
    return await _page(request, organisation, None, None)


@post("/operator/organisations/{organisation:int}/suspension", opt=sees("admin"))
async def suspend(request: Request[Any, Any, Any], organisation: FromPath[int]) -> Response[str]:
    """Suspend an organisation at once; two people let it issue again."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        reason = form.line("reason")
        default.suspend(conn, organisation)
        subject = f"organisation {organisation}"
        said = {"status": "suspended", "reason": reason}
        audit.note(conn, "organisation-status", me.actor(address), at, subject=subject, said=said)
        return Done(f"/operator/organisations/{organisation}", Said(mark("It is suspended.")))

    return await forms.submit(request, do, lambda form, no: _page(request, organisation, form, no))


@get("/operator/organisations/{organisation:int}/contract", opt=sees("admin"))
async def ask_contract(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Ask for the terms of a contract, beginning with those that rule."""
    return await _contract(request, organisation, None, None)


@post("/operator/organisations/{organisation:int}/contract", opt=sees("admin"))
async def sign_contract(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Sign a version of the contract that rules from now on."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        contracts.sign(conn, organisation, terms.read(form), at, at)
        subject = f"organisation {organisation}"
        audit.note(conn, "contract-signed", me.actor(address), at, subject=subject)
        return Done(f"/operator/organisations/{organisation}", Said(mark("The contract rules.")))

    return await forms.submit(
        request, do, lambda form, no: _contract(request, organisation, form, no)
    )


async def _contract(
    request: Request[Any, Any, Any], organisation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(conn: Connection) -> tuple[Organisation, list[Contract]]:
        return organisations.get(conn, organisation), contracts.history(conn, organisation)

    found, history = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/contract.html",
        status=422 if refusal else 200,
        organisation=found,
        terms=history[-1].terms if history else Terms(),
        form=form,
        cycles=labels.CYCLES,
        refused=forms.beside(refusal, {}),
    )


async def _page(
    request: Request[Any, Any, Any], organisation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    at = clock.now()
    shown = await parts.read(request, lambda conn: _show(conn, organisation, at))
    return pages.page(
        request,
        "operator/organisation.html",
        status=422 if refusal else 200,
        shown=shown,
        ruling=next((c for c in reversed(shown.history) if c.valid_from <= at), None),
        form=form,
        kinds=labels.OPERATIONS,
        ways=WAYS,
        states=labels.ORGANISATION_STATES,
        roles=labels.ORGANISATION_ROLES,
        cycles=labels.CYCLES,
        refused=forms.beside(refusal, {}),
    )


def _show(conn: Connection, organisation: int, at: datetime) -> Shown:
    found = organisations.get(conn, organisation)
    given = {"organisation": organisation, "limit": _PARTIES}
    with conn.cursor(row_factory=dict_row) as cursor:
        parties = cursor.execute(Q.counterparties, given).fetchall()
        outlets = cursor.execute(Q.outlets_by_region, given | {"limit": limits.PAGE}).fetchall()
        feed = cursor.execute(Q.newest_operations, given | {"limit": _FEED}).fetchall()
    return Shown(
        organisation=found,
        exposure=exposure.of(conn, organisation, at),
        history=contracts.history(conn, organisation),
        counterparties=parties,
        regions=[
            (region, list(rows)) for region, rows in groupby(outlets, key=lambda row: row["region"])
        ],
        feed=feed,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    organisation_page,
    suspend,
    ask_contract,
    sign_contract,
]
