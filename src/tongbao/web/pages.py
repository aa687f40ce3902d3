"""A page: a template, what it shows, and what every page has."""

import base64
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from markupsafe import Markup

from tongbao.hosting import parts
from tongbao.web import doers, labels, navigation, till_notes, told, who, words
from tongbao.web.assets import Built
from tongbao.web.words import Words

HTML: Final = "text/html"
LANGUAGE: Final = "language"
_SAID: Final = "said"
_THEMES: Final = ("light", "dark")


class Said(msgspec.Struct, frozen=True):
    """What the next page says once: that something was done; in a ``bad`` tone, that it was not."""

    text: str
    facts: dict[str, str | int] = {}
    tone: str = "good"


def page(
    request: Request[Any, Any, Any],
    template: str,
    /,
    *,
    status: int = 200,
    token: str | None = None,
    **shown: Any,
) -> Response[str]:
    """Make the page of a template in the reader's language.

    ``token`` is the session's new one, where this answer brings it: the forms of the page belong
    to that.
    """
    spoken, gaps = words_of(request), doers.Gaps()
    said, cookies = _take_said(request)
    everywhere = {
        "request": request,
        "path": request.scope["path"],
        "here": _here(request),
        "start": _start(request.scope["path"]),
        "words": spoken,
        "language": spoken.language,
        "languages": words.NAMES,
        "theme": _theme(request),
        "who": who.known(request),
        "proof": who.proof(token) if token else who.proof_of(request),
        "navigation": navigation.of(who.known(request), request.scope["path"]),
        "said": None if said is None else spoken.say(said.text, **said.facts),
        "tone": said.tone if said else "",
        "assets": request.app.state.assets,
        "gaps": gaps,
    }
    text = environment(spoken.language, spoken.zone.key).get_template(template).render(
        everywhere | shown
    )  # fmt: skip
    return doers.Page(request, text, gaps, status_code=status, media_type=HTML, cookies=cookies)


def _here(request: Request[Any, Any, Any]) -> str:
    """Give the address to come back to: this one, or of an answer to a form the page it is of."""
    path: str = request.scope["path"]
    if request.method in ("GET", "HEAD"):
        return f"{path}?{request.url.query}" if request.url.query else path
    while path:
        try:
            request.app.asgi_router.handle_routing(path, "GET")
        except (NotFoundException, MethodNotAllowedException):
            path = path.rpartition("/")[0]
        else:
            return path
    return "/"


def _start(path: str) -> str:
    """Give the page at which whoever looks at ``path`` begins: members have one of their own."""
    return "/m" if path == "/m" or path.startswith("/m/") else "/"


def go(to: str, said: Said | None = None, cookies: list[Cookie] | None = None) -> Response[str]:
    """Send the reader to another page, which says once what was done."""
    assert to.startswith("/"), "we send nobody to another host"
    sent = list(cookies or [])
    if said is not None:
        value = base64.urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
        sent.append(Cookie(key=_SAID, value=value, path="/", httponly=True, samesite="lax"))
    return Response("", status_code=303, media_type=HTML, headers={"Location": to}, cookies=sent)


def words_of(request: Request[Any, Any, Any]) -> Words:
    """Give the words in the reader's language, with times in the alliance's zone."""
    language = words.chosen(
        request.cookies.get(LANGUAGE), request.headers.get("accept-language", "")
    )
    return words.of(language, parts.of(request).settings.time_zone)


@cache
def environment(language: words.Language, zone: str) -> Environment:
    """Make the environment of the templates in one language."""
    spoken = words.of(language, zone)
    env = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_translations(spoken.catalogue, newstyle=True)  # type: ignore[attr-defined]
    filters: Mapping[str, Callable[..., Any]] = {
        "money": spoken.money,
        "points": spoken.points,
        "count": spoken.count,
        "percent": spoken.percent,
        "date": spoken.date,
        "moment": spoken.moment,
        "span": spoken.span,
        "place": spoken.place,
        "region": spoken.region,
        "address": spoken.address,
        "say": spoken.say,
        "refusal": lambda no: told.refusal(spoken, no),
        "person": doers.person,
        "member": doers.member,
        "reason": lambda text: told.reason(spoken, text),
        "till_label": lambda text: till_notes.label(str(text), spoken),
        "till_note": lambda text: till_notes.note(str(text), spoken),
        "noted": lambda text: told.noted(text, spoken),
        "chart": lambda said: msgspec.json.encode(said).decode(),
    }
    env.filters.update(filters)
    env.globals["new_key"] = new_key
    env.globals["icon_sprite"] = _sprite
    env.globals["ROLES"] = labels.ROLES
    return env


def new_key() -> str:
    """Make the key of a form."""
    return secrets.token_urlsafe(18)


def _sprite(assets: Built, name: str) -> Markup:
    return Markup("{}#{}").format(assets.path("icons.svg"), name)


def _theme(request: Request[Any, Any, Any]) -> str | None:
    chosen = request.cookies.get("theme")
    return chosen if chosen in _THEMES else None


def _take_said(request: Request[Any, Any, Any]) -> tuple[Said | None, list[Cookie]]:
    """Give what is to be said, and the cookie that has it said only once."""
    value = request.cookies.get(_SAID)
    if not value:
        return None, []
    gone = [Cookie(key=_SAID, value="", path="/", max_age=0)]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(value + "=="), type=Said), gone
    except (ValueError, msgspec.MsgspecError):
        return None, gone
