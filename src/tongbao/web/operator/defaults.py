"""Defaults: tried dry, declared by two people, covered by the waterfall, repaid, lifted."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation
from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.losses import default, plan, recover
from tongbao.losses.types import Default, Plan, Recovery, Run, Share, Step
from tongbao.web import called, forms, labels, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.operator.proposing import noted
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

_PATH: Final = "/operator/organisations/{organisation:int}/default"
_ACTS: Final = sees("admin", "settlement")
_PROPOSE: Final = {"declare": default.propose, "lift": default.propose_lift}


class Shown(Struct, frozen=True, kw_only=True):
    """How an organisation would default, or how its default stands; ``past``: lifted ones."""

    organisation: Organisation
    plan: Plan
    now: Default | None
    waiting: Proposal | None
    runs: list[Run]
    recoveries: list[Recovery]
    outstanding: list[Share]
    past: list[Default]
    names: dict[int, str]


@get(_PATH, opt=sees("admin", "settlement", "auditor"))
async def default_page(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Show who would bear what if the organisation defaulted, or who has borne what."""
    return await _page(request, organisation, None, None)


@post(_PATH + "/propose", opt=_ACTS)
async def propose(request: Request[Any, Any, Any], organisation: FromPath[int]) -> Response[str]:
    """Propose to declare the default, or to lift it; another person decides."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Done:
        what, reason = form.choice("what", tuple(_PROPOSE)), form.text("reason")
        organisations.lock_open(conn, organisation)
        waits = _waiting(conn, organisation)
        if waits is not None:  # from another tab: it is decided before another is made
            return Done(f"/operator/proposals/{waits.id}", forms.ALREADY)
        made = _PROPOSE[what](conn, organisation, by=me.login, reason=reason, at=at)
        return noted(request, conn, made, at)

    return await forms.submit(request, do, lambda form, no: _page(request, organisation, form, no))


@post(_PATH + "/cover", opt=_ACTS)
async def cover(request: Request[Any, Any, Any], organisation: FromPath[int]) -> Response[str]:
    """Let the waterfall bear what the defaulter owes since the last time."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        run = default.cover(conn, organisation, by=me.login, at=at)
        subject = f"organisation {organisation}"
        said = {"run": None if run is None else run.run}
        audit.note(conn, "default-covered", me.actor(address), at, subject=subject, said=said)
        text = mark("It is covered.") if run else mark("It owes nothing; there was no loss.")
        return Done(f"/operator/organisations/{organisation}/default", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, organisation, form, no))


@post(_PATH + "/recoveries", opt=_ACTS)
async def book_recovery(
    request: Request[Any, Any, Any], organisation: FromPath[int]
) -> Response[str]:
    """Book what the defaulter has paid after all; who bore its debt is repaid, the last first."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        amount, reference = form.fen("amount"), form.text("reference")
        sessions.check_step_up(me, at)
        recover.recover(conn, organisation, amount, reference, by=me.login, at=at)
        subject, said = f"organisation {organisation}", {"reference": reference}
        audit.note(conn, "recovery-booked", me.actor(address), at, subject=subject, said=said)
        text = mark("It is booked; who bore the debt is repaid in the next settlement.")
        return Done(f"/operator/organisations/{organisation}/default", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, organisation, form, no))


async def _page(
    request: Request[Any, Any, Any], organisation: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    at = clock.now()
    shown = await parts.read(request, lambda conn: _show(conn, organisation, at))
    return pages.page(
        request,
        "operator/default.html",
        status=422 if refusal else 200,
        shown=shown,
        organisation=shown.organisation,
        planned=shown.plan,
        steps=_by_step(shown.plan.shares),
        runs=[(run, _by_step(run.shares)) for run in shown.runs],
        owing=sum(share.amount for share in shown.outstanding),
        acts=who.of(request).role in ("admin", "settlement"),
        names=shown.names,
        labels_of=labels.LOSS_STEPS,
        form=form,
        refused=forms.beside(refusal, {"amount-malformed": "amount"}),
    )


def _show(conn: Connection, organisation: int, at: datetime) -> Shown:
    found = organisations.get(conn, organisation)
    known = default.listed(conn, organisation)
    now = next((one for one in known if one.lifted_at is None), None)
    planned = plan.plan(conn, organisation, at)
    runs = default.runs(conn, now) if now else []
    outstanding = default.in_order(plan.outstanding(conn, now)) if now else []
    shares = [*planned.shares, *outstanding, *(share for run in runs for share in run.shares)]
    return Shown(
        organisation=found,
        plan=planned,
        now=now,
        waiting=_waiting(conn, organisation),
        runs=runs,
        recoveries=recover.recoveries(conn, now) if now else [],
        outstanding=outstanding,
        past=[one for one in known if one.lifted_at is not None],
        names=called.names(conn, (share.organisation_id for share in shares)),
    )


def _waiting(conn: Connection, organisation: int) -> Proposal | None:
    for kind in (default.DECLARE, default.LIFT):
        for made in proposals.listed(conn, kind, organisation, state="proposed", limit=1):
            return made
    return None


def _by_step(shares: Iterable[Share]) -> list[tuple[Step, list[Share]]]:
    return [
        (step, sorted(some, key=lambda share: -share.amount))
        for step, some in groupby(shares, key=lambda share: share.step)
    ]


ROUTES: Final[list[BaseRouteHandler]] = [default_page, propose, cover, book_recovery]
