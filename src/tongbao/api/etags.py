"""ETags: who changes something says which state it has seen, so that nobody's change is lost."""

import hashlib
from typing import Any, Final

import msgspec
from litestar import Request, Response

from tongbao.kernel.errors import Conflict, Malformed

_encode = msgspec.json.Encoder().encode
_ANY: Final = "*"


class PreconditionMissing(Malformed):
    code = "precondition-missing"
    text = "a change needs the header If-Match with the ETag of what was seen, or *"


class PreconditionFailed(Conflict):
    code = "precondition-failed"
    text = "it has changed since it was seen; read it again"


def of(shown: object) -> str:
    """Give the ETag of a resource as it is shown."""
    return _tag(_encode(shown))


def answer(request: Request[Any, Any, Any], shown: object) -> Response[Any]:
    """Answer a read with the resource and its ETag, or 304 when the caller has it already."""
    body = _encode(shown)
    tag = _tag(body)
    headers = {"ETag": tag}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, media_type="application/json", headers=headers)
    return Response(body, status_code=200, media_type="application/json", headers=headers)


def check(request: Request[Any, Any, Any], current: object) -> None:
    """Refuse a change unless the caller has seen the resource as it is now.

    ``current`` is what a read would show, taken in the transaction of the change, under its lock.
    Refuses ``precondition-missing`` and ``precondition-failed``.
    """
    wanted = request.headers.get("if-match")
    if not wanted:
        raise PreconditionMissing
    if not _matches(wanted, of(current)):
        raise PreconditionFailed


def _matches(header: str, tag: str) -> bool:
    given = [one.strip().removeprefix("W/") for one in header.split(",")]
    return _ANY in given or tag in given


def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
