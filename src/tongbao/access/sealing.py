"""Secrets that must be read again, such as those of second factors, are kept encrypted.

AES-SIV with a key derived from the setting ``access_secret``: the same secret for the same use
gives the same bytes, so that no chance is needed, and bytes moved to another row do not open.
"""

import hmac
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tongbao.kernel.errors import Refused

_BITS: Final = 512


class SecretUnreadable(Refused):
    code = "secret-unreadable"
    text = "a secret was kept under another TONGBAO_ACCESS_SECRET; set it up anew"


def seal(secret: bytes, use: str, key: str) -> bytes:
    """Encrypt ``secret`` for one ``use``, such as ``totp 7``."""
    return _cipher(key).encrypt(secret, [use.encode()])


def unseal(sealed: bytes, use: str, key: str) -> bytes:
    """Give back what was sealed for the same use; refuses ``secret-unreadable``."""
    try:
        return _cipher(key).decrypt(sealed, [use.encode()])
    except InvalidTag:
        raise SecretUnreadable from None


def digest(text: str, use: str, key: str) -> bytes:
    """Give the keyed hash of a text of little chance, such as a code of six digits."""
    return hmac.digest(_derive(key, b"digest", 32), f"{use}\0{text}".encode(), "sha256")


@cache
def _cipher(key: str) -> AESSIV:
    return AESSIV(_derive(key, b"seal", _BITS // 8))


@cache
def _derive(key: str, use: bytes, length: int) -> bytes:
    assert key, "what is kept must be keyed"
    return HKDF(SHA256(), length, salt=None, info=b"tongbao access " + use).derive(key.encode())
