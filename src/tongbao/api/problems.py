"""Refusals as HTTP says them: one mapping from our kinds to statuses (RFC 9457)."""

import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from tongbao.api.wire import Problem
from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refusal, Refused

_log = logging.getLogger("tongbao.api")

CONTENT_TYPE: Final = "application/problem+json"
DOCS: Final = "https://tongbao.dev/reference/refusals#"
_KINDS: Final = ((Malformed, 400), (NotFound, 404), (Conflict, 409), (Refused, 422))
_OWN: Final = {
    "key-unknown": 401,
    "scope-missing": 403,
    "key-missing": 400,
    "key-reused": 422,
    "body-too-slow": 408,
    "posting-collided": 503,
    "teller-busy": 503,
    "teller-closed": 503,
    "outcome-unknown": 503,
    "database-unreachable": 503,
}
"""Codes whose status is not that of their kind."""

_AGAIN: Final = 1
"""Seconds after which a caller may try again what the service could not do."""


def status_of(code: str, kind: type[Refusal]) -> int:
    """Give the HTTP status of a refusal."""
    own = _OWN.get(code)
    if own is not None:
        return own
    return next(status for base, status in _KINDS if issubclass(kind, base))


def problem(
    request: Request[Any, Any, Any], status: int, code: str, detail: str, facts: dict[str, Any]
) -> Response[bytes]:
    """Write a refusal down as a response."""
    said = Problem(
        type=DOCS + code,
        title=code.replace("-", " "),
        status=status,
        code=code,
        detail=detail,
        request_id=request.state.request_id,
        facts=facts,
    )
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tongbao"'
    if status == 503:
        headers["Retry-After"] = str(_AGAIN)
    body = msgspec.json.encode(said, enc_hook=str)
    return Response(body, status_code=status, media_type=CONTENT_TYPE, headers=headers)


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Answer a refusal."""
    status = status_of(refusal.code, type(refusal))
    return problem(request, status, refusal.code, str(refusal), dict(refusal.facts))


def on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """Answer a body or a parameter that is not what the route takes."""
    wrong = [str(one) for one in (error.extra or [])]
    return problem(request, 400, "request-malformed", error.detail, {"errors": wrong})


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refuses: no route, a method that is not there, a huge body."""
    code = {404: "route-not-found", 405: "method-not-allowed", 413: "body-too-large"}.get(
        error.status_code, "request-malformed"
    )
    status = min(500, error.status_code)
    return problem(request, status, code, error.detail, {})


def on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer our own mistake: logged with its request id, and nothing said of it."""
    _log.exception("request %s failed", request.state.request_id, exc_info=error)
    return problem(request, 500, "internal-error", "something went wrong here", {})
