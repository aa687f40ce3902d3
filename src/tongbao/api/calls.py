"""Calls that change something: whose they are, under which key, and what they ask.

What is fingerprinted is what the caller sent: the route and the body, not what was found for them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.kernel import once
from tongbao.kernel.errors import Malformed
from tongbao.points.operations import Asked

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"


class KeyMissing(Malformed):
    code = "key-missing"
    text = "a call that changes something needs the header Idempotency-Key"


class Call(Struct, frozen=True, kw_only=True):
    """A call that changes something; ``scope`` is the calling organisation."""

    scope: int
    key: str
    asked: Asked


def of(request: Request[Any, Any, Any], caller: Caller, data: object) -> Call:
    """Give the call that a request is; refuses ``key-missing`` and ``key-malformed``."""
    key = request.headers.get(HEADER)
    if not key:
        raise KeyMissing
    once.check(key)
    mark = once.fingerprint((request.method, request.scope["path"], data))
    asked = Asked(mark=mark, request_id=request.state.request_id)
    return Call(scope=caller.organisation_id, key=key, asked=asked)


@contextmanager
def alone(request: Request[Any, Any, Any], call: Call) -> Iterator[None]:
    """Work on a call while no other with its key is worked on here; refuses ``key-running``.

    Another process may be asked with the same key at the same moment: there the database decides.
    """
    running: set[tuple[int, str]] = request.app.state.running
    key = call.scope, call.key
    if key in running:
        raise once.KeyRunning
    running.add(key)
    try:
        yield
    finally:
        running.discard(key)
