"""API keys: made, shown once, rotated with an overlap, revoked, checked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.access import bearer
from tongbao.access.audit import Actor
from tongbao.access.roles import Role, Scope, check_role, scopes_of
from tongbao.alliance import organisations
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, NotFound, Refused

Q = sql.load(__package__)


class KeyUnknown(Refused):
    code = "key-unknown"
    text = "there is no such API key, or it is not valid any more"


class ApiKeyNotFound(NotFound):
    code = "api-key-not-found"
    text = "there is no API key {key}"


class ApiKey(Struct, frozen=True, kw_only=True):
    """What is known of a key; its secret is known to nobody but its holder."""

    id: int
    organisation_id: int
    role: Role
    scopes: list[Scope]
    name: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    replaces: int | None
    revoked_by: str | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    signs: bool
    signing_required: bool
    rate_limit: int | None


class SignatureNeeded(Refused):
    code = "signature-needed"
    text = "requests of this key must be signed"


class ApiKeyEnded(Refused):
    code = "api-key-ended"
    text = "API key {key} is not valid any more; make a new one"


class ScopeExceeded(Refused):
    code = "scope-exceeded"
    text = "a key cannot give what it has not got itself: {scope}"


class OverlapMalformed(Malformed):
    code = "overlap-malformed"
    text = "a key that is replaced stays good for 0 to {most} days"


class Caller(Struct, frozen=True, kw_only=True):
    """Who calls, for which organisation, and what is allowed: a key, or somebody on the staff.

    ``name`` is the key's, or the one that the person signs in with. ``rate_limit``: requests a
    minute, None: as is set for all.
    """

    key_id: int | None
    organisation_id: int
    role: Role
    scopes: frozenset[Scope]
    operator: bool
    staff_id: int | None = None
    name: str = ""
    rate_limit: int | None = None

    @property
    def by(self) -> str:
        """Give the name for records: a person's own, or that of the key with its number."""
        return self.name if self.key_id is None else f"key {self.key_id} ({self.name})"

    def actor(self, address: str = "") -> Actor:
        """Give the one who acts, for the log."""
        return Actor(
            by=self.by,
            organisation_id=self.organisation_id,
            staff_id=self.staff_id,
            key_id=self.key_id,
            address=address,
        )


def create(
    conn: Connection,
    organisation_id: int,
    role: Role,
    name: str,
    secret: str,
    *,
    by: str,
    at: datetime,
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    within: frozenset[Scope] | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; give it with the token that is shown this once.

    ``secret`` is 43 characters of chance (base64url), given by the door. ``within``: the scopes
    of the key that makes it, which it cannot exceed. Refuses
    ``organisation-not-found``, ``organisation-closed``, ``choice-malformed``,
    ``role-not-allowed``, ``scope-not-allowed``, ``scope-exceeded`` and ``text-malformed``.
    """
    granted = scopes_of(role, scopes)
    check_within(granted, within)
    organisation = organisations.lock_open(conn, organisation_id)
    check_role(role, operator=organisation.role == "operator")
    return _insert(conn, organisation_id, role, granted, name, secret, by, at, expires_at, None)


def rotate(
    conn: Connection,
    key_id: int,
    secret: str,
    *,
    overlap: timedelta,
    by: str,
    at: datetime,
    within: frozenset[Scope] | None = None,
) -> tuple[ApiKey, str]:
    """Make the key that takes another's place; the old one stays good for ``overlap``.

    Refuses ``api-key-not-found``, ``scope-exceeded`` as ``create`` does, ``overlap-malformed``,
    and ``api-key-ended`` when the old one is not valid any more.
    """
    if not timedelta() <= overlap <= limits.OVERLAP:
        raise OverlapMalformed(most=limits.OVERLAP.days)
    conn.execute(Q.lock_key, {"id": key_id})
    old = get(conn, key_id)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= at):
        raise ApiKeyEnded(key=key_id)
    check_within(old.scopes, within)
    conn.execute(Q.end_key, {"id": key_id, "expires_at": at + overlap})
    return _insert(
        conn, old.organisation_id, old.role, old.scopes, old.name, secret, by, at, None, key_id
    )


def revoke(conn: Connection, key_id: int, *, by: str, at: datetime) -> ApiKey:
    """End a key at once; twice is once. Refuses ``api-key-not-found`` and ``text-malformed``."""
    get(conn, key_id)
    conn.execute(Q.revoke_key, {"id": key_id, "by": texts.line("by", by), "at": at})
    return get(conn, key_id)


def limit(conn: Connection, key_id: int, rate_limit: int | None) -> ApiKey:
    """Let a key ask so often a minute, in each process; none: as is set for all.

    ``rate_limit`` is at least 1. Refuses ``api-key-not-found``. Who limits it notes that.
    """
    assert rate_limit is None or rate_limit >= 1, "a key that may not ask is revoked"
    get(conn, key_id)
    conn.execute(Q.limit_key, {"id": key_id, "rate_limit": rate_limit})
    return get(conn, key_id)


def get(conn: Connection, key_id: int) -> ApiKey:
    """Give a key by its id; refuses ``api-key-not-found``."""
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        found = cursor.execute(Q.get_key, {"id": key_id}).fetchone()
    if found is None:
        raise ApiKeyNotFound(key=key_id)
    return found


def list_of(
    conn: Connection, organisation_id: int | None, after: int = 0, limit: int = limits.PAGE
) -> list[ApiKey]:
    """Give at most ``limit`` keys in the order of their ids, of one organisation or of all."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(Q.list_keys, values).fetchall()


def check(conn: Connection, token: str, at: datetime) -> Caller:
    """Give who calls with ``token``; refuses ``key-unknown``, never saying why.

    A key whose requests must be signed is refused ``signature-needed``.
    """
    parts = bearer.read("tbk", token)
    row = parts and conn.execute(Q.key_to_check, {"id": parts[0]}).fetchone()
    if parts is None or row is None:
        raise KeyUnknown
    caller, digest, _, required = _read(row, at)
    if caller is None or not bearer.fits(digest, parts[1]):
        raise KeyUnknown
    if required:
        raise SignatureNeeded
    return caller


def signer(conn: Connection, key_id: int, at: datetime) -> tuple[Caller, bytes] | None:
    """Give who calls when a request is signed with the key, and its sealed signing secret.

    None when the key does not sign, or is not valid any more. The door opens the secret.
    """
    row = conn.execute(Q.key_to_check, {"id": key_id}).fetchone()
    if row is None:
        return None
    caller, _, signing, _ = _read(row, at)
    return None if caller is None or signing is None else (caller, signing)


def _read(row: tuple[Any, ...], at: datetime) -> tuple[Caller | None, bytes, bytes | None, bool]:
    """Give the caller that a key stands for, if it is valid; with the hash and what it signs by."""
    (
        key_id, organisation_id, role, scopes, name, digest, expires_at, revoked_at, signing,
        required, rate_limit, kind, status,
    ) = row  # fmt: skip
    ended = revoked_at is not None or (expires_at is not None and expires_at <= at)
    if ended or status == "closed":
        return None, digest, None, required
    caller = Caller(
        key_id=key_id,
        organisation_id=organisation_id,
        role=role,
        scopes=frozenset(cast("list[Scope]", scopes)),
        operator=kind == "operator",
        name=name,
        rate_limit=rate_limit,
    )
    return caller, digest, signing, required


def note_used(conn: Connection, used: Mapping[int, datetime]) -> None:
    """Note when keys were last used."""
    if used:
        conn.execute(
            Q.note_used, {"ids": arrays.ints(used), "times": arrays.times(list(used.values()))}
        )


def check_within(granted: Sequence[Scope], within: frozenset[Scope] | None) -> None:
    """Refuse ``scope-exceeded`` when more is granted than who grants it has; None: all is had."""
    for scope in granted:
        if within is not None and scope not in within:
            raise ScopeExceeded(scope=scope)


def _insert(
    conn: Connection,
    organisation_id: int,
    role: Role,
    scopes: Sequence[Scope],
    name: str,
    secret: str,
    by: str,
    at: datetime,
    expires_at: datetime | None,
    replaces: int | None,
) -> tuple[ApiKey, str]:
    values = {
        "organisation": organisation_id,
        "role": role,
        "scopes": arrays.words(scopes),
        "name": texts.line("name", name),
        "digest": bearer.digest(secret),
        "by": texts.line("by", by),
        "at": at,
        "expires_at": expires_at,
        "replaces": replaces,
    }
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        made = cursor.execute(Q.insert_key, values).fetchone()
    assert made is not None, "it has just been inserted"
    return made, bearer.write("tbk", made.id, secret)
