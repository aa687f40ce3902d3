"""My account: the second factor, and where I am signed in."""

import asyncio
import secrets
from typing import Any, Final

import segno
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import bearer, sessions, staff, totp
from tongbao.hosting import parts
from tongbao.hosting import sign_in as letting_in
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.pages import Said
from tongbao.web.who import STAFF, sees
from tongbao.web.words import mark

MINE: Final = sees(*STAFF)


@get("/account", opt=MINE)
async def account(request: Request[Any, Any, Any]) -> Response[str]:
    """Show who I am, my second factor, and where I am signed in."""
    return await _account(request, None)


@post("/account/sessions/{session:int}/end", opt=MINE)
async def end_session(request: Request[Any, Any, Any], session: FromPath[int]) -> Response[str]:
    """End one of my sessions, on a device that is not at hand."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.revoke(conn, session, me.staff_id, by=me.login, at=at)
        return Done("/account", Said(mark("That session has ended.")))

    return await forms.submit(request, do, lambda _form, no: _account(request, no))


@post("/account/password", opt=MINE)
async def change_password(request: Request[Any, Any, Any]) -> Response[str]:
    """Take a new password from who knows the old one; other devices are signed out."""
    form = await forms.read(request)
    me, address = who.of(request), who.address(request)
    try:
        await asyncio.to_thread(
            letting_in.change_password,
            parts.of(request),
            me,
            form.values.get("old", ""),
            form.values.get("new", ""),
            address=address,
        )
    except Refusal as refusal:
        return await _account(request, refusal)
    said = Said(mark("Your password is changed. Wherever else you were signed in, you are not."))
    return pages.go("/account", said)


@post("/account/second-factor", opt=MINE)
async def begin_second_factor(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the QR code with which a phone begins to make codes."""
    await forms.read(request)
    return await _second_factor(request, None)


@post("/account/second-factor/confirm", opt=MINE)
async def confirm_second_factor(request: Request[Any, Any, Any]) -> Response[str]:
    """Take the first code, and show the recovery codes this once."""
    form = await forms.read(request)
    at, me, settings = clock.now(), who.of(request), parts.of(request).settings
    recovery = [secrets.token_bytes(10) for _ in range(totp.RECOVERY)]
    try:
        stepped, codes = await asyncio.to_thread(
            letting_in.commit,
            parts.of(request),
            lambda conn: totp.confirm(
                conn,
                me,
                form.text("code"),
                recovery,
                secrets.token_urlsafe(bearer.BYTES),
                at,
                key=settings.access_secret,
            ),
        )
    except Refusal as refusal:
        return await _second_factor(request, refusal)
    answer = pages.page(request, "account/recovery.html", token=stepped.token, codes=codes)
    answer.cookies.append(who.cookie(request, stepped.token))
    return answer


async def _account(request: Request[Any, Any, Any], refusal: Refusal | None) -> Response[str]:
    at, me = clock.now(), who.of(request)

    def ask(conn: Connection) -> tuple[list[sessions.Session], bool]:
        known = sessions.list_of(conn, me.staff_id, at)
        return known, not staff.get(conn, me.staff_id).invited

    signed_in, has_password = await parts.read(request, ask)
    return pages.page(
        request,
        "account/account.html",
        status=422 if refusal else 200,
        signed_in=signed_in,
        has_password=has_password,
        refused=forms.beside(
            refusal, {"session-not-found": "", "password-wrong": "old", "password-weak": "new"}
        ),
    )


async def _second_factor(request: Request[Any, Any, Any], refusal: Refusal | None) -> Response[str]:
    """Show a new secret; each showing makes another, so that none is left lying around."""
    me, settings = who.of(request), parts.of(request).settings
    chance = secrets.token_bytes(totp.SECRET)
    made = await parts.write(
        request, lambda conn: totp.begin(conn, me.staff_id, chance, key=settings.access_secret)
    )
    return pages.page(
        request,
        "account/second_factor.html",
        status=422 if refusal else 200,
        secret=made.secret,
        picture=segno.make(made.uri).svg_data_uri(scale=5, border=2),
        refused=forms.beside(refusal, {"totp-refused": "code"}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    account,
    end_session,
    change_password,
    begin_second_factor,
    confirm_second_factor,
]
