"""Privacy: consents by purpose and organisation, all that is known of me, and the end of it."""

from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler

from tongbao.access import audit, devices, own_account
from tongbao.access.member_sessions import check_proof
from tongbao.alliance import organisations
from tongbao.hosting import parts
from tongbao.kernel import arrays, clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.members import consents
from tongbao.members.consents import ALLIANCE, PURPOSES
from tongbao.points import caps, statements
from tongbao.points import operations as ops
from tongbao.web import forms, pages, searching, who
from tongbao.web.forms import Done, Form
from tongbao.web.member import gift, history
from tongbao.web.member.safety import proved
from tongbao.web.member.showing import show
from tongbao.web.pages import Said
from tongbao.web.who import MEMBER
from tongbao.web.words import mark

Q = sql.load(__package__)

HERE: Final = "/m/privacy"
TEXTS: Final = {
    "marketing": mark("Write to me about offers"),
    "profiling": mark("Work out what may interest me"),
    "sharing": mark("Pass on what I buy to others of the alliance"),
    "location": mark("Find me when I am nearby"),
}


_SHOWN: Final = 20
_LONGEST: Final = 100


class NotMeant(Malformed):
    code = "erase-not-confirmed"
    text = "tick the box first: this cannot be undone"


@get(HERE, opt=MEMBER)
async def privacy(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what was consented to, organisation by organisation, of those with a name looked for."""
    me = who.member_of(request).member_id
    search = str(request.query_params.get("search", "")).replace("\0", "").strip()[:_LONGEST]

    def ask(conn: Connection) -> tuple[list[tuple[int, str, int]], set[tuple[int, str]]]:
        said = consents.current(conn, me)
        given = {(one.organisation_id, str(one.purpose)) for one in said if one.given}
        values = {
            "members": _family(conn, me),
            "given": arrays.ints({organisation for organisation, _ in given}),
            "pattern": f"%{searching.literal(search)}%",
            "limit": _SHOWN,
        }
        return conn.execute(Q.dealt_with, values).fetchall(), given

    dealt, given = await parts.read(request, ask)
    return show(
        request,
        "member/privacy.html",
        dealt=[(number, name) for number, name, _ in dealt],
        more=dealt[0][2] - len(dealt) if dealt else 0,
        search=search,
        given=given,
        texts=TEXTS,
        alliance=ALLIANCE,
    )


@post(HERE + "/consent", opt=MEMBER)
async def consent(request: Request[Any, Any, Any]) -> Response[str]:
    """Keep what is ticked of one organisation, and take back what is not."""
    at, me, address = clock.now(), who.member_of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        number = form.text("organisation")
        organisation = int(number) if number.isdecimal() and len(number) < 19 else -1
        before = {
            (one.organisation_id, one.purpose)
            for one in consents.current(conn, me.member_id)
            if one.given
        }
        for purpose in PURPOSES:
            given = form.ticked(purpose)
            if given != ((organisation, purpose) in before):
                own_account.consent(
                    conn, me, organisation, purpose, given=given, address=address,
                    at=at,
                )  # fmt: skip
        return Done(HERE, Said(mark("Kept.")))

    async def again(_form: Form, no: Refusal) -> Response[str]:
        raise no

    return await forms.submit(request, do, again)


@get(HERE + "/my-data.json", opt=MEMBER)
async def download(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give all that is known of the member, as JSON."""
    at, me = clock.now(), who.member_of(request)
    found = await parts.read(request, lambda conn: known(conn, me.member_id, at))
    address = who.address(request)
    await parts.write(
        request, lambda conn: audit.note(conn, "member-data-exported", me.actor(address), at)
    )
    headers = {"Content-Disposition": 'attachment; filename="tongbao-my-data.json"'}
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)
    return Response(body, media_type="application/json", headers=headers)


def known(conn: Connection, member_id: int, at: datetime) -> dict[str, Any]:
    """Give all that is kept of a member (amounts in fen); phones are kept as their end alone."""
    told = statements.statement(conn, member_id)
    happened: list[Any] = []
    before = 2**63 - 1
    while True:
        page = history.entries(conn, member_id, before=before, limit=limits.PAGE)
        happened.extend(page)
        if len(page) < limits.PAGE:
            break
        before = page[-1].id
    shown: list[tuple[str, Any]] = [
        ("written_at", at),
        ("unit", "fen: 100 are one point or one yuan"),
        ("member", told.member),
        ("identities", told.identities),
        ("balances", told.balances),
        ("lots", told.lots),
        ("holds", told.holds),
        ("owing", told.owing),
        ("own_limit", caps.own_of(conn, member_id)),
        ("devices", devices.list_of(conn, member_id)),
        ("consents", consents.history(conn, member_id)),
        ("history", happened),
    ]
    return {name: msgspec.to_builtins(value) for name, value in shown}


@get(HERE + "/erase", opt=MEMBER)
async def ask_erase(request: Request[Any, Any, Any]) -> Response[str]:
    """Say plainly what the end of a membership means."""
    return await _erase(request, None, None)


@post(HERE + "/erase", opt=MEMBER)
async def erase(request: Request[Any, Any, Any]) -> Response[str]:
    """End the membership, with a proof: the points are given up, the phone is forgotten."""
    form = await forms.read(request)
    at, me, address = clock.now(), who.member_of(request), who.address(request)
    try:
        if not form.ticked("sure"):
            raise NotMeant
        check_proof(me, at)
        operator = await parts.read(request, lambda conn: organisations.operator(conn).id)
        op = ops.Close(
            key=f"erase-{me.member_id}-{form.key}",
            scope=operator,
            member=me.member_id,
            forfeit=True,
        )
        gift.check(await parts.post(request, op))
        await parts.write(request, lambda conn: forget(conn, me.member_id, at))
        await parts.write(
            request, lambda conn: audit.note(conn, "member-erased", me.actor(address), at)
        )
    except Refusal as refusal:
        return await _erase(request, form, refusal)
    said = Said(mark("Your membership has ended. Thank you for having been here."))
    return pages.go("/m/sign-in", said, cookies=[who.member_cookie(request, None)])


def forget(conn: Connection, member_id: int, at: datetime) -> None:
    """End every device; the phone and cards were forgotten with the membership."""
    for device in devices.list_of(conn, member_id):
        devices.revoke(conn, device.id, member_id, at)


async def _erase(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    me = who.member_of(request)
    balances = await parts.read(request, lambda conn: statements.balances(conn, me.member_id))
    return show(
        request,
        "member/erase.html",
        status=422 if refusal else 200,
        form=form,
        balances=balances,
        proved=proved(me),
        refused=forms.beside(refusal, {"erase-not-confirmed": "", "proof-needed": ""}),
    )


def _family(conn: Connection, member_id: int) -> str:
    return arrays.ints(i for (i,) in conn.execute(Q.member_family, {"member": member_id}))


ROUTES: Final[list[BaseRouteHandler]] = [privacy, consent, download, ask_erase, erase]
