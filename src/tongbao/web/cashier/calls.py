"""Calls of the cashier's page: read, handed to the teller under their key, answered as JSON.

The page keeps a call until it has been answered and sends it again after the network was away.
What is fingerprinted is what it sent, but for the PIN, which it keeps nowhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from msgspec import Struct

from tongbao.access.sessions import SignedIn
from tongbao.alliance.types import Outlet
from tongbao.hosting import parts
from tongbao.hosting.sign_in import commit
from tongbao.kernel import clock, once, sql
from tongbao.kernel.errors import REFUSALS, Malformed, NotFound
from tongbao.points import early
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome
from tongbao.till import identify, pins
from tongbao.till.identify import Identified, Place, Secrets
from tongbao.web import called, pages, told, who

Q = sql.load(__package__)
HEADER: Final = "Idempotency-Key"
CHANNEL: Final = "till"

Body = TypeVar("Body", bound=Struct)


class CallMalformed(Malformed):
    code = "call-malformed"
    text = "the page has sent what cannot be read; reload it"


class Call(Struct, frozen=True, kw_only=True):
    """A call that posts: by whom, under which key, what it asks."""

    me: SignedIn
    key: str
    asked: ops.Asked

    def common(self) -> dict[str, Any]:
        """Give what every operation of it has."""
        return {
            "key": self.key,
            "scope": self.me.organisation_id,
            "asked": self.asked,
            "channel": CHANNEL,
            "staff": self.me.login,
        }


async def body_of(request: Request[Any, Any, Any], kind: type[Body]) -> Body:
    """Read what the page has sent; refuses ``call-malformed``."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.MsgspecError, ValueError):
        raise CallMalformed from None


def call_of(request: Request[Any, Any, Any], body: Struct) -> Call:
    """Give the call that a request is; refuses ``key-malformed``."""
    key = request.headers.get(HEADER, "")
    once.check(key)
    asked: dict[str, Any] = msgspec.to_builtins(body)
    asked.pop("pin", None)
    mark = once.fingerprint((request.scope["path"], asked))
    request_id = str(request.scope["state"].get("request_id", ""))
    return Call(me=who.of(request), key=key, asked=ops.Asked(mark=mark, request_id=request_id))


async def hand_in(
    request: Request[Any, Any, Any],
    call: Call,
    kind: str,
    build: Callable[[], Awaitable[ops.Operation]],
) -> Response[Any]:
    """Build an operation, hand it to the teller, and tell what became of it.

    That nobody was found is remembered under the key like what posting refuses.
    """
    try:
        op = await build()
    except NotFound as no:
        why, at = no, clock.now()
        scope = call.me.organisation_id
        outcome = await parts.write(
            request, lambda conn: early.refuse(conn, scope, call.key, call.asked, kind, why, at)
        )
    else:
        outcome = await parts.post(request, op)
    return await answered(request, outcome)


async def answered(request: Request[Any, Any, Any], outcome: Outcome) -> Response[Any]:
    """Tell the page what became of an operation."""
    no = outcome.refusal
    if no is not None:
        kind = REFUSALS.get(no.code)
        text = told.refused(
            pages.words_of(request), no.code, kind.text if kind else no.message, no.facts
        )
        return Response({"code": no.code, "text": text}, status_code=422)
    names = await parts.read(
        request, lambda conn: called.names(conn, (part.issuer for part in outcome.lots))
    )
    left = outcome.balances
    return Response(
        {
            "operation": str(outcome.operation),
            "kind": outcome.kind,
            "replayed": outcome.replayed,
            "spent": outcome.spent,
            "earned": outcome.earned,
            "cash": outcome.cash,
            "available": None if left is None else left.available,
            "at": pages.words_of(request).moment(outcome.effective_at),
            "lots": [
                {"issuer": names.get(part.issuer, ""), "points": part.points}
                for part in outcome.lots
            ],
        },
        status_code=200,
    )


async def stands_here(request: Request[Any, Any, Any], place: Outlet, scanned: str) -> Identified:
    """Give whom a scanned or typed text leads to; a wrong payment code costs a try.

    Refuses what ``identify.identify`` refuses and gives back.
    """
    at, me, settings = clock.now(), who.of(request), parts.of(request).settings
    secrets = Secrets(settings.identity_secret, settings.access_secret)
    where = Place(place.organisation_id, place.code, me.login)
    means = identify.means_of(scanned)
    return await asyncio.to_thread(
        commit,
        parts.of(request),
        lambda conn: identify.identify(conn, means, scanned, where, at, secrets=secrets),
    )


async def proof_of(
    request: Request[Any, Any, Any], member: int, pin: str | None
) -> ops.Proof | None:
    """Give the proof that a PIN is; refuses ``pin-refused`` and ``too-many-attempts``."""
    if not pin:
        return None
    at = clock.now()
    await asyncio.to_thread(
        commit, parts.of(request), lambda conn: pins.check(conn, member, pin, at)
    )
    return "pin"
