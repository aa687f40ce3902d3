"""Tokens that last for a while: for a key (OAuth 2.0 client credentials), or for staff.

A token of a key is good for a quarter of an hour and never allows more than the key; it ends with
the key. A token of somebody on the staff is good until the end of a working day, and acts in the
person's name.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.access import bearer, sessions
from tongbao.access.keys import Caller, KeyUnknown
from tongbao.access.roles import ROLES, SCOPES, Role, Scope, ScopeNotAllowed
from tongbao.access.sessions import SignedIn
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound

Q = sql.load(__package__, "token_queries.sql")


class TokenNotFound(NotFound):
    code = "token-not-found"
    text = "there is no token {token}"


class Token(Struct, frozen=True, kw_only=True):
    """A token of somebody on the staff, as its owner sees it in a list."""

    id: int
    staff_id: int
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime


def for_key(
    conn: Connection, caller: Caller, wanted: Sequence[str] | None, secret: str, at: datetime
) -> tuple[str, list[Scope]]:
    """Make a token for a key that has called; give it with the scopes that it has.

    ``wanted`` None: all that the key has. ``secret`` is 43 characters of chance. Refuses
    ``choice-malformed`` and ``scope-not-allowed``.
    """
    assert caller.key_id is not None, "a key has called"
    scopes = _granted(caller.role, caller.scopes, wanted)
    return _insert(conn, caller.key_id, None, scopes, secret, at, at + limits.KEY_TOKEN), scopes


def for_staff(
    conn: Connection, who: SignedIn, wanted: Sequence[str] | None, secret: str, at: datetime
) -> tuple[str, list[Scope]]:
    """Make a token with which somebody's scripts call in the person's name.

    Refuses what ``sessions.check_step_up`` refuses, ``choice-malformed`` and
    ``scope-not-allowed``.
    """
    sessions.check_step_up(who, at)
    scopes = _granted(who.role, who.scopes, wanted)
    return _insert(conn, None, who.staff_id, scopes, secret, at, at + limits.STAFF_TOKEN), scopes


def check(conn: Connection, token: str, at: datetime) -> Caller:
    """Give who calls with ``token``; refuses ``key-unknown``, never saying why."""
    parts = bearer.read("tbt", token)
    row = parts and conn.execute(Q.token_to_check, {"id": parts[0]}).fetchone()
    if parts is None or row is None:
        raise KeyUnknown
    (
        digest, expires_at, revoked_at, scopes, key_id, staff_id, organisation_id, role, name,
        rate_limit, operator, ends_at, barred,
    ) = row  # fmt: skip
    over = revoked_at is not None or expires_at <= at or (ends_at is not None and ends_at <= at)
    if not bearer.fits(digest, parts[1]) or over or barred:
        raise KeyUnknown
    return Caller(
        key_id=key_id,
        staff_id=staff_id,
        name=name,
        organisation_id=organisation_id,
        role=role,
        scopes=frozenset(scopes) & frozenset(ROLES[role]),
        operator=operator,
        rate_limit=rate_limit,
    )


def list_of(conn: Connection, staff_id: int, at: datetime) -> list[Token]:
    """Give the tokens of somebody that are good at ``at``, newest first."""
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(Q.list_tokens, {"staff": staff_id, "at": at}).fetchall()


def revoke(conn: Connection, token_id: int, staff_id: int, at: datetime) -> None:
    """End a token of somebody; refuses ``token-not-found``."""
    values = {"id": token_id, "staff": staff_id, "at": at}
    if conn.execute(Q.revoke_token, values).rowcount != 1:
        raise TokenNotFound(token=token_id)


def forget(conn: Connection, at: datetime) -> int:
    """Forget the tokens that have ended; give how many."""
    return conn.execute(Q.forget_tokens, {"at": at}).rowcount


def _granted(role: Role, has: frozenset[Scope], wanted: Sequence[str] | None) -> list[Scope]:
    for scope in wanted or ():
        texts.choice("scope", scope, SCOPES)
        if scope not in has:
            raise ScopeNotAllowed(role=role, scope=scope)
    return [scope for scope in SCOPES if scope in (has if wanted is None else wanted)]


def _insert(
    conn: Connection,
    key_id: int | None,
    staff_id: int | None,
    scopes: Sequence[Scope],
    secret: str,
    at: datetime,
    expires_at: datetime,
) -> str:
    values = {
        "key": key_id,
        "staff": staff_id,
        "scopes": arrays.words(scopes),
        "digest": bearer.digest(secret),
        "at": at,
        "expires_at": expires_at,
    }
    (number,) = conn.execute(Q.insert_token, values).fetchone() or (0,)
    return bearer.write("tbt", number, secret)
