"""What went wrong, as a page: why, and what to do next."""

import logging
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException

from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refusal, Refused
from tongbao.web import pages, resending, security, told
from tongbao.web.pages import Said
from tongbao.web.who import CodeFirst, SignInFirst
from tongbao.web.words import mark

JSON: Final = "application/json"
"""What a script of ours accepts: nothing but this."""

_log = logging.getLogger("tongbao.web")

_KINDS: Final = ((Malformed, 400), (NotFound, 404), (Conflict, 409), (Refused, 422))
_LATER: Final = frozenset(
    {"teller-busy", "teller-closed", "outcome-unknown", "posting-collided", "answer-overdue"}
)
_AGAIN: Final = "1"
"""Seconds after which what could not be done now may be tried again."""
_TITLES: Final = {
    400: mark("That cannot be read"),
    404: mark("There is nothing here"),
    405: mark("There is nothing here"),
    409: mark("Somebody was faster"),
    413: mark("That is too large"),
    422: mark("That cannot be done"),
    500: mark("Something went wrong here"),
    503: mark("Not at this moment"),
}
_ADVICE: Final = {
    400: mark("Go back, check what you have filled in, and send it again."),
    404: mark("Check the address. What you look for may belong to another organisation."),
    405: mark("Check the address, and begin at the start page."),
    409: mark("Go back and reload the page: it shows what is true now."),
    413: mark("Go back and send less at once: a day or an outlet by itself."),
    422: mark("Go back and change what the text above names."),
    500: mark("It is not your fault. Try again; if it stays, tell the operator the request below."),
    503: mark("Wait a moment and try again. Nothing was done twice."),
}
_RESEND: Final = mark(
    "Wait a moment and send it again with the button below. It is done once, however often it is "
    "sent."
)
_RETURN: Final = mark(
    "Wait a moment, go back, and look whether it was done before you send it again."
)
_SIGNED_OUT: Final = Said(
    mark("You were signed out meanwhile, so nothing was changed. Sign in again."), tone="bad"
)
_MISSING: Final = mark("The address that was asked for leads nowhere.")
BODY: Final = 20
"""Megabytes (of a million bytes) that a form may have with its file."""
_FRAMEWORK: Final = {
    400: mark("What was sent cannot be understood."),
    413: mark("A form and its file may have up to %(most)s MB."),
}
"""What the framework refuses, but for addresses that lead nowhere."""
_NEXT: Final = {
    "invitation-unknown": mark(
        "A link works once, and for some days. The administrator of your organisation makes a "
        "new one on your page among its staff."
    ),
}
"""What to do next about a refusal of which its kind says too little."""
_CRASH: Final = mark("The request could not be finished, and nothing of it was kept.")


def status_of(refusal: Refusal) -> int:
    """Give the HTTP status of a refusal."""
    if refusal.code in _LATER or refusal.code.startswith("database-"):
        return 503
    return next(status for kind, status in _KINDS if isinstance(refusal, kind))


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """Say what was refused; who has to sign in first is sent there, a script is told."""
    if request.headers.get("accept") == JSON:
        away = isinstance(refusal, SignInFirst | CodeFirst)
        status = 401 if away else status_of(refusal)
        code = "sign-in-first" if away else refusal.code
        text = "" if away else told.refusal(pages.words_of(request), refusal)
        later = {"Retry-After": _AGAIN} if status == 503 else {}
        return Response({"code": code, "text": text}, status_code=status, headers=later)
    if isinstance(refusal, SignInFirst | CodeFirst):
        if request.headers.get("hx-request"):
            return Response("", status_code=401, media_type=pages.HTML)
        to = "/code" if isinstance(refusal, CodeFirst) else refusal.path
        return pages.go(to, None if request.method in ("GET", "HEAD") else _SIGNED_OUT)
    status = status_of(refusal)
    return _told(request, status, told.refusal(pages.words_of(request), refusal), refusal.code)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """Say what the framework refuses: no such page, a body that is too large."""
    status = error.status_code if error.status_code in _TITLES else 400
    text = _FRAMEWORK.get(status, _MISSING)
    return _told(request, status, pages.words_of(request).say(text, most=BODY), f"http-{status}")


def on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """Say that it is our mistake, and nothing of what it is; the log has it with its request."""
    _log.exception("request %s failed", _request_id(request), exc_info=error)
    return _told(request, 500, pages.words_of(request).say(_CRASH), "internal-error")


def _told(request: Request[Any, Any, Any], status: int, text: str, code: str) -> Response[str]:
    spoken = pages.words_of(request)
    again = status in (500, 503) and request.method == "GET"
    sent = resending.fields(request) if status == 503 else None
    advice = _NEXT.get(code, _ADVICE[status])
    if status == 503 and request.method == "POST":
        advice = _RETURN if sent is None else _RESEND
    # An address that leads nowhere is found out before anything could add the headers.
    answer = pages.page(
        request,
        "refused.html",
        status=status,
        title=spoken.say(_TITLES[status]),
        text=text,
        advice=spoken.say(advice),
        code=code,
        request_id=_request_id(request),
        again=_address(request) if again else None,
        address=_address(request),
        resend=sent,
    )
    if status == 503:
        answer.headers["Retry-After"] = _AGAIN
    answer.headers.update(security.HEADERS | {"Cache-Control": "no-store"})
    return answer


def _address(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return request.scope["path"] + (f"?{query}" if query else "")


def _request_id(request: Request[Any, Any, Any]) -> str:
    return str(request.scope["state"].get("request_id", ""))
