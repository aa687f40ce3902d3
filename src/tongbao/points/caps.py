"""Limits on how often and how much, and amounts that need a proof: set in dated versions.

A new version is a new row; the one with the latest ``valid_from`` not after the server's time
rules. Setting one waits for postings under way, which then see it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import Struct
from psycopg import errors
from psycopg.rows import class_row

from tongbao.alliance import changes, organisations
from tongbao.desk import people
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Malformed
from tongbao.members import lock
from tongbao.points.operations import Proof

Q = sql.load(__package__, "caps_queries.sql")

Subject = Literal["member", "terminal", "outlet", "organisation"]
Measure = Literal["spend", "earn"]
Span = Literal["minute", "hour", "day"]


class LimitInPast(Malformed):
    code = "limit-in-past"
    text = "a limit begins now or later, not at {valid_from}"


class LimitTaken(Conflict):
    code = "limit-taken"
    text = "the limit has a version that begins at {valid_from} already"


class Limit(Struct, frozen=True, kw_only=True):
    """One version of a limit; ``uses`` and ``points`` (fen) none: not limited any more."""

    id: int
    subject: Subject
    measure: Measure
    span: Span
    organisation_id: int | None
    valid_from: datetime
    uses: int | None
    points: int | None
    set_by: str
    set_at: datetime
    reason: str


class StepUp(Struct, frozen=True, kw_only=True):
    """One version of an amount (fen) from which on a proof is needed; none: not any more."""

    id: int
    proof: Proof
    organisation_id: int | None
    valid_from: datetime
    points: int | None
    set_by: str
    set_at: datetime
    reason: str


def set_limit(
    conn: Connection,
    subject: str,
    measure: str,
    span: str,
    *,
    uses: int | None,
    points: int | None,
    organisation_id: int | None,
    by: str,
    reason: str,
    at: datetime,
    valid_from: datetime | None = None,
) -> Limit:
    """Limit how many operations and points each ``subject`` may have in a ``span``.

    ``organisation_id`` none: at whoever's tills, counted together; else at that organisation's.
    What the newest version says already is not written again. Refuses ``choice-malformed``,
    ``amount-out-of-range``, ``text-malformed``, ``limit-in-past``, ``limit-taken``,
    ``organisation-not-found``.
    """
    texts.choice("subject", subject, get_args(Subject))
    texts.choice("measure", measure, get_args(Measure))
    texts.choice("span", span, get_args(Span))
    _whole("uses", uses, 0)
    _whole("points", points, 0)
    values = {"subject": subject, "measure": measure, "span": span, "uses": uses}
    common = _common(conn, organisation_id, points, by, reason, at, valid_from)
    with conn.cursor(row_factory=class_row(Limit)) as cursor:
        rules = cursor.execute(Q.newest_limit, values | common).fetchone()
        if rules is not None and valid_from is None and _same(rules, values | common):
            return rules
        try:
            made = cursor.execute(Q.insert_limit, values | common).fetchone()
        except errors.UniqueViolation:
            raise LimitTaken(valid_from=(valid_from or at).isoformat()) from None
    assert made is not None, "it has just been inserted"
    return made


def set_step_up(
    conn: Connection,
    proof: str,
    *,
    points: int | None,
    organisation_id: int | None,
    by: str,
    reason: str,
    at: datetime,
    valid_from: datetime | None = None,
) -> StepUp:
    """Ask for a ``proof`` from so many points on; refuses what ``set_limit`` refuses."""
    texts.choice("proof", proof, get_args(Proof))
    _whole("points", points, 1)
    values = {"proof": proof}
    common = _common(conn, organisation_id, points, by, reason, at, valid_from)
    with conn.cursor(row_factory=class_row(StepUp)) as cursor:
        rules = cursor.execute(Q.newest_step_up, values | common).fetchone()
        if rules is not None and valid_from is None and _same(rules, values | common):
            return rules
        try:
            made = cursor.execute(Q.insert_step_up, values | common).fetchone()
        except errors.UniqueViolation:
            raise LimitTaken(valid_from=(valid_from or at).isoformat()) from None
    assert made is not None, "it has just been inserted"
    return made


def set_own(conn: Connection, member_id: int, points: int | None, at: datetime) -> None:
    """Let a member spend at most ``points`` (fen) a day; none: as much as there is.

    Refuses ``amount-out-of-range`` and what ``lock.living`` refuses.
    """
    _whole("points", points, 0)
    lock.living(conn, member_id)
    if points is None:
        conn.execute(Q.delete_own_limit, {"member": member_id})
    else:
        conn.execute(Q.set_own_limit, {"member": member_id, "points": points, "at": at})


def own_of(conn: Connection, member_id: int) -> int | None:
    """Give what a member allows itself to spend in a day (fen); none: as much as there is."""
    row = conn.execute(Q.get_own_limit, {"member": member_id}).fetchone()
    return None if row is None else int(row[0])


def limits_of(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Limit]:
    """List versions of limits by id: all, or an organisation's own and the alliance's."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Limit)) as cursor:
        return cursor.execute(Q.list_limits, values).fetchall()


def step_ups_of(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[StepUp]:
    """List versions of amounts that need a proof by id, as ``limits_of`` does."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(StepUp)) as cursor:
        return cursor.execute(Q.list_step_ups, values).fetchall()


def _same(rules: Limit | StepUp, wanted: Mapping[str, Any]) -> bool:
    """Say whether a version says what is wanted, and rules by now."""
    uses = rules.uses if isinstance(rules, Limit) else None
    said = rules.valid_from <= wanted["at"], uses, rules.points
    return said == (True, wanted.get("uses"), wanted["points"])


def _whole(name: str, value: int | None, least: int) -> None:
    if value is not None and not least <= value <= limits.AMOUNT:
        raise AmountOutOfRange(name=name, amount=value, least=least, most=limits.AMOUNT)


def _common(
    conn: Connection,
    organisation_id: int | None,
    points: int | None,
    by: str,
    reason: str,
    at: datetime,
    valid_from: datetime | None,
) -> dict[str, object]:
    """Check what both have in common, and keep postings out until this is committed."""
    if valid_from is not None and valid_from < at:
        raise LimitInPast(valid_from=valid_from.isoformat())
    values: dict[str, object] = {
        "organisation": organisation_id,
        "points": points,
        "by": people.name(by),
        "reason": texts.line("reason", reason, limits.TEXT),
        "at": at,
        "valid_from": valid_from or at,
    }
    if organisation_id is not None:
        organisations.get(conn, organisation_id)
    changes.begin(conn)
    return values
