"""Letting members in by phone and one-time code, and out again."""

import asyncio
import base64
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from tongbao.access import own_account
from tongbao.hosting import member_sign_in as hosting
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.errors import Refusal
from tongbao.web import devices, forms, pages, who
from tongbao.web.door import inside
from tongbao.web.forms import Form
from tongbao.web.pages import Said
from tongbao.web.who import MEMBER, OPEN
from tongbao.web.words import mark

PHONE: Final = "tongbao_phone"
"""The cookie that remembers, while a code is under way, to which phone it was sent."""
_FIELDS: Final = {"identity-malformed": "phone", "code-refused": "code"}


@get("/m/sign-in", opt=OPEN)
async def ask_phone(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for the phone; who is in already, as after going back, is led on."""
    back = str(request.query_params.get("next", ""))
    if await who.find_member(request, request.cookies.get(who.MEMBER_COOKIE, "")):
        return pages.go(inside(back) if back else "/m")
    return pages.page(request, "member/sign_in.html", form=None, back=back, refused={})


@post("/m/sign-in", opt=OPEN)
async def send_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a code to the phone, whether it is a member's or not."""
    form = await forms.read(request)
    back = form.values.get("next", "")
    try:
        phone = form.text("phone")
        await asyncio.to_thread(
            hosting.send_code, parts.of(request), phone, address=who.address(request)
        )
    except Refusal as refusal:
        return pages.page(
            request,
            "member/sign_in.html",
            status=422,
            form=form,
            back=back,
            refused=forms.beside(refusal, _FIELDS),
        )
    to = f"/m/code?next={inside(back)}" if back else "/m/code"
    return pages.go(to, cookies=[remember(request, phone)])


@get("/m/code", opt=OPEN)
async def ask_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for the code that was sent."""
    if not request.cookies.get(PHONE):
        return pages.go("/m/sign-in")
    return _code(request, None, None)


@post("/m/code", opt=OPEN)
async def take_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Let a member in; who is none becomes one. The phone gets its secret this once."""
    form = await forms.read(request)
    phone = request.cookies.get(PHONE, "")
    if not phone:
        return pages.go("/m/sign-in")
    try:
        entered = await asyncio.to_thread(
            hosting.enter,
            parts.of(request),
            phone,
            form.text("code"),
            enrol=True,
            device=devices.name_of(request.headers.get("user-agent", "")) or "?",
            address=who.address(request),
        )
    except Refusal as refusal:
        return _code(request, form, refusal)
    back = form.values.get("next", "")
    answer = pages.page(
        request,
        "member/armed.html",
        to=inside(back) if back else "/m",
        device=entered.who.device_id,
        secret=base64.b64encode(entered.secret).decode(),
        enrolled=entered.enrolled,
    )
    answer.cookies.extend([who.member_cookie(request, entered.token), remember(request, "")])
    return answer


@post("/m/sign-out", opt=MEMBER)
async def member_sign_out(request: Request[Any, Any, Any]) -> Response[str]:
    """End this session and its device."""
    at, member = clock.now(), who.member_of(request)
    await parts.write(request, lambda conn: own_account.sign_out(conn, member, at))
    said = Said(mark("You have signed out."))
    return pages.go("/m/sign-in", said, cookies=[who.member_cookie(request, None)])


def _code(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    back = form.values.get("next", "") if form else str(request.query_params.get("next", ""))
    return pages.page(
        request,
        "member/code.html",
        status=422 if refusal else 200,
        form=form,
        back=back,
        phone=masked(request.cookies.get(PHONE, "")),
        refused=forms.beside(refusal, _FIELDS),
    )


def masked(phone: str) -> str:
    """Give the end of a phone, enough to know one's own."""
    return f"•••• {phone[-4:]}"


def remember(request: Request[Any, Any, Any], phone: str) -> Cookie:
    """Make the cookie that remembers a phone while a code is under way; an empty one ends it."""
    return Cookie(
        key=PHONE,
        value=phone,
        path="/m",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=int(limits.ONE_TIME_CODE.total_seconds()) if phone else 0,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    ask_phone,
    send_code,
    ask_code,
    take_code,
    member_sign_out,
]
