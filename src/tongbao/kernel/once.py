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


def of_receipt(kind: str, outlet: str, receipt: str, line: str = "") -> str:
    """Give the idempotency key of a receipt, or of one line of it; any text gives a good key."""
    parts = [kind, outlet, receipt, line] if line else [kind, outlet, receipt]
    key = ":".join(parts)
    # A sale ends with its receipt; where something may follow, a colon in it could mislead.
    clear = kind == "sale" or ":" not in receipt + line
    if clear and _KEY.fullmatch(key):
        return key
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return f"{kind}:{outlet}:#{digest}"
