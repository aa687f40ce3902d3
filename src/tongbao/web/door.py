"""The door: where the address alone leads, and the language of the pages."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from tongbao.web import navigation, pages, who, words
from tongbao.web.who import OPEN

_YEAR: Final = 365 * 24 * 3600


@get("/", opt=OPEN)
async def home(request: Request[Any, Any, Any]) -> Response[str]:
    """Lead to where somebody begins: their console, their wallet, or where to sign in."""
    found = await who.find(request, request.cookies.get(who.COOKIE, ""))
    if found is None:
        member = await who.find_member(request, request.cookies.get(who.MEMBER_COOKIE, ""))
        return pages.go("/sign-in" if member is None else "/m")
    return pages.go(navigation.home(found) if found.entered else "/code")


@get("/language", opt=OPEN)
async def language(request: Request[Any, Any, Any]) -> Response[str]:
    """Change the language and go back to the page."""
    wanted = str(request.query_params.get("to", ""))
    back = inside(str(request.query_params.get("next", "")))
    if wanted not in words.LANGUAGES:
        return pages.go(back)
    kept = Cookie(key=pages.LANGUAGE, value=wanted, path="/", max_age=_YEAR, samesite="lax")
    return pages.go(back, cookies=[kept])


def inside(path: str) -> str:
    """Give a path of ours as it is, and the start page for whatever else it may be."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if ours and path.isprintable() and "\\" not in path else "/"


ROUTES: Final[list[BaseRouteHandler]] = [home, language]
