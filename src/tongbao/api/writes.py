"""Writes that are no operations of the journal: done once for each key, with their answer kept.

What changes and what is answered are written in one transaction. A refusal leaves nothing but
itself; what is malformed, and what failed here, leaves nothing at all.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Request, Response
from msgspec import Raw, Struct
from psycopg import errors

from tongbao.access.keys import Caller
from tongbao.api import calls
from tongbao.api.problems import CONTENT_TYPE, refusal_as_problem, status_of
from tongbao.hosting import parts
from tongbao.kernel import clock, once
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.ledger.journal import KeyTaken

_COLLISIONS: Final = (errors.SerializationFailure, errors.DeadlockDetected, KeyTaken)
_TRIES: Final = 4
_JSON: Final = "application/json"

_encode = msgspec.json.Encoder(enc_hook=str).encode


class Made(Struct, frozen=True, kw_only=True):
    """What a write has made, as it is answered.

    ``kept`` is kept in place of ``body`` where that shows a secret this once.
    """

    body: object
    status: int = 201
    headers: dict[str, str] = {}
    kept: object = None


class Kept(Struct, frozen=True, kw_only=True):
    """An answer as it is kept: replayed byte for byte."""

    status: int
    body: Raw
    headers: dict[str, str] = {}


_decode = msgspec.json.Decoder(Kept).decode


async def write(
    request: Request[Any, Any, Any],
    caller: Caller,
    data: object,
    do: Callable[[Connection], Made],
) -> Response[Any]:
    """Do something once for the request's key, and answer what it has made, now and again.

    ``do`` runs in a transaction, in a thread, and may run again after a collision. What it posts
    to the journal by itself has keys of its own (``inner``). Refuses ``key-missing``,
    ``key-malformed``, ``key-reused``, ``key-running``, and whatever ``do`` refuses.
    """
    call = calls.of(request, caller, data)
    with calls.alone(request, call):
        for _ in range(_TRIES - 1):
            try:
                return await parts.write(request, lambda conn: _once(conn, call, do))
            except _COLLISIONS:
                continue
        return await parts.write(request, lambda conn: _once(conn, call, do))


async def write_in_steps(
    request: Request[Any, Any, Any],
    caller: Caller,
    data: object,
    do: Callable[[Connection], Made],
) -> Response[Any]:
    """Do something that commits as it goes, and answer what it has made, now and again.

    ``do`` runs in a thread, without a transaction. Broken off it leaves what it has committed;
    asked again with the same key it runs once more, and must find only what is left.
    """
    call = calls.of(request, caller, data)
    with calls.alone(request, call):
        before = await parts.read(request, lambda conn: replayed(conn, call))
        if before is not None:
            return before
        made = await parts.work(request, do)
        return await parts.write(request, lambda conn: keep(conn, call, made))


def inner(call_key: str) -> str:
    """Give the key of the one entry that a write posts to the journal itself."""
    return "write:" + once.fingerprint(call_key).hex()


def replayed(conn: Connection, call: calls.Call) -> Response[Any] | None:
    """Give again what was answered under a call's key, if anything; refuses ``key-reused``."""
    before = once.kept(conn, call.scope, call.key, call.asked.mark)
    return None if before is None else _answer(_decode(before), again=True)


def keep(conn: Connection, call: calls.Call, made: Made, *, refused: bool = False) -> Response[Any]:
    """Keep an answer under a call's key, and give it."""
    now = _kept(made, made.body)
    kept = now if made.kept is None else _kept(made, made.kept)
    once.keep(
        conn,
        call.scope,
        call.key,
        call.asked.mark,
        _encode(kept),
        refused=refused,
        at=clock.now(),
    )
    return _answer(now, again=False)


def answered(made: Made) -> Response[Any]:
    """Give an answer that is not kept."""
    return _answer(_kept(made, made.body), again=False)


def _once(conn: Connection, call: calls.Call, do: Callable[[Connection], Made]) -> Response[Any]:
    before = once.begin(conn, call.scope, call.key, call.asked.mark)
    if before is not None:
        return _answer(_decode(before), again=True)
    try:
        with conn.transaction():  # a refusal leaves nothing of what was done before it
            made = do(conn)
    except Malformed:
        raise
    except Refusal as refusal:
        status = status_of(refusal.code, type(refusal))
        if status >= 500:
            raise
        said = refusal_as_problem(refusal, status, call.asked.request_id)
        return keep(conn, call, Made(status=status, body=said), refused=True)
    return keep(conn, call, made)


def _kept(made: Made, body: object) -> Kept:
    return Kept(status=made.status, body=Raw(_encode(body)), headers=made.headers)


def _answer(kept: Kept, *, again: bool) -> Response[Any]:
    headers = dict(kept.headers)
    if again:
        headers[calls.REPLAYED] = "true"
    media_type = CONTENT_TYPE if kept.status >= 400 else _JSON
    return Response(
        bytes(kept.body), status_code=kept.status, media_type=media_type, headers=headers
    )
