"""Identities: what leads to a member. Each leads to one, and nobody is told to whom."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import class_row

from tongbao.kernel import arrays, limits, lists, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused
from tongbao.members import lock
from tongbao.members.keys import normalise
from tongbao.members.types import Identity, Key, ShownIdentity, WholeIdentity

Q = sql.load(__package__)


class IdentityNotFound(NotFound):
    code = "identity-not-found"
    text = "no member has this {kind}"


class IdentityTaken(Conflict):
    code = "identity-taken"
    text = "a member has this {kind} already"


class IdentityLast(Refused):
    code = "identity-last"
    text = "member {member} has no other identity; add one before this one is removed"


def add(conn: Connection, member_id: int, identity: Identity, at: datetime, *, secret: str) -> Key:
    """Give a member one more identity; one that the member has already stays as it is.

    Refuses what ``keys.normalise`` and ``lock.living`` refuse, ``list-too-long`` and
    ``identity-taken``.
    """
    key = normalise(identity, secret)
    lock.living(conn, member_id)
    if find_many(conn, [key]).get(key) == member_id:
        return key
    lists.check("identities", [*list_of(conn, member_id), key], limits.IDENTITIES)
    added = conn.execute(
        Q.insert_identity,
        {
            "kind": key.kind,
            "issuer": key.issuer_id,
            "value": key.value,
            "member": member_id,
            "hint": key.hint,
            "at": at,
        },
    )
    if not added.rowcount:
        raise IdentityTaken(kind=key.kind)
    return key


def remove(conn: Connection, member_id: int, identity: Identity, *, secret: str) -> None:
    """Take an identity from a member; it is free to be given to another one.

    Refuses what ``keys.normalise`` and ``lock.living`` refuse, ``identity-not-found`` (also when
    it is another member's) and ``identity-last``.
    """
    key = normalise(identity, secret)
    lock.living(conn, member_id)
    if find_many(conn, [key]).get(key) != member_id:
        raise IdentityNotFound(kind=key.kind)
    if len(list_of(conn, member_id)) == 1:
        raise IdentityLast(member=member_id)
    conn.execute(Q.delete_identity, {"kind": key.kind, "issuer": key.issuer_id, "value": key.value})


def find(conn: Connection, identity: Identity, *, secret: str) -> int:
    """Give the id of the member that an identity leads to.

    Refuses what ``keys.normalise`` refuses, and ``identity-not-found``.
    """
    key = normalise(identity, secret)
    found = find_many(conn, [key])
    if key not in found:
        raise IdentityNotFound(kind=key.kind)
    return found[key]


def find_many(conn: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    """Give the members of those keys that lead to one, in one statement.

    Takes keys, so that whoever reads a file refuses a bad line by itself and hashes once.
    """
    lists.check("keys", keys, limits.BULK)
    rows = conn.execute(Q.find_identities, columns(keys))
    return {keys[n - 1]: member_id for n, member_id in rows}


def list_of(conn: Connection, member_id: int) -> list[ShownIdentity]:
    """Give what may be shown of a member's identities, oldest first."""
    with conn.cursor(row_factory=class_row(ShownIdentity)) as cursor:
        return cursor.execute(Q.list_identities, {"member": member_id}).fetchall()


def reveal(conn: Connection, member_id: int) -> list[WholeIdentity]:
    """Give a member's identities whole, for who may see them and has said so in the log."""
    with conn.cursor(row_factory=class_row(WholeIdentity)) as cursor:
        return cursor.execute(Q.reveal_identities, {"member": member_id}).fetchall()


def columns(keys: Sequence[Key]) -> dict[str, str]:
    """Give keys as the array literals of their columns."""
    return {
        "kinds": arrays.words(key.kind for key in keys),
        "issuers": arrays.ints(key.issuer_id for key in keys),
        "values": arrays.texts(key.value for key in keys),
        "hints": arrays.texts(key.hint for key in keys),
    }
