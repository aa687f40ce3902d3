"""What offline tills sign, and what is signed for them: texts of lines, Ed25519, a chain. Pure.

Every message is plain text with one value a line, so that a till in any language writes the same
bytes. ``docs/howto/offline-tills.md`` has it with test vectors.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta, Struct

from tongbao.access import sealing
from tongbao.kernel import limits
from tongbao.kernel.clock import micros

Kind = Literal["award", "spend"]
MemberKind = Literal["phone", "card", "code"]
Hex64 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Hex128 = Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]

_ALLOWANCE: Final = "tongbao allowance 1"
_LINE: Final = "tongbao offline line 1"


class Grant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a terminal may do offline, as it is told; ``signature`` is the operator's.

    ``spend_points`` in all and ``member_points`` of one member, ``award_amount`` of sales that
    earn: fen. ``public_key`` is the terminal's own.
    """

    allowance: int
    organisation: int
    outlet: int
    terminal: int
    public_key: Hex64
    spend_points: int
    member_points: int
    award_amount: int
    valid_from: datetime
    valid_until: datetime
    signature: str = ""


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a terminal did offline: its place in the chain, what happened, and the signature.

    ``amount`` is the bill and ``points`` the part of it that was paid with them (fen); of an
    award ``points`` is 0: the contract says how many. ``prev`` is the hash of the line before.
    """

    allowance: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    counter: Annotated[int, Meta(ge=1, le=limits.OFFLINE_LINES)]
    prev: Hex64
    kind: Kind
    at: datetime
    member_kind: MemberKind
    member: Annotated[str, Meta(min_length=1, max_length=80)]
    amount: Annotated[int, Meta(ge=0, le=limits.AMOUNT)]
    points: Annotated[int, Meta(ge=0, le=limits.AMOUNT)] = 0
    reference: Annotated[str, Meta(max_length=limits.NAME)] = ""
    signature: Hex128 = "0" * 128


def grant_message(grant: Grant) -> bytes:
    """Give the bytes of a grant that the operator signs."""
    return _message(
        _ALLOWANCE,
        grant.allowance,
        grant.organisation,
        grant.outlet,
        grant.terminal,
        grant.public_key,
        grant.spend_points,
        grant.member_points,
        grant.award_amount,
        micros(grant.valid_from),
        micros(grant.valid_until),
    )


def line_message(line: Line) -> bytes:
    """Give the bytes of a line that the terminal signs."""
    return _message(
        _LINE,
        line.allowance,
        line.counter,
        line.prev,
        line.kind,
        micros(line.at),
        line.member_kind,
        line.member,
        line.amount,
        line.points,
        line.reference,
    )


def hash_of(message: bytes) -> str:
    """Give the hash by which the next line names this one; the first names its grant."""
    return hashlib.sha256(message).hexdigest()


def operators_key(secret: str) -> Ed25519PrivateKey:
    """Give the key that signs grants; it follows from the setting ``access_secret``."""
    seed = sealing.digest("grants", "offline tills", secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_hex(key: Ed25519PrivateKey) -> str:
    """Give the public half of a key, in hex."""
    return key.public_key().public_bytes_raw().hex()


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """Sign a message; give the signature in hex."""
    return key.sign(message).hex()


def is_signed(public_key: bytes, message: bytes, signature: str) -> bool:
    """Say whether a signature (hex) is that of the key's holder."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(*values: object) -> bytes:
    return "\n".join(map(str, values)).encode()
