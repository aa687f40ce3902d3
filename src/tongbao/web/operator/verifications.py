"""Verifications of the laws: when the books were checked, what was found, and asking for one."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.upkeep import jobs, verifications
from tongbao.web import forms, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

Q = sql.load(__package__, "verifications_queries.sql")

PATH: Final = "/operator/verifications"
SEES: Final = ("admin", "settlement", "auditor")
ACTS: Final = ("admin", "settlement")
STATES: Final = {
    "waiting": mark("Waits for the worker"),
    "running": mark("Running"),
    "holds": mark("Every law holds"),
    "broken": mark("A law is broken"),
    "failed": mark("Could not be done"),
}
REACH: Final = {"whole": mark("everything"), "new": mark("what was new")}
ORIGINS: Final = {
    "schedule": mark("on schedule"),
    "command": mark("by a command"),
    "person": mark("asked for"),
}
LISTING: Final = Listing(
    name="verifications",
    query=Q.verifications,
    more=Q.broken_laws,
    search=("state", "reach", "origin", "asked_by"),
    hint=mark("Outcome, what was verified, or who asked for it"),
    dates="at",
    reach=lists.REACH,
    choices=(
        Choice(name="state", title=mark("Outcome"), values=STATES),
        Choice(name="reach", title=mark("Verified"), values=REACH),
        Choice(name="origin", title=mark("Begun"), values=ORIGINS),
    ),
    columns=(
        Column(
            name="at",
            title=mark("When"),
            kind="moment",
            sort=True,
            to=lambda row: f"{PATH}/{row['id']}",
        ),
        Column(name="state", title=mark("Outcome"), kind="state", says=STATES),
        Column(name="broken", title=mark("Broken laws"), kind="number"),
        Column(name="reach", title=mark("Verified"), says=REACH),
        Column(name="origin", title=mark("Begun"), says=ORIGINS),
        Column(name="asked_by", title=mark("Asked for by"), kind="person"),
    ),
    empty=mark("The laws have not been verified yet"),
    advice=mark("The worker does it every few minutes; it can be asked for here, too."),
)


@get(PATH, opt=sees(*SEES))
async def verification_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List when the laws were verified and how it went."""
    return await _list(request, None)


@post(PATH, opt=sees(*ACTS))
async def ask(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask the worker to verify everything; the one that waits or runs already, if there is one."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _: Form) -> Done:
        one = verifications.ask(conn, incremental=False, by=me.login, at=at)
        audit.note(
            conn, "verification-asked", me.actor(address), at, subject=f"verification {one.id}"
        )
        return Done(f"{PATH}/{one.id}", Said(mark("It is asked for; what is found appears here.")))

    return await forms.submit(request, do, lambda _, no: _list(request, no))


@get(PATH + "/{verification:int}", opt=sees(*SEES))
async def verification_page(
    request: Request[Any, Any, Any], verification: FromPath[int]
) -> Response[str]:
    """Show what a verification has found, law by law."""
    found = await parts.read(request, lambda conn: verifications.get(conn, verification))
    return pages.page(
        request,
        "operator/verification.html",
        one=found,
        reach=REACH["new" if found.incremental else "whole"],
        states=STATES,
        origins=ORIGINS,
        items=f"/operator/exceptions?kind={jobs.BROKEN_LAW}&state=open",
    )


async def _list(request: Request[Any, Any, Any], refusal: Refusal | None) -> Response[Any]:
    return await lists.show(
        request,
        "operator/verifications.html",
        LISTING,
        path=PATH,
        status=422 if refusal else 200,
        acts=who.of(request).role in ACTS,
        refused=forms.beside(refusal, {}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [verification_list, ask, verification_page]
