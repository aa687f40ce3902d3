"""Tokens that whoever bears them is let in by: a prefix, an id, and 256 bits of chance.

The id finds the row; the chance is compared with the hash that is kept. A secret of 256 bits
needs no slow hash, for nobody can try them all.
"""

import hashlib
import hmac
import re
from typing import Final, Literal

Kind = Literal["tbk", "tbt", "tbs", "tbm", "tbi", "tba"]
"""Key, access token, session of staff, session of a member, invitation, application."""

BYTES: Final = 32
"""Bytes of chance in a secret, for ``secrets.token_urlsafe``."""
SECRET: Final = 43
"""Characters of a secret: those bytes in base64url."""

_TOKEN: Final = re.compile(r"(tb[ktsmia])_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{43})")


def digest(secret: str) -> bytes:
    """Give the hash that a secret is kept as."""
    assert len(secret) == SECRET, "a secret has 256 bits"
    return hashlib.sha256(secret.encode()).digest()


def write(kind: Kind, number: int, secret: str) -> str:
    """Give the token of row ``number``."""
    return f"{kind}_{number}_{secret}"


def read(kind: Kind, token: str) -> tuple[int, str] | None:
    """Give the id and the secret of a token, or nothing if it is none of this kind."""
    parts = _TOKEN.fullmatch(token)
    if parts is None or parts[1] != kind:
        return None
    return int(parts[2]), parts[3]


def fits(kept: bytes, secret: str) -> bool:
    """Say whether ``secret`` is the one that is kept as a hash, in constant time."""
    return hmac.compare_digest(kept, digest(secret))
