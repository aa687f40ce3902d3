"""Exception items: what could not be posted, matched or paid, until somebody has dealt with it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from tongbao.desk import facts, people
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__)


class ExceptionNotFound(NotFound):
    code = "exception-not-found"
    text = "there is no exception item {item}"


class ExceptionClosed(Conflict):
    code = "exception-closed"
    text = "exception item {item} was closed by {by}: {how}"


class NewItem(Struct, frozen=True, kw_only=True):
    """An item to raise: ``subject`` says within ``kind`` what it is about, in ``facts`` is more."""

    kind: str
    subject: str
    facts: Mapping[str, Any]
    organisation_id: int | None = None


class ExceptionItem(Struct, frozen=True, kw_only=True):
    """Something to work on, ``open`` or ``closed``; ``age`` is how many days it has waited."""

    id: int
    kind: str
    organisation_id: int | None
    subject: str
    facts: dict[str, Any]
    state: str
    raised_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    closed_how: str | None = None
    closed_reason: str | None = None
    assigned_to: str | None = None
    assigned_by: str | None = None
    assigned_at: datetime | None = None
    age: int = 0


def raise_item(
    conn: Connection[Any],
    kind: str,
    organisation_id: int | None,
    subject: str,
    facts: Mapping[str, Any],
    at: datetime,
) -> ExceptionItem:
    """Raise an item, once for each ``subject`` of a ``kind``; give it as it stands.

    One that was closed stays closed. Refuses ``code-malformed``, ``text-malformed`` and
    ``facts-too-long``.
    """
    item = NewItem(kind=kind, organisation_id=organisation_id, subject=subject, facts=facts)
    raise_items(conn, [item], at)
    values = {"kind": kind, "subject": texts.line("subject", subject, limits.KEY)}
    row = conn.execute(Q.find_exception, values).fetchone()
    assert row is not None, "it has been raised, now or before"
    return _item(row, at)


def raise_items(conn: Connection[Any], items: Collection[NewItem], at: datetime) -> None:
    """Raise many items in one statement; reads nothing, so that a pipeline need not wait."""
    if not items:
        return
    values = {
        "kinds": arrays.texts(texts.code("kind", item.kind) for item in items),
        "organisations": arrays.ints_or_null(item.organisation_id for item in items),
        "subjects": arrays.texts(texts.line("subject", item.subject, limits.KEY) for item in items),
        "facts": arrays.joined(facts.encode(item.facts) for item in items),
        "at": at,
    }
    conn.execute(Q.write_exceptions, values)


def close_item(
    conn: Connection[Any], item_id: int, *, by: str, how: str, reason: str, at: datetime
) -> ExceptionItem:
    """Close an item: ``how`` is a code such as ``written-off``, ``reason`` a sentence.

    Refuses ``exception-not-found``, ``exception-closed``, ``code-malformed``, ``text-malformed``.
    """
    by, how = people.name(by), texts.code("how", how)
    reason = texts.line("reason", reason, limits.TEXT)
    item = _lock_open(conn, item_id, at)
    close_subjects(conn, item.kind, [item.subject], by=by, how=how, reason=reason, at=at)
    return get(conn, item_id, now=at)


def assign(
    conn: Connection[Any], item_id: int, to: str | None, *, by: str, at: datetime
) -> ExceptionItem:
    """Say who works on an open item; None: nobody in particular.

    Refuses ``exception-not-found``, ``exception-closed`` and ``text-malformed``.
    """
    values = {"to": None if to is None else people.name(to), "by": people.name(by), "at": at}
    _lock_open(conn, item_id, at)
    conn.execute(Q.assign_exception, {"id": item_id, **values})
    return get(conn, item_id, now=at)


def close_subjects(
    conn: Connection[Any],
    kind: str,
    subjects: Collection[str],
    *,
    by: str,
    how: str,
    reason: str,
    at: datetime,
) -> None:
    """Close the items of ``kind`` about ``subjects`` that are open, in one statement.

    For the package whose items they are, when what they are about has been put right.
    """
    if subjects:
        values = {"kind": kind, "by": by, "how": how, "reason": reason, "at": at}
        conn.execute(Q.close_exceptions, {**values, "subjects": arrays.texts(subjects)})


def get(conn: Connection[Any], item_id: int, *, now: datetime) -> ExceptionItem:
    """Give an item by its id; refuses ``exception-not-found``."""
    row = None
    if 0 < item_id < 2**63:
        row = conn.execute(Q.get_exception, {"id": item_id}).fetchone()
    if row is None:
        raise ExceptionNotFound(item=item_id)
    return _item(row, now)


def listed(
    conn: Connection[Any],
    kind: str | None = None,
    organisation: int | None = None,
    limit: int = limits.PAGE,
    *,
    now: datetime,
    state: str | None = "open",
    after: int = 0,
    assigned: str | None = None,
) -> list[ExceptionItem]:
    """Give at most ``limit`` items with ids above ``after``, oldest first; ``state`` None: all.

    ``assigned``: only those that this person works on.
    """
    values = {
        "kind": kind,
        "organisation": organisation,
        "state": state,
        "after": after,
        "assigned": assigned,
        "limit": min(limit, limits.PAGE),
    }
    return [_item(row, now) for row in conn.execute(Q.list_exceptions, values)]


def _lock_open(conn: Connection[Any], item_id: int, at: datetime) -> ExceptionItem:
    if 0 < item_id < 2**63:
        conn.execute(Q.lock_exception, {"id": item_id})
    item = get(conn, item_id, now=at)
    if item.state == "closed":
        raise ExceptionClosed(item=item.id, by=item.closed_by, how=item.closed_how)
    return item


def _item(row: tuple[Any, ...], now: datetime) -> ExceptionItem:
    values = dict(zip(ExceptionItem.__struct_fields__, row, strict=False))
    values["facts"] = facts.decode(values["facts"])
    age = max(0, ((values["closed_at"] or now) - values["raised_at"]).days)
    return ExceptionItem(**values, age=age)
