"""Members: enrolling them, what they may do, and where a membership lives on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from psycopg import errors
from psycopg.rows import class_row

from tongbao.kernel import arrays, limits, lists, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed
from tongbao.ledger import accounts
from tongbao.members import identities as known
from tongbao.members import lock
from tongbao.members.keys import normalise
from tongbao.members.types import Identity, Key, Member

Q = sql.load(__package__)


class IdentityMissing(Malformed):
    code = "identity-missing"
    text = "a membership needs something to be known by"


def enrol(
    conn: Connection,
    identities: Sequence[Identity],
    at: datetime,
    *,
    secret: str,
    enrolled_by: int | None = None,
) -> Member:
    """Enrol one member, known by ``identities``, with an empty wallet.

    ``enrolled_by`` is the organisation that did it. Refuses what ``keys.normalise`` refuses,
    ``identity-missing``, ``list-too-long`` and ``identity-taken``.
    """
    keys = [normalise(identity, secret) for identity in identities]
    return enrol_many(conn, [keys], at, enrolled_by=enrolled_by)[0]


def enrol_many(
    conn: Connection,
    people: Sequence[Sequence[Key]],
    at: datetime,
    *,
    enrolled_by: int | None = None,
) -> list[Member]:
    """Enrol members in five statements, however many, and give them in the same order.

    Each is given as the keys of its identities (``keys.normalise``). All or none: a taken key
    refuses ``identity-taken`` with the ``place`` of whom it belongs to in ``people``; further
    ``identity-missing`` and ``list-too-long``.
    """
    lists.check("people", people, limits.BULK)
    unique = [list(dict.fromkeys(keys)) for keys in people]
    for keys in unique:
        lists.check("identities", keys, limits.IDENTITIES)
        if not keys:
            raise IdentityMissing
    _check_free(conn, unique)
    ids = sorted(i for (i,) in conn.execute(Q.next_members, {"count": len(unique)}))
    columns = known.columns([key for keys in unique for key in keys])
    owners = arrays.ints(i for i, keys in zip(ids, unique, strict=True) for _ in keys)
    conn.execute(Q.insert_members, {"ids": arrays.ints(ids), "at": at, "by": enrolled_by})
    try:
        conn.execute(Q.insert_identities, columns | {"members": owners, "at": at})
    except errors.UniqueViolation:  # taken since it was looked for; nothing of this can commit
        raise known.IdentityTaken(kind="identity") from None
    accounts.open_members(conn, ids)
    return [_new(i, at, enrolled_by) for i in ids]


def get(conn: Connection, member_id: int) -> Member:
    """Give a member as it is, merged or not; refuses ``member-not-found``."""
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        member = cursor.execute(Q.get_member, {"id": member_id}).fetchone()
    if member is None:
        raise lock.MemberNotFound(member=member_id)
    return member


def resolve(conn: Connection, member_id: int) -> Member:
    """Give the membership in which this one lives on, itself if it was not merged.

    Refuses ``member-not-found``.
    """
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        member = cursor.execute(Q.resolve_member, {"id": member_id}).fetchone()
    if member is None:
        raise lock.MemberNotFound(member=member_id)
    return member


def set_status(conn: Connection, member_id: int, status: Literal["active", "suspended"]) -> Member:
    """Suspend a member or make it active again; refuses what ``lock.living`` refuses."""
    texts.choice("status", status, ("active", "suspended"))
    lock.living(conn, member_id)
    return _change(conn, Q.set_member_status, {"id": member_id, "status": status})


def set_spend_lock(conn: Connection, member_id: int, *, locked: bool) -> Member:
    """Keep a member's points from being spent, or let them; refuses what ``lock.living`` refuses.

    Earning goes on under a lock.
    """
    lock.living(conn, member_id)
    return _change(conn, Q.set_spend_lock, {"id": member_id, "locked": locked})


def mark_merged(conn: Connection, member_id: int, into: int) -> Member:
    """Let a membership live on in ``into``, which gets its identities and its spend lock.

    Called by ``points`` in the transaction that moves the points. Both must be active: a merge
    is no way out of a suspension. Gives ``into``. Refuses what ``lock.living`` refuses and
    ``member-not-active``; more identities than one member may have are all kept.
    """
    assert member_id != into, "points refuses a merge of a membership with itself"
    first, second = sorted((member_id, into))  # in one order: two merges never block each other
    both = {i: lock.living(conn, i) for i in (first, second)}
    for member in both.values():
        if member.status != "active":
            raise lock.MemberNotActive(member=member.id, status=member.status)
    conn.execute(Q.move_identities, {"source": member_id, "target": into})
    _change(conn, Q.merge_member, {"id": member_id, "survivor": into})
    locked = any(member.spend_locked for member in both.values())
    return _change(conn, Q.set_spend_lock, {"id": into, "locked": locked})


def mark_closed(conn: Connection, member_id: int) -> Member:
    """Close a membership and free its identities, so that the person may enrol again.

    Called by ``points`` in the transaction that deals with the points. Refuses what
    ``lock.living`` refuses.
    """
    lock.living(conn, member_id)
    conn.execute(Q.delete_identities, {"member": member_id})
    return _change(conn, Q.close_member, {"id": member_id})


def _check_free(conn: Connection, people: Sequence[Sequence[Key]]) -> None:
    """Refuse the first key that a member has already or that two of ``people`` share."""
    places: dict[Key, int] = {}
    for place, keys in enumerate(people):
        for key in keys:
            if places.setdefault(key, place) != place:
                raise known.IdentityTaken(kind=key.kind, place=place)
    every = list(places)
    for start in range(0, len(every), limits.BULK):
        found = known.find_many(conn, every[start : start + limits.BULK])
        if found:
            key = min(found, key=lambda taken: places[taken])
            raise known.IdentityTaken(kind=key.kind, place=places[key])


def _change(conn: Connection, statement: bytes, values: dict[str, object]) -> Member:
    with conn.cursor(row_factory=class_row(Member)) as cursor:
        member = cursor.execute(statement, values).fetchone()
    assert member is not None, "the row is locked"
    return member


def _new(member_id: int, at: datetime, enrolled_by: int | None) -> Member:
    return Member(
        id=member_id,
        status="active",
        spend_locked=False,
        merged_into=None,
        enrolled_by=enrolled_by,
        enrolled_at=at,
    )
