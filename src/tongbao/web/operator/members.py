"""Members: found by what they are known by, their points and history; locked, adjusted, merged."""

import re
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from psycopg.rows import dict_row

from tongbao.access import audit, sessions
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.members import members
from tongbao.points import operations as ops
from tongbao.points.statements import statement
from tongbao.web import doers, forms, labels, lists, pages, picking, tills, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.operator.operations import find_member
from tongbao.web.pages import Said
from tongbao.web.who import OPERATOR, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "members_queries.sql")

_HISTORY: Final = 60
_ADJUSTMENTS: Final = 20
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")

LISTING: Final = Listing(
    name="members",
    query=Q.members,
    sort="-id",
    asks=True,
    hint=mark("Member number, phone, card or external id"),
    dates="enrolled_at",
    choices=(Choice(name="status", title=mark("State"), values=labels.MEMBER_STATES),),
    columns=(
        Column(
            name="id",
            title=mark("Member"),
            kind="id",
            sort=True,
            to=lambda row: f"/operator/members/{row['id']}",
        ),
        Column(name="phone", title=mark("Phone")),
        Column(name="card", title=mark("Card")),
        Column(name="external", title=mark("External id")),
        Column(name="status", title=mark("State"), kind="state", says=labels.MEMBER_STATES),
        Column(name="available", title=mark("Available"), kind="points"),
        Column(name="enrolled_by", title=mark("Enrolled by")),
        Column(name="enrolled_at", title=mark("Enrolled"), kind="date"),
    ),
    empty=mark("No member has enrolled yet"),
    advice=mark("Tills and apps enrol members; imports bring whole programmes."),
)


class SameMembership(Malformed):
    code = "same-membership"
    text = "a membership cannot live on in itself"


@get("/operator/members", opt=sees(*OPERATOR))
async def member_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List members, or lead to the one that is looked for."""
    wanted = str(request.query_params.get("search", "")).strip()
    if wanted:
        settings = parts.of(request).settings

        def ask(conn: Connection) -> int | None:
            if _NUMBER.fullmatch(wanted):
                try:
                    return members.get(conn, int(wanted)).id
                except Refusal:
                    pass
            return find_member(conn, wanted, settings)

        found = await parts.read(request, ask)
        if found is not None:
            return pages.go(f"/operator/members/{found}")
    return await lists.show(request, "operator/members.html", LISTING, missed=bool(wanted))


@get("/operator/members/{member:int}", opt=sees(*OPERATOR))
async def member_page(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """Show a member's points, lot by lot, and how they came about."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    await parts.write(
        request,
        lambda conn: audit.note(
            conn, "member-looked-at", me.actor(address), at, subject=f"member {member}"
        ),
    )
    return await _page(request, member, None, None)


@post("/operator/members/{member:int}/lock", opt=sees("admin"))
async def lock(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """Keep a member's points from being spent, or let them be spent again."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        locked = form.choice("locked", ("yes", "no")) == "yes"
        members.set_spend_lock(conn, member, locked=locked)
        said = {"locked": locked}
        subject = f"member {member}"
        audit.note(conn, "member-lock", me.actor(address), at, subject=subject, said=said)
        text = mark("The points are locked.") if locked else mark("The points can be spent again.")
        return Done(f"/operator/members/{member}", Said(text))

    return await forms.submit(request, do, lambda form, no: _page(request, member, form, no))


@post("/operator/members/{member:int}/adjust", opt=sees("admin"))
async def adjust(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """Propose to give or take points; somebody else approves it."""
    form = await forms.read(request)
    me = who.of(request)
    try:
        issuer = await parts.read(
            request, lambda conn: picking.organisation(conn, form, "organisation")
        )
        asked = ops.ProposeAdjustment(
            key=form.key,
            scope=me.organisation_id,
            member=member,
            organisation=issuer,
            points=form.fen("points"),
            reason=form.text("reason"),
            by=me.login,
            channel="console",
        )
        done = await parts.post(request, asked)
        tills.check(done)
        if not done.replayed:
            await _noted(request, member, "adjustment-proposed", {"points": asked.points})
    except Refusal as no:
        return await _page(request, member, form, no)
    said = Said(mark("The adjustment is proposed; somebody else must approve it."))
    return pages.go(f"/operator/members/{member}", forms.ALREADY if done.replayed else said)


@post("/operator/members/{member:int}/adjustments/{proposal:int}", opt=sees("admin", "settlement"))
async def decide(
    request: Request[Any, Any, Any], member: FromPath[int], proposal: FromPath[int]
) -> Response[str]:
    """Approve an adjustment that somebody else has proposed, or reject one: one's own, too."""
    form = await forms.read(request)
    me = who.of(request)
    try:
        sessions.check_step_up(me, clock.now())
        asked = ops.DecideAdjustment(
            key=form.key,
            scope=me.organisation_id,
            proposal=proposal,
            by=me.login,
            approve=form.choice("decision", ("approve", "reject")) == "approve",
            channel="console",
        )
        done = await parts.post(request, asked)
        tills.check(done)
        if not done.replayed:
            await _noted(request, member, "adjustment-decided", {"approved": asked.approve})
    except Refusal as no:
        away = forms.step_up(request, no)
        return away or await _page(request, member, form, no)
    said = Said(mark("The adjustment is decided."))
    return pages.go(f"/operator/members/{member}", forms.ALREADY if done.replayed else said)


@post("/operator/members/{member:int}/merge", opt=sees("admin"))
async def merge(request: Request[Any, Any, Any], member: FromPath[int]) -> Response[str]:
    """Let this membership live on in another one of the same person."""
    form = await forms.read(request)
    me = who.of(request)
    try:
        sessions.check_step_up(me, clock.now())
        into = form.number("into")
        if into == member:
            raise SameMembership(typed_in="into")
        asked = ops.Merge(
            key=form.key, scope=me.organisation_id, member=member, into=into, channel="console"
        )
        done = await parts.post(request, asked)
        with forms.typed_in("into"):
            tills.check(done)
        if not done.replayed:
            await _noted(request, member, "members-merged", {"into": asked.into})
    except Refusal as no:
        away = forms.step_up(request, no)
        return away or await _page(request, member, form, no)
    said = Said(mark("The memberships are one now."))
    return pages.go(f"/operator/members/{into}", forms.ALREADY if done.replayed else said)


async def _noted(
    request: Request[Any, Any, Any], member: int, kind: str, said: dict[str, Any]
) -> None:
    """Write down who did what of a member's points; the journal has the operation itself."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    subject = f"member {member}"
    await parts.write(
        request,
        lambda conn: audit.note(conn, kind, me.actor(address), at, subject=subject, said=said),
    )


async def _page(
    request: Request[Any, Any, Any], member: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    def ask(conn: Connection) -> dict[str, Any]:
        told = statement(conn, member, _HISTORY)
        number = told.member.id
        with conn.cursor(row_factory=dict_row) as cursor:
            given = {"member": number, "limit": _ADJUSTMENTS}
            adjustments = cursor.execute(Q.adjustments_of, given).fetchall()
        return {
            "told": told,
            "known": doers.known(conn, [number]).get(number, str(number)),
            "adjustments": adjustments,
        }

    shown = await parts.read(request, ask)
    return pages.page(
        request,
        "operator/member.html",
        status=422 if refusal else 200,
        form=form,
        kinds=labels.OPERATIONS,
        states=labels.MEMBER_STATES,
        identity_kinds=labels.IDENTITIES,
        lot_kinds=labels.LOTS,
        proposal_states=labels.PROPOSAL_STATES,
        refused=forms.beside(refusal, {"amount-malformed": "points"}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [member_list, member_page, lock, adjust, decide, merge]
