"""Signing in: name and password, then the code of the second factor; signing out."""

import asyncio
import secrets
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import bearer, invitations, passwords, sessions, totp
from tongbao.hosting import parts
from tongbao.hosting import sign_in as letting_in
from tongbao.kernel import clock
from tongbao.kernel.errors import Refusal
from tongbao.web import devices, forms, navigation, pages, who
from tongbao.web.door import inside
from tongbao.web.forms import Form
from tongbao.web.pages import Said
from tongbao.web.who import OPEN, STAFF, sees
from tongbao.web.words import mark

HALF: Final = sees(*STAFF, entered=False)
"""Pages of somebody who has given the password and perhaps not yet the code."""


@get("/sign-in", opt=OPEN)
async def ask_name(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for name and password."""
    return ask(request, None, None)


@post("/sign-in", opt=OPEN)
async def take_name(request: Request[Any, Any, Any]) -> Response[str]:
    """Let somebody in, or say that this name and password do not."""
    form = await forms.read(request)
    try:
        entered = await asyncio.to_thread(
            letting_in.enter,
            parts.of(request),
            form.text("login"),
            form.values.get("password", ""),
            device=devices.name_of(request.headers.get("user-agent", "")),
            address=who.address(request),
        )
    except Refusal as refusal:
        return ask(request, form, refusal)
    back = form.values.get("next", "")
    to = inside(back) if back else navigation.home(entered.who)
    if not entered.who.entered:
        to = f"/code?next={to}"
    return pages.go(to, cookies=[who.cookie(request, entered.token)])


@get("/code", opt=HALF)
async def ask_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask for the code of the second factor."""
    return _code(request, None, None)


@post("/code", opt=HALF)
async def take_code(request: Request[Any, Any, Any]) -> Response[str]:
    """Take the code: it lets somebody in, and lets them approve for a while."""
    form = await forms.read(request)
    at, session, settings = clock.now(), who.of(request), parts.of(request).settings
    try:
        stepped = await asyncio.to_thread(
            letting_in.commit,
            parts.of(request),
            lambda conn: totp.verify(
                conn,
                session,
                form.text("code"),
                secrets.token_urlsafe(bearer.BYTES),
                at,
                key=settings.access_secret,
            ),
        )
    except Refusal as refusal:
        return _code(request, form, refusal)
    back = form.values.get("next", "")
    to = inside(back) if back else navigation.home(session)
    return pages.go(to, cookies=[who.cookie(request, stepped.token)])


@post("/sign-out", opt=HALF)
async def sign_out(request: Request[Any, Any, Any]) -> Response[str]:
    """End the session."""
    at, session = clock.now(), who.of(request)
    await parts.write(
        request,
        lambda conn: sessions.revoke(conn, session.id, session.staff_id, by=session.login, at=at),
    )
    said = Said(mark("You have signed out."))
    return pages.go("/sign-in", said, cookies=[who.cookie(request, None)])


@get("/invitation/{token:str}", opt=OPEN)
async def invited(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Greet somebody who was invited and ask for a password."""
    at = clock.now()
    whom = await parts.write(request, lambda conn: invitations.look(conn, token, at))
    return pages.page(request, "sign_in/invitation.html", whom=whom, form=None, refused={})


@post("/invitation/{token:str}", opt=OPEN)
async def take_password(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Set the password of somebody who was invited."""
    form = await forms.read(request)
    at = clock.now()
    whom = await parts.write(request, lambda conn: invitations.look(conn, token, at))
    try:
        password, salt = form.values.get("password", ""), secrets.token_bytes(passwords.SALT)
        await parts.write(request, lambda conn: invitations.redeem(conn, token, password, salt, at))
    except Refusal as refusal:
        refused = forms.beside(refusal, {"password-weak": "password"})
        return pages.page(
            request, "sign_in/invitation.html", status=422, whom=whom, form=form, refused=refused
        )
    return pages.go("/sign-in", Said(mark("Your password is set. Sign in with it.")))


def ask(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    """Show the page that asks for name and password, with what was refused."""
    back = form.values.get("next", "") if form else request.query_params.get("next", "")
    return pages.page(
        request,
        "sign_in/name.html",
        status=422 if refusal else 200,
        form=form,
        back=back,
        sso=parts.of(request).settings.oidc_issuer is not None,
        refused=forms.beside(refusal, {}),
    )


def _code(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    back = form.values.get("next", "") if form else request.query_params.get("next", "")
    return pages.page(
        request,
        "sign_in/code.html",
        status=422 if refusal else 200,
        back=back,
        stepping_up=who.of(request).entered,
        refused=forms.beside(refusal, {"totp-refused": "code"}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    ask_name,
    take_name,
    ask_code,
    take_code,
    sign_out,
    invited,
    take_password,
]
