"""Idempotency keys: what one may be, and what one may be used for."""

import hashlib
import re
from typing import Any, Final

import msgspec

from tongbao.kernel import limits
from tongbao.kernel.errors import Conflict, Malformed

_KEY: Final = re.compile(f"[!-~]{{1,{limits.KEY}}}")


class KeyMalformed(Malformed):
    code = "key-malformed"
    text = "an idempotency key has 1 to {most} printable ASCII characters"


class KeyReused(Conflict):
    code = "key-reused"
    text = "this key was used before for a different request"


def check(key: Any) -> None:
    """Refuse ``key-malformed`` unless ``key`` can be an idempotency key."""
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise KeyMalformed(most=limits.KEY)


_encode = msgspec.json.Encoder().encode


def fingerprint(asked: object) -> bytes:
    """Give the fingerprint (16 bytes) of what a caller asked for."""
    return hashlib.blake2b(_encode(asked), digest_size=16).digest()
