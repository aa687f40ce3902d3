"""Signed requests: HTTP Message Signatures (RFC 9421) with HMAC-SHA256. Pure, but for the keys.

What a till signs: method, path, query, the digest of the body (RFC 9530) and its idempotency key;
with them go the time, a nonce that is good once, and the id of the key. The secret never travels.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.access import keys, sealing
from tongbao.access.roles import Scope
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refused

Q = sql.load(__package__, "signing_queries.sql")

SECRET: Final = 32
"""Bytes of a signing secret."""

COMPONENTS: Final = frozenset(
    {"@method", "@path", "@query", "content-digest", "content-type", "idempotency-key"}
)
"""What may be signed. All but the type of the body must be, where the request has it."""

_INPUT: Final = re.compile(
    r'([a-z][a-z0-9_-]{0,63})=(\(((?:"[a-z@-]{1,40}" ?){1,12})\)'
    r'((?:;[a-z]{1,20}=(?:"[\x20\x21\x23-\x5b\x5d-\x7e]{0,200}"|[0-9]{1,15})){1,12}))'
)
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:"([^"]*)"|([0-9]+))')
_SIGNATURE: Final = re.compile(r"([a-z][a-z0-9_-]{0,63})=:([A-Za-z0-9+/]{43}=):")
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KEY: Final = re.compile(r"tbk_([1-9][0-9]{0,17})")


class SignatureMalformed(Malformed):
    code = "signature-malformed"
    text = "the signature cannot be read: {reason}"


class SignatureRefused(Refused):
    code = "signature-refused"
    text = "the signature is not that of this request and this key"


class SignatureStale(Refused):
    code = "signature-stale"
    text = "the request was signed too far from now; the time here is {now}"


class NonceUsed(Refused):
    code = "nonce-used"
    text = "a request with this nonce was here before"


class Signature(Struct, frozen=True, kw_only=True):
    """What the two headers say; ``written`` is the list of what is signed, as it was sent."""

    key_id: int
    covers: tuple[str, ...]
    created: int
    nonce: str
    written: str
    value: bytes


class Request(Struct, frozen=True, kw_only=True):
    """What of a request is signed: ``path`` and ``query`` as they were sent, ``body`` whole."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def arm(
    conn: Connection,
    key_id: int,
    chance: bytes,
    *,
    required: bool,
    key: str,
    within: frozenset[Scope] | None = None,
) -> str:
    """Give an API key a signing secret, which is shown this once, in base64.

    ``chance`` is 32 bytes, ``key`` the setting ``access_secret``. ``required``: the key is let in
    by its signature only. ``within``: the scopes of who asks, for whoever has the secret can do
    what the key may. Refuses ``api-key-not-found`` and ``scope-exceeded``.
    """
    assert len(chance) == SECRET, "a secret has 256 bits"
    keys.check_within(keys.get(conn, key_id).scopes, within)
    values = {"id": key_id, "secret": sealing.seal(chance, use(key_id), key), "required": required}
    conn.execute(Q.arm_key, values)
    return base64.b64encode(chance).decode()


def disarm(conn: Connection, key_id: int, *, within: frozenset[Scope] | None = None) -> None:
    """Take the signing secret from an API key: its token is good again, for whoever has it.

    ``within`` is as with ``arm``. Refuses ``api-key-not-found`` and ``scope-exceeded``.
    """
    keys.check_within(keys.get(conn, key_id).scopes, within)
    conn.execute(Q.arm_key, {"id": key_id, "secret": None, "required": False})


def use(key_id: int) -> str:
    """Give what the secret of a key is sealed for."""
    return f"signing {key_id}"


def read(given: str, value: str) -> Signature:
    """Read the headers ``Signature-Input`` and ``Signature``; refuses ``signature-malformed``."""
    parts, said = _INPUT.fullmatch(given), _SIGNATURE.fullmatch(value)
    if parts is None or said is None or parts[1] != said[1]:
        raise SignatureMalformed(reason="one signature in each of Signature-Input and Signature")
    covers = tuple(parts[3].replace('"', "").split())
    parameters = {name: text or number for name, text, number in _PARAMETER.findall(parts[4])}
    unknown = set(covers) - COMPONENTS
    if unknown or len(set(covers)) != len(covers):
        raise SignatureMalformed(reason=f"only {', '.join(sorted(COMPONENTS))} are signed, once")
    if parameters.get("alg", "hmac-sha256") != "hmac-sha256":
        raise SignatureMalformed(reason="alg is hmac-sha256")
    key = _KEY.fullmatch(parameters.get("keyid", ""))
    if key is None or not parameters.get("created", "").isdecimal():
        raise SignatureMalformed(reason="keyid, as tbk_7, and created, in seconds, are needed")
    if _NONCE.fullmatch(parameters.get("nonce", "")) is None:
        raise SignatureMalformed(reason="nonce has 16 to 64 letters, digits, - and _")
    return Signature(
        key_id=int(key[1]),
        covers=covers,
        created=int(parameters["created"]),
        nonce=parameters["nonce"],
        written=parts[2],
        value=base64.b64decode(said[2]),
    )


def check(signature: Signature, request: Request, secret: bytes, at: datetime) -> None:
    """Refuse unless the request is what was signed, lately, with ``secret``.

    ``signature-malformed`` when something is not covered that must be, ``signature-stale`` and
    ``signature-refused``. That the nonce is new is the door's to check, after this.
    """
    _check_covers(signature, request)
    now = micros(at) // 1_000_000
    if abs(now - signature.created) > limits.SIGNATURE_SKEW.total_seconds():
        raise SignatureStale(now=now)
    wanted = hmac.digest(secret, base(signature, request), "sha256")
    if not hmac.compare_digest(wanted, signature.value):
        raise SignatureRefused
    if "content-digest" in signature.covers:
        _check_digest(request)


def base(signature: Signature, request: Request) -> bytes:
    """Give what is signed, as RFC 9421 section 2.5 writes it."""
    lines = [f'"{name}": {_value(name, request)}' for name in signature.covers]
    return "\n".join([*lines, f'"@signature-params": {signature.written}']).encode()


def sign(covered: str, request: Request, secret: bytes) -> str:
    """Give the value of the header ``Signature`` for a ``Signature-Input``; for clients."""
    label = covered.partition("=")[0]
    empty = base64.b64encode(bytes(32)).decode()
    signature = read(covered, f"{label}=:{empty}:")
    value = hmac.digest(secret, base(signature, request), "sha256")
    return f"{label}=:{base64.b64encode(value).decode()}:"


def digest(body: bytes) -> str:
    """Give the value of the header ``Content-Digest``."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _check_covers(signature: Signature, request: Request) -> None:
    needed = {"@method", "@path", "@query"}
    if request.body or request.method not in ("GET", "HEAD"):
        needed.add("content-digest")
    if "idempotency-key" in request.headers:
        needed.add("idempotency-key")
    missing = needed - set(signature.covers)
    if missing:
        raise SignatureMalformed(reason=f"{', '.join(sorted(missing))} must be signed")


def _check_digest(request: Request) -> None:
    given = _DIGEST.fullmatch(request.headers.get("content-digest", ""))
    if given is None:
        raise SignatureMalformed(reason="Content-Digest is sha-256=:…: of the body")
    try:
        said = base64.b64decode(given[1], validate=True)
    except binascii.Error:
        said = b""
    if not hmac.compare_digest(said, hashlib.sha256(request.body).digest()):
        raise SignatureRefused


def _value(name: str, request: Request) -> str:
    match name:
        case "@method":
            return request.method
        case "@path":
            return request.path
        case "@query":
            return "?" + request.query
        case _:
            found = request.headers.get(name)
            if found is None:
                raise SignatureMalformed(reason=f"there is no header {name}, which is signed")
            return " ".join(found.split())


def use_nonces(
    conn: Connection, nonces: Mapping[tuple[int, str], datetime]
) -> set[tuple[int, str]]:
    """Note nonces, by key and nonce, until they expire; give those that are new.

    The transaction does not wait for the disk.
    """
    conn.execute("SET LOCAL synchronous_commit = off")
    values = {
        "keys": arrays.ints(key for key, _ in nonces),
        "nonces": arrays.words(nonce for _, nonce in nonces),
        "expire": arrays.times(nonces.values()),
    }
    return {(key, nonce) for key, nonce in conn.execute(Q.use_nonces, values)}


def forget_nonces(conn: Connection, at: datetime) -> int:
    """Forget the nonces that have expired; give how many."""
    return conn.execute(Q.forget_nonces, {"at": at}).rowcount
