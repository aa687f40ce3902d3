"""Signing in at the provider of single sign-on: there, and back."""

import asyncio
from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from tongbao.hosting import parts, single_sign_on
from tongbao.hosting.provider import BACK
from tongbao.kernel import limits
from tongbao.kernel.errors import Refusal
from tongbao.web import devices, navigation, pages, signing_in, who
from tongbao.web.door import inside
from tongbao.web.who import OPEN

_COOKIE: Final = "tongbao_sso"
_THERE: Final = "/sign-in/sso"


@get(_THERE, opt=OPEN)
async def away(request: Request[Any, Any, Any]) -> Response[str]:
    """Send somebody to the provider."""
    onward = request.query_params.get("next", "")
    try:
        there = await asyncio.to_thread(single_sign_on.begin, parts.of(request), onward)
    except Refusal as refusal:
        return signing_in.ask(request, None, refusal)
    headers = {"Location": there.address, "Cache-Control": "no-store"}
    return Response("", status_code=303, headers=headers, cookies=[_cookie(request, there.browser)])


@get(BACK, opt=OPEN)
async def back(request: Request[Any, Any, Any]) -> Response[str]:
    """Let in who comes back from the provider, or say why not."""
    try:
        entered, onward = await asyncio.to_thread(
            single_sign_on.finish,
            parts.of(request),
            state=request.query_params.get("state", ""),
            code=request.query_params.get("code", ""),
            browser=request.cookies.get(_COOKIE, ""),
            device=devices.name_of(request.headers.get("user-agent", "")),
            address=who.address(request),
        )
    except Refusal as refusal:
        return signing_in.ask(request, None, refusal)
    to = inside(onward) if onward else navigation.home(entered.who)
    return pages.go(to, cookies=[who.cookie(request, entered.token), _cookie(request, None)])


def _cookie(request: Request[Any, Any, Any], browser: str | None) -> Cookie:
    """Make the cookie by which the browser is known that comes back; without, one that ends it."""
    return Cookie(
        key=_COOKIE,
        value=browser or "",
        path=_THERE,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=int(limits.SSO.total_seconds()) if browser else 0,
    )


ROUTES: Final[list[BaseRouteHandler]] = [away, back]
