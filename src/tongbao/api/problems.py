"""Refusals as HTTP says them: one mapping from our kinds to statuses (RFC 9457)."""

import logging
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from tongbao.api import versions
from tongbao.api.wire import Problem
from tongbao.hosting import request_id
from tongbao.kernel import metrics
from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refusal, Refused

_log = logging.getLogger("tongbao.api")

CONTENT_TYPE: Final = "application/problem+json"
DOCS: Final = "/v1/docs/refusals#"
_KINDS: Final = ((Malformed, 400), (NotFound, 404), (Conflict, 409), (Refused, 422))
_OWN: Final = {
    "key-unknown": 401,
    "session-unknown": 401,
    "sign-in-refused": 401,
    "signature-needed": 401,
    "signature-refused": 401,
    "signature-stale": 401,
    "nonce-used": 401,
    "code-needed": 403,
    "proof-needed": 403,
    "step-up-needed": 403,
    "totp-missing": 403,
    "too-many-attempts": 429,
    "too-many-requests": 429,
    "code-not-sent": 503,
    "scope-missing": 403,
    "member-not-yours": 403,
    "operator-only": 403,
    "actor-else": 403,
    "scope-exceeded": 403,
    "upload-too-large": 413,
    "key-reused": 422,
    "body-too-slow": 408,
    "precondition-failed": 412,
    "precondition-missing": 428,
    "method-not-allowed": 405,
    "body-too-large": 413,
    "body-type-unknown": 415,
    "posting-collided": 503,
    "teller-busy": 503,
    "teller-closed": 503,
    "outcome-unknown": 503,
    "answer-overdue": 503,
    "database-unreachable": 503,
    "internal-error": 500,
}
"""Codes whose status is not that of their kind."""

_AGAIN: Final = 1
"""Seconds after which a caller may try again what the service could not do."""


class RequestMalformed(Malformed):
    code = "request-malformed"
    text = "{reason}"


class BodyTooLarge(Malformed):
    code = "body-too-large"
    text = "the body of a request has at most {most} bytes"


class RouteNotFound(NotFound):
    code = "route-not-found"
    text = "there is nothing at this address"


class MethodNotAllowed(Malformed):
    code = "method-not-allowed"
    text = "this address does not know the method {method}"


class InternalError(Refused):
    code = "internal-error"
    text = "something went wrong here; ask again with the same key"


BODY: Final = 10_000_000
"""Bytes of one request's body; more are refused."""


def status_of(code: str, kind: type[Refusal]) -> int:
    """Give the HTTP status of a refusal."""
    own = _OWN.get(code)
    if own is not None:
        return own
    return next(status for base, status in _KINDS if issubclass(kind, base))


def refusal_as_problem(refusal: Refusal, status: int, asked: str) -> Problem:
    """Write a refusal as the wire has it; ``asked`` is the id of the request."""
    return as_problem(status, refusal.code, str(refusal), dict(refusal.facts), asked)


def as_problem(status: int, code: str, detail: str, facts: dict[str, Any], asked: str) -> Problem:
    """Write why not as the wire has it; ``asked`` is the id of the request."""
    return Problem(
        type=DOCS + code,
        title=code.replace("-", " "),
        status=status,
        code=code,
        detail=detail,
        request_id=asked,
        facts=facts,
    )


def answer(said: Problem, headers: dict[str, str] | None = None) -> Response[Any]:
    """Answer with a problem."""
    metrics.REFUSALS.labels(said.code).inc()
    told = {"Cache-Control": "no-store"} | (headers or {})
    if said.status == 401:
        told["WWW-Authenticate"] = 'Bearer realm="tongbao"'
    if said.status == 429:
        told["Retry-After"] = str(said.facts["seconds"])
    if said.status == 503 or said.code == "key-running":
        told["Retry-After"] = str(_AGAIN)
    body = msgspec.json.encode(said, enc_hook=str)
    return Response(body, status_code=said.status, media_type=CONTENT_TYPE, headers=told)


def on_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """Answer a refusal."""
    status = status_of(refusal.code, type(refusal))
    known = request_id.of(request.scope)
    # Where no route was found, nothing else says them.
    headers = {request_id.HEADER: known, versions.HEADER: versions.CURRENT}
    return answer(refusal_as_problem(refusal, status, known), headers)


def on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """Answer a body or a parameter that is not what the route takes."""
    found = error.extra if isinstance(error.extra, list) else []
    wrong = [_wrong(one) for one in found if isinstance(one, dict)]
    said = [f"{one['key']}: {one['message']}" if one["key"] else one["message"] for one in wrong]
    return on_refusal(
        request, RequestMalformed(reason="; ".join(said) or error.detail, errors=wrong)
    )


def _wrong(found: dict[str, Any]) -> dict[str, str]:
    """Say of one fault where it is (body, query, header) and what."""
    return {name: str(found.get(name, "")) for name in ("source", "key", "message")}


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework refuses: no route, a method that is not there, a huge body."""
    refusal: Refusal
    match error.status_code:
        case 404:
            refusal = RouteNotFound()
        case 405:
            refusal = MethodNotAllowed(method=request.method)
        case 413:
            refusal = BodyTooLarge(most=BODY)
        case status if status >= 500:
            return on_crash(request, error)
        case _:
            refusal = RequestMalformed(reason=error.detail)
    refused = on_refusal(request, refusal)
    for name, value in (error.headers or {}).items():
        if name.lower() == "allow":
            refused.headers["Allow"] = value
    return refused


def on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer our own mistake: logged with its request id, and nothing said of it."""
    _log.exception("request %s failed", request_id.of(request.scope), exc_info=error)
    return on_refusal(request, InternalError())
