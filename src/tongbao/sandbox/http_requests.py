"""What the benchmark over HTTP asks: whole requests, made before the clock runs."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final

from msgspec import Struct

from tongbao.access import keys
from tongbao.kernel.db import Connection
from tongbao.sandbox.http_load import MARK
from tongbao.sandbox.traffic import World

KINDS: Final = ("award", "purchase", "hold")
WEIGHTS: Final = (60, 30, 10)
"""Of a hundred money calls, as many as of each kind."""

ITEMS: Final = 1_000
"""Operations of a bulk call."""

_PATHS: Final = {"award": "/v1/awards", "purchase": "/v1/purchases", "hold": "/v1/holds"}
_EACH: Final = 64
"""Requests that a connection asks in turn, each time with a key of its own."""

_BULKS: Final = 4
_POINTS: Final = {"value": 100, "unit": "PTS"}


class Till(Struct, frozen=True, kw_only=True):
    """Who calls from one connection: an organisation by its key, at one outlet.

    ``members``: those that it has dealt with.
    """

    token: str
    outlet: str
    members: list[int]


def tills(conn: Connection, world: World, count: int, at: datetime) -> list[Till]:
    """Make a key for each of the first ``count`` organisations of a plain alliance."""
    made = []
    size = len(world.outlets)
    for n, (organisation, _) in enumerate(world.outlets[:count]):
        secret = secrets.token_urlsafe(32)
        _, token = keys.create(
            conn, organisation, "cashier", f"till {n}", secret, by="benchmark", at=at
        )
        made.append(
            Till(token=token, outlet=f"org-{n + 1:05d}-1", members=list(world.members[n::size]))
        )
    return made


def money(
    world: World, tills: Sequence[Till], count: int, random: Random, kinds: Sequence[str] = KINDS
) -> list[list[bytes]]:
    """Give for each of ``count`` connections money calls for members by their cards."""
    weights = [WEIGHTS[KINDS.index(kind)] for kind in kinds]

    def each(till: Till) -> bytes:
        kind = random.choices(kinds, weights)[0]
        body = _body(kind, till, random.randrange(len(world.members)), random)
        return _post(_PATHS[kind], till, body, b"s-" + MARK)

    return _for_each(tills, count, _EACH, each)


def balances(tills: Sequence[Till], count: int, random: Random) -> list[list[bytes]]:
    """Give for each connection questions for balances of members that it knows."""

    def each(till: Till) -> bytes:
        path = f"/v1/members/{random.choice(till.members)}/balances"
        return f"GET {path} HTTP/1.1\r\n{_head(till)}\r\n".encode()

    return _for_each(tills, count, _EACH, each)


def bulk(
    world: World, tills: Sequence[Till], count: int, random: Random, items: int = ITEMS
) -> list[list[bytes]]:
    """Give for each connection bulk calls of ``items`` operations, each for itself."""

    def each(till: Till) -> bytes:
        drawn = random.choices(KINDS, WEIGHTS, k=items)
        operations = [
            {"kind": kind, "key": f"i{n}-{MARK.decode()}"}
            | _body(kind, till, random.randrange(len(world.members)), random)
            for n, kind in enumerate(drawn)
        ]
        return _post(
            "/v1/bulk", till, {"mode": "independent", "operations": operations}, b"b-" + MARK
        )

    return _for_each(tills, count, _BULKS, each)


def bare(count: int) -> list[list[bytes]]:
    """Give for each connection the purchase that the bare endpoint answers."""
    till = Till(token="none", outlet="org-00001-1", members=[])  # noqa: S106 - nobody asks for it
    request = _post("/purchases", till, _body("purchase", till, 1, Random(1)), b"s-" + MARK)
    return [[request] for _ in range(count)]


def _for_each(
    tills: Sequence[Till], count: int, each: int, make: Callable[[Till], bytes]
) -> list[list[bytes]]:
    return [[make(tills[n % len(tills)]) for _ in range(each)] for n in range(count)]


def _body(kind: str, till: Till, member: int, random: Random) -> dict[str, Any]:
    body: dict[str, Any] = {"member": {"card": f"TB{member:010d}"}, "outlet": till.outlet}
    if kind != "hold":
        body["amount"] = {"value": random.randrange(1_000, 20_000), "unit": "CNY"}
    if kind != "award":  # up to so many: a wallet may have run dry
        body |= {"points": _POINTS, "up_to": True}
    return body


def _post(path: str, till: Till, body: Any, key: bytes) -> bytes:
    encoded = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\n{_head(till)}Content-Type: application/json\r\n"
        f"Content-Length: {len(encoded)}\r\nIdempotency-Key: "
    )
    return head.encode() + key + b"\r\n\r\n" + encoded


def _head(till: Till) -> str:
    return f"Host: 127.0.0.1\r\nAuthorization: Bearer {till.token}\r\n"
