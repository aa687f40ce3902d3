"""Outcomes: what a caller is told, now and whenever the same key is asked again."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

Status = Literal["posted", "exception", "refused", "malformed"]


class Balances(Struct, frozen=True, omit_defaults=True, gc=False):
    """A member's points after the operation (fen); ``owing`` is what the next earning repays."""

    available: int = 0
    held: int = 0
    pending: int = 0
    owing: int = 0


class Slice(Struct, frozen=True, gc=False):
    """Points of one lot that an operation moved, with their issuer."""

    lot: int
    issuer: int
    points: int


class Claim(Struct, frozen=True, gc=False):
    """What ``issuer`` owes ``redeemer`` by this operation (fen); negative: a counter-claim."""

    issuer: int
    redeemer: int
    amount: int


class Refusal(Struct, frozen=True, omit_defaults=True):
    """Why not: the refusal's code, its sentence, the facts, and the request that was refused."""

    code: str
    message: str
    facts: dict[str, Any]
    request_id: str | None = None


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The answer to one operation.

    ``position`` is the place in the journal as of which the balances are true. ``spent`` and
    ``earned`` are points, ``cash`` is what is paid in money. ``replayed`` is never stored.
    """

    operation: int
    kind: str
    status: Status
    position: int
    written_at: datetime
    effective_at: datetime
    window: int = 0
    member: int | None = None
    balances: Balances | None = None
    spent: int = 0
    earned: int = 0
    cash: int = 0
    lots: tuple[Slice, ...] = ()
    claims: tuple[Claim, ...] = ()
    lot: int | None = None
    withheld: str | None = None
    refusal: Refusal | None = None
    replayed: bool = False


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Outcome)


def encode(outcome: Outcome) -> str:
    """Write an outcome as the JSON text that is stored and replayed."""
    return _encoder.encode(outcome).decode()


def replay(answer: bytes) -> Outcome:
    """Read a stored outcome, marked as replayed."""
    return msgspec.structs.replace(_decoder.decode(answer), replayed=True)
