"""What keeps a wallet safe: the lock, a limit of one's own, a PIN, the devices; proving who one is.

Whatever makes spending easier needs a code that was given lately; whatever makes it harder does
not.
"""

import asyncio
import secrets
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, devices, own_account, passwords
from tongbao.access.member_sessions import MemberIn, check_proof
from tongbao.hosting import member_sign_in as hosting
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.members import members
from tongbao.points import caps
from tongbao.till import pins
from tongbao.web import forms, pages, who
from tongbao.web.door import inside
from tongbao.web.forms import Done, Form
from tongbao.web.member import letting_in
from tongbao.web.member.showing import show
from tongbao.web.pages import Said
from tongbao.web.who import MEMBER
from tongbao.web.words import mark

HERE: Final = "/m/safety"
_FIELDS: Final = {
    "pin-malformed": "pin",
    "amount-malformed": "most",
    "amount-out-of-range": "most",
    "identity-malformed": "phone",
    "code-refused": "code",
    "proof-needed": "",
    "device-not-found": "",
}


@get(HERE, opt=MEMBER)
async def safety(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what keeps the wallet safe."""
    return await _safety(request, None, None)


@post(HERE + "/lock", opt=MEMBER)
async def set_lock(request: Request[Any, Any, Any]) -> Response[str]:
    """Lock spending, or unlock it with a proof."""
    at, me, address = clock.now(), who.member_of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        locked = form.choice("locked", ("yes", "no")) == "yes"
        own_account.set_spend_lock(conn, me, locked=locked, address=address, at=at)
        said = mark("Spending is locked.") if locked else mark("Spending is unlocked.")
        return Done(HERE, Said(said))

    return await forms.submit(request, do, lambda form, no: _safety(request, form, no))


@post(HERE + "/limit", opt=MEMBER)
async def set_limit(request: Request[Any, Any, Any]) -> Response[str]:
    """Set how much may be spent in a day; more than before needs a proof."""
    at, me, address = clock.now(), who.member_of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        most = None if form.maybe("most") is None else form.fen("most")
        before = caps.own_of(conn, me.member_id)
        if before is not None and (most is None or most > before):
            check_proof(me, at)
        caps.set_own(conn, me.member_id, most, at)
        audit.note(conn, "own-limit-set", me.actor(address), at, said={"points": most})
        return Done(HERE, Said(mark("Your limit is set.")))

    return await forms.submit(request, do, lambda form, no: _safety(request, form, no))


@post(HERE + "/pin", opt=MEMBER)
async def set_pin(request: Request[Any, Any, Any]) -> Response[str]:
    """Set the PIN, with a proof."""
    at, me, address = clock.now(), who.member_of(request), who.address(request)
    salt = secrets.token_bytes(passwords.SALT)

    def do(conn: Connection, form: Form) -> Done:
        check_proof(me, at)
        pins.set_pin(conn, me.member_id, form.text("pin"), salt, at)
        audit.note(conn, "pin-set", me.actor(address), at, subject=f"member {me.member_id}")
        return Done(HERE, Said(mark("Your PIN is set.")))

    return await forms.submit(request, do, lambda form, no: _safety(request, form, no))


@post(HERE + "/devices/{device:int}/end", opt=MEMBER)
async def end_device(request: Request[Any, Any, Any], device: FromPath[int]) -> Response[str]:
    """End a device that is not at hand: its session and its payment codes."""
    at, me, address = clock.now(), who.member_of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        own_account.revoke_device(conn, me, device, address=address, at=at)
        return Done(HERE, Said(mark("That device has ended.")))

    return await forms.submit(request, do, lambda form, no: _safety(request, form, no))


@get("/m/prove", opt=MEMBER)
async def ask_proof(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask to which phone a code goes: only the member knows it, we keep no number."""
    return _prove(request, None, None)


@post("/m/prove", opt=MEMBER)
async def send_proof(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a code to the phone."""
    form = await forms.read(request)
    try:
        phone = form.text("phone")
        await asyncio.to_thread(
            hosting.send_code,
            parts.of(request),
            phone,
            address=who.address(request),
            purpose="prove",
        )
    except Refusal as refusal:
        return _prove(request, form, refusal)
    to = f"/m/prove/code?next={inside(form.values.get('next', ''))}"
    return pages.go(to, cookies=[letting_in.remember(request, phone)])


@get("/m/prove/code", opt=MEMBER)
async def ask_proving_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for the code that was sent."""
    if not request.cookies.get(letting_in.PHONE):
        return pages.go("/m/prove")
    return _prove_code(request, None, None)


@post("/m/prove/code", opt=MEMBER)
async def take_proof(request: Request[Any, Any, Any]) -> Response[str]:
    """Take the code: for a while the member may do what needs a proof."""
    form = await forms.read(request)
    phone = request.cookies.get(letting_in.PHONE, "")
    if not phone:
        return pages.go("/m/prove")
    try:
        token = await asyncio.to_thread(
            hosting.prove,
            parts.of(request),
            who.member_of(request),
            phone,
            form.text("code"),
            address=who.address(request),
        )
    except Refusal as refusal:
        return _prove_code(request, form, refusal)
    cookies = [who.member_cookie(request, token), letting_in.remember(request, "")]
    return pages.go(inside(form.values.get("next", "") or HERE), cookies=cookies)


def proved(me: MemberIn) -> bool:
    """Say whether a code was given lately."""
    try:
        check_proof(me, clock.now())
    except Refusal:
        return False
    return True


async def _safety(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    me = who.member_of(request)

    def ask(conn: Connection) -> dict[str, Any]:
        return {
            "member": members.get(conn, me.member_id),
            "most": caps.own_of(conn, me.member_id),
            "has_pin": pins.has_pin(conn, me.member_id),
            "devices": devices.list_of(conn, me.member_id),
        }

    found = await parts.read(request, ask)
    return show(
        request,
        "member/safety.html",
        status=422 if refusal else 200,
        form=form,
        me=me,
        proved=proved(me),
        refused=forms.beside(refusal, _FIELDS),
        **found,
    )


def _prove(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    return _asking(request, "member/prove.html", form, refusal)


def _prove_code(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    return _asking(request, "member/prove_code.html", form, refusal)


def _asking(
    request: Request[Any, Any, Any], template: str, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    back = form.values.get("next", "") if form else str(request.query_params.get("next", ""))
    return show(
        request,
        template,
        status=422 if refusal else 200,
        form=form,
        back=inside(back or HERE),
        phone=letting_in.masked(request.cookies.get(letting_in.PHONE, "")),
        refused=forms.beside(refusal, _FIELDS),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    safety,
    set_lock,
    set_limit,
    set_pin,
    end_device,
    ask_proof,
    send_proof,
    ask_proving_code,
    take_proof,
]
