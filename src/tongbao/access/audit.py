"""The log of what people did: sign-ins, changes, looks at personal data. It only grows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from tongbao.desk import facts
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "audit_queries.sql")


class Actor(Struct, frozen=True, kw_only=True):
    """Who did something: a name, and what is known of whom it belongs to."""

    by: str
    organisation_id: int | None = None
    staff_id: int | None = None
    key_id: int | None = None
    member_id: int | None = None
    address: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: int
    at: datetime
    kind: str
    by: str
    organisation_id: int | None
    staff_id: int | None
    key_id: int | None
    member_id: int | None
    subject: str
    address: str
    facts: dict[str, Any]


def nobody(address: str) -> Actor:
    """Give the actor of what somebody unknown has tried."""
    return Actor(by="nobody", address=address)


def note(
    conn: Connection,
    kind: str,
    actor: Actor,
    at: datetime,
    *,
    subject: str = "",
    said: Mapping[str, Any] | None = None,
) -> None:
    """Write down that ``actor`` did something of a ``kind`` such as ``sign-in``.

    Called in the transaction that does it, so that there is no one without the other; a look at
    personal data is noted before it is given. ``subject``: what it was about, such as
    ``member 1007``. ``said``: facts, never a secret. Refuses ``code-malformed`` and
    ``facts-too-long``.
    """
    conn.execute(
        Q.note,
        {
            "at": at,
            "kind": texts.code("kind", kind),
            "by": actor.by,
            "organisation": actor.organisation_id,
            "staff": actor.staff_id,
            "key": actor.key_id,
            "member": actor.member_id,
            "subject": subject[: limits.TEXT],
            "address": actor.address[: limits.NAME],
            "facts": facts.encode(said or {}),
        },
    )


def listed(
    conn: Connection,
    *,
    organisation: int | None = None,
    staff: int | None = None,
    member: int | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    before: int | None = None,
    limit: int = limits.PAGE,
) -> list[Entry]:
    """Give at most ``limit`` entries, newest first, with ids below ``before``."""
    values = {
        "organisation": organisation,
        "staff": staff,
        "member": member,
        "kind": kind,
        "since": since,
        "before": before,
        "limit": min(limit, limits.PAGE + 1),
    }
    rows = conn.execute(Q.list_entries, values)
    return [_entry(row) for row in rows]


def _entry(row: tuple[Any, ...]) -> Entry:
    values = dict(zip(Entry.__struct_fields__, row, strict=True))
    return Entry(**values | {"facts": facts.decode(values["facts"])})
