"""A member's privacy, asked for at the desk: all that is known, and the end of a membership."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.members import consents, members
from tongbao.points import operations as ops
from tongbao.points.statements import balances
from tongbao.web import doers, forms, labels, pages, tills, who
from tongbao.web.forms import Form
from tongbao.web.member.privacy import TEXTS, NotMeant, forget, known
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

_PATH: Final = "/operator/members/{member:int}/privacy"
_ADMIN: Final = sees("admin")


@get(_PATH, opt=_ADMIN)
async def privacy_page(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """Show what a member has consented to, and what may be done on the member's word."""
    return await _page(request, member, None, None)


@post(_PATH + "/export", opt=_ADMIN)
async def export(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[Any]:
    """Give all that is known of a member as JSON; who asked for it, and why, is written down."""
    form = await forms.read(request)
    at, me, address = clock.now(), who.of(request), who.address(request)

    def take(conn: Connection) -> dict[str, Any]:
        reason = form.line("reason")
        sessions.check_step_up(me, at)
        found = known(conn, member, at)
        subject, said = f"member {member}", {"reason": reason}
        audit.note(conn, "member-data-exported", me.actor(address), at, subject=subject, said=said)
        return found

    try:
        found = await parts.write(request, take)
    except Refusal as no:
        return forms.step_up(request, no) or await _page(request, member, form, no)
    headers = {
        "Content-Disposition": f'attachment; filename="tongbao-member-{member}.json"',
        "Cache-Control": "no-store",
    }
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)
    return Response(body, media_type="application/json", headers=headers)


@post(_PATH + "/erase", opt=_ADMIN)
async def erase(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """End a membership for the member: the points are given up, phone and cards are forgotten."""
    form = await forms.read(request)
    at, me, address = clock.now(), who.of(request), who.address(request)
    try:
        reason = form.line("why")
        if not form.ticked("sure"):
            raise NotMeant
        sessions.check_step_up(me, at)
        operator = await parts.read(request, lambda conn: organisations.operator(conn).id)
        asked = ops.Close(
            key=f"erase-{member}-{form.key}", scope=operator, member=member, forfeit=True
        )
        done = await parts.post(request, asked)
        tills.check(done)

        def end(conn: Connection) -> None:
            forget(conn, member, at)
            if not done.replayed:
                subject, said = f"member {member}", {"reason": reason}
                audit.note(conn, "member-erased", me.actor(address), at, subject=subject, said=said)

        await parts.write(request, end)
    except Refusal as no:
        return forms.step_up(request, no) or await _page(request, member, form, no)
    said = Said(mark("The membership has ended; nothing personal is left of it."))
    return pages.go(f"/operator/members/{member}", forms.ALREADY if done.replayed else said)


async def _page(
    request: Request[Any, Any, Any], member: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(conn: Connection) -> dict[str, Any]:
        names: dict[int, str] = {}
        given = [one for one in consents.current(conn, member) if one.given]
        for one in given:
            if one.organisation_id not in names and one.organisation_id != consents.ALLIANCE:
                names[one.organisation_id] = organisations.get(conn, one.organisation_id).name
        return {
            "member": members.get(conn, member),
            "shown": doers.known(conn, [member]).get(member, str(member)),
            "balances": balances(conn, member),
            "given": given,
            "names": names,
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/privacy.html",
        status=422 if refusal else 200,
        texts=TEXTS,
        states=labels.MEMBER_STATES,
        form=form,
        refused=forms.beside(refusal, {"erase-not-confirmed": ""}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [privacy_page, export, erase]
