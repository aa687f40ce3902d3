"""Passwords: how good one must be, and its slow hash. Checking takes long, on purpose."""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed

SHORTEST: Final = 12
SALT: Final = 16
"""Bytes of chance that a hash needs."""

_DISTINCT: Final = 5
# OWASP's choice: 19 MiB and two passes, so that many sign-ins at once fit into a small machine.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What a password is compared with where there is none; made with the same costs.
_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "cjpgaRBBVe4mfSxZQTPwORteJ4CYoRVD9XArh7SFQlE"
)


class PasswordWeak(Malformed):
    code = "password-weak"
    text = "the password must {reason}"


def check_strength(password: str, login: str) -> None:
    """Refuse ``password-weak`` when a password is too short, too long, or easy to guess."""
    if len(password) > limits.PASSWORD:
        raise PasswordWeak(reason=f"have at most {limits.PASSWORD} characters")
    folded = _fold(password)
    if len(folded) < SHORTEST:
        raise PasswordWeak(reason=f"have at least {SHORTEST} characters")
    if len(set(folded)) < _DISTINCT:
        raise PasswordWeak(reason=f"have at least {_DISTINCT} different characters")
    if login.partition("@")[0] in folded.casefold():
        raise PasswordWeak(reason="not contain the name you sign in with")


def hash_of(password: str, salt: bytes) -> str:
    """Give what is kept of a password; ``salt`` is 16 bytes of chance."""
    assert len(salt) == SALT, "a salt has 128 bits"
    return _HASHER.hash(_fold(password), salt=salt)


def fits(kept: str | None, password: str) -> bool:
    """Say whether ``password`` is the one that is kept; without one, take as long and say no."""
    if len(password) > limits.PASSWORD:
        password = ""
    try:
        _HASHER.verify(kept or _NOBODYS, _fold(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether what is kept was made with other costs than today's."""
    return _HASHER.check_needs_rehash(kept)


def _fold(password: str) -> str:
    """Give the password as it is hashed: the same however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)
